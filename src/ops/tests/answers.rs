//! What operations tell about a policy, so that no caller has to work it out.

use serde_json::json;

use super::bench::{Bench, apply, plain};
use crate::error::Code;
use crate::ops::{
    ApplyRequest, CountriesRequest, ExplainRequest, HealRequest, StatusRequest, ValidateRequest,
};
use crate::plan::Verdict;
use crate::protocol;

#[test]
fn a_valid_policy_comes_back_in_canonical_form() {
    let exceptions = json!([
        {"subnet": "198.51.100.7/24"},
        {"subnet": "::ffff:192.0.2.1", "expires_at": "2026-12-01T18:00:00.5+02:00"},
        {"subnet": "2001:db8::1", "expires_at": "2026-11-29T10:00:00Z"},
    ]);
    let policy = json!({"mode": "block", "countries": ["RU", "CN", "RU"], "exceptions": exceptions});
    let valid =
        Bench::new().run::<ValidateRequest>(&json!({"v": 1, "source": "dbip", "policy": policy})).unwrap();
    assert_eq!(
        serde_json::to_value(valid).unwrap(),
        json!({"countries": ["CN", "RU"], "drops_nobody": false, "exceptions": [
            {"subnet": "198.51.100.0/24", "expires_at": null, "is_over": false},
            {"subnet": "192.0.2.1/32", "expires_at": "2026-12-01T16:00:00Z", "is_over": false},
            {"subnet": "2001:db8::1/128", "expires_at": "2026-11-29T10:00:00Z", "is_over": true},
        ]})
    );
}

#[test]
fn a_policy_that_can_drop_nobody_is_told_whatever_the_data_holds() {
    for (policy, drops_nobody) in [
        (json!({"mode": "block", "countries": []}), true),
        (json!({"mode": "allow", "countries": []}), false),
        (json!({"mode": "block", "countries": ["CN"], "action": "count"}), true),
    ] {
        let request = json!({"v": 1, "source": "dbip", "policy": policy});
        assert_eq!(
            Bench::new().run::<ValidateRequest>(&request).unwrap().drops_nobody,
            drops_nobody,
            "{request}"
        );
    }
}

#[test]
fn a_refusal_names_the_field() {
    let refused = |policy: serde_json::Value| {
        let request = json!({"v": 1, "source": "dbip", "policy": policy}).to_string();
        protocol::parse::<ApplyRequest>(request.as_bytes()).unwrap_err()
    };
    let error = refused(json!({"mode": "block", "countries": [], "exceptions": [{"subnet": "1.0.0.0/33"}]}));
    assert_eq!(error.field(), Some("policy.exceptions[0].subnet"));
    let unknown = Bench::new().run::<ValidateRequest>(&apply(&["CN", "QQ"])).unwrap_err();
    assert_eq!((unknown.code(), unknown.field()), (Code::RequestUnknownCountry, Some("policy.countries[1]")));
}

#[test]
fn status_says_whether_a_policy_is_the_applied_one() {
    let bench = Bench::blocking(&["CN", "JP"]);
    let is_applied = |countries: &[&str], source: &str| {
        let mut request = apply(countries);
        request["source"] = source.into();
        bench.run::<StatusRequest>(&request).unwrap().is_applied
    };
    assert_eq!(is_applied(&["JP", "CN"], "dbip"), Some(true));
    assert_eq!(is_applied(&["JP"], "dbip"), Some(false));
    assert_eq!(is_applied(&["JP", "CN"], "rir"), Some(false));
    assert_eq!(bench.run::<StatusRequest>(&plain()).unwrap().is_applied, None);
}

#[test]
fn a_firewall_that_is_switched_off_is_no_problem_where_it_is_to_be_off() {
    let bench = Bench::new();
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    let codes = |request| {
        let status = bench.run::<StatusRequest>(&request).unwrap();
        (status.active, status.problems.iter().map(|problem| problem.code).collect::<Vec<_>>())
    };
    assert_eq!(codes(json!({"v": 1, "attach": false})), (true, vec![]));
    assert_eq!(codes(plain()), (false, vec!["firewall.not_attached", "firewall.not_attached"]));
}

#[test]
fn countries_say_what_becomes_of_them() {
    let countries = |policy| {
        let request = json!({"v": 1, "source": "dbip", "policy": policy});
        let listed = Bench::new().run::<CountriesRequest>(&request).unwrap().countries;
        let of = |code: &str| listed.iter().find(|country| country.code.to_string() == code).unwrap().verdict;
        [of("CN"), of("DE")]
    };
    let allow = json!({"mode": "allow", "countries": ["DE"]});
    assert_eq!(countries(allow), [Some(Verdict::Drop), Some(Verdict::Pass)]);
    let count = json!({"mode": "block", "countries": ["CN"], "action": "count"});
    assert_eq!(countries(count), [Some(Verdict::Count), Some(Verdict::Pass)]);
    assert_eq!(countries(serde_json::Value::Null), [None, None]);
}

#[test]
fn who_gets_in_is_said_by_the_rules_where_they_can_be_judged_else_by_the_policy() {
    let bench = Bench::blocking(&["CN"]);
    let gets_in = |asked: serde_json::Value| {
        bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": [asked]})).unwrap().addresses[0].gets_in
    };
    assert_eq!([gets_in(json!("1.0.0.7")), gets_in(json!("1.1.0.7"))], [false, true]);
    bench.kernel.meddle(|state| {
        state.insert_rule(
            crate::net::Family::V4,
            "INPUT",
            "-s 1.0.0.7/32 -p tcp -m tcp --dport 443 -j ACCEPT",
        );
    });
    let web = |port: u16| json!({"address": "1.0.0.7", "protocol": "tcp", "port": port});
    assert_eq!([gets_in(web(443)), gets_in(web(80))], [true, false]);
}

#[test]
fn drift_that_keeps_coming_back_is_called_recurring() {
    let bench = Bench::blocking(&["CN"]);
    let recurring = [1, 2, 3].map(|_| {
        bench.kernel.meddle(|state| state.add_member("geoip_blocked_v4", "9.9.9.9/32"));
        bench.run::<HealRequest>(&plain()).unwrap().recurring
    });
    assert_eq!(recurring, [false, false, true]);
}
