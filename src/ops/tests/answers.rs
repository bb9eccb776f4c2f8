//! What operations tell about a policy, so that no caller has to work it out.

use serde_json::{Value, json};

use super::bench::{Bench, apply, plain};
use crate::error::Code;
use crate::net::Family;
use crate::ops::countries::{CountriesData, CountryData};
use crate::ops::{
    ApplyRequest, AttachRequest, CountriesRequest, ExplainRequest, HealRequest, PreviewRequest,
    StatusRequest, ValidateRequest,
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
    let request = json!({"v": 1, "source": "dbip", "policy": policy});
    let (valid, warnings) = Bench::new().run_with_warnings::<ValidateRequest>(&request);
    let said: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.message.as_str())).collect();
    let over = "the exception 2001:db8::1/128 until 2026-11-29T10:00:00Z is over";
    assert_eq!(said, [("policy.exception_expired", over)]);
    assert_eq!(
        serde_json::to_value(valid.unwrap()).unwrap(),
        json!({"countries": ["CN", "RU"], "lists": [], "admin": null, "drops_nobody": false, "is_same": null, "written": [], "exceptions": [
            canonical("198.51.100.0/24", &Value::Null, false, false),
            canonical("192.0.2.1/32", &json!("2026-12-01T16:00:00Z"), false, false),
            canonical("2001:db8::1/128", &json!("2026-11-29T10:00:00Z"), true, false),
        ]})
    );
}

/// An exception in canonical form.
fn canonical(subnet: &str, expires_at: &Value, is_over: bool, is_replaced: bool) -> Value {
    json!({"subnet": subnet, "expires_at": expires_at, "is_over": is_over, "is_replaced": is_replaced})
}

#[test]
fn of_several_exceptions_for_one_subnet_the_last_counts() {
    let exceptions =
        json!([{"subnet": "198.51.100.7/24"}, {"subnet": "10.0.0.0/8"}, {"subnet": "198.51.100.0/24"}]);
    let policy = json!({"mode": "block", "countries": [], "exceptions": exceptions});
    let request = json!({"v": 1, "source": "dbip", "policy": policy});
    let valid = Bench::new().run::<ValidateRequest>(&request).unwrap();
    let replaced: Vec<_> = valid.exceptions.iter().map(|exception| exception.is_replaced).collect();
    assert_eq!(replaced, [true, false, false]);
}

#[test]
fn each_exception_that_somebody_wrote_is_answered_by_itself() {
    let mut request = apply(&["CN"]);
    request["written"] = json!([
        {"subnet": " 198.51.100.7/24 "},
        {"subnet": "10.0.0.300"},
        {"subnet": "2001:DB8::1", "expires_at": "2026-11-29T10:00:00Z"},
        {"subnet": "1.0.1.1", "expires_at": "soon"},
        {"subnet": "::ffff:198.51.100.0/120", "expires_at": "2026-12-01T18:00:00+02:00"},
        {"subnet": "", "expires_at": "soon"},
    ]);
    let data = Bench::new().run::<ValidateRequest>(&request).unwrap();
    let right = |exception: Value| json!({"exception": exception, "wrong": null});
    let wrong = |field: &str| json!({"exception": null, "wrong": field});
    assert_eq!(
        serde_json::to_value(data.written).unwrap(),
        json!([
            right(canonical("198.51.100.0/24", &Value::Null, false, true)),
            wrong("subnet"),
            right(canonical("2001:db8::1/128", &json!("2026-11-29T10:00:00Z"), true, false)),
            wrong("expires_at"),
            right(canonical("198.51.100.0/24", &json!("2026-12-01T16:00:00Z"), false, false)),
            wrong("subnet"),
        ])
    );
}

#[test]
fn policies_are_the_same_if_they_want_the_same() {
    fn policy(countries: &[&str], subnets: &[(&str, Option<&str>)]) -> Value {
        let exception = |(subnet, end): &(&str, Option<&str>)| json!({"subnet": subnet, "expires_at": end});
        let exceptions: Vec<Value> = subnets.iter().map(exception).collect();
        json!({"source": "dbip", "policy": {"mode": "block", "countries": countries, "exceptions": exceptions}})
    }
    let over = ("9.9.9.9", Some("2026-11-29T09:00:00Z"));
    let one = policy(&["CN", "RU"], &[("198.51.100.7/24", None), over]);
    for (other, is_same) in [
        (policy(&["RU", "CN"], &[("198.51.100.0/24", None)]), true),
        (policy(&["RU"], &[("198.51.100.0/24", None)]), false),
        (policy(&["RU", "CN"], &[("198.51.100.0/24", Some("2026-12-01T00:00:00Z"))]), false),
        (json!({"source": "rir", "policy": one["policy"]}), false),
    ] {
        let mut request = one.clone();
        (request["v"], request["compared_with"]) = (json!(1), other);
        assert_eq!(
            Bench::new().run::<ValidateRequest>(&request).unwrap().is_same,
            Some(is_same),
            "{request}"
        );
    }
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
    assert_eq!(Bench::new().run::<StatusRequest>(&apply(&["JP"])).unwrap().is_applied, None);
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
        let bench = Bench::new();
        let CountriesData { countries: listed, .. } = bench.run::<CountriesRequest>(&request).unwrap();
        let tally = bench.run::<StatusRequest>(&request).unwrap().countries;
        let not_passing =
            |country: &&CountryData| country.verdict.is_some_and(|verdict| verdict != Verdict::Pass);
        if let Some(tally) = tally {
            let dropped = listed.iter().filter(not_passing).count();
            assert_eq!((tally.listed, tally.dropped), (listed.len(), dropped));
        }
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
fn cut_off_is_whom_the_policy_drops_and_no_rule_lets_in() {
    let bench = Bench::blocking(&["CN"]);
    let is_cut_off = |asked: serde_json::Value| {
        bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": [asked]})).unwrap().addresses[0].is_cut_off
    };
    assert_eq!([is_cut_off(json!("1.0.0.7")), is_cut_off(json!("1.1.0.7"))], [true, false]);
    let rules = [
        "-s 1.0.0.7/32 -p tcp -m tcp --dport 443 -j ACCEPT",
        "-s 1.1.0.7/32 -p tcp -m tcp --dport 443 -j DROP",
    ];
    bench.kernel.meddle(|state| rules.iter().for_each(|rule| state.insert_rule(Family::V4, "INPUT", rule)));
    let web = |address: &str, port: u16| json!({"address": address, "protocol": "tcp", "port": port});
    assert_eq!([is_cut_off(web("1.0.0.7", 443)), is_cut_off(web("1.0.0.7", 80))], [false, true]);
    assert!(!is_cut_off(web("1.1.0.7", 443)), "a rule of somebody else's is not the policy's doing");
}

#[test]
fn status_tells_whom_what_is_in_force_cuts_off() {
    let bench = Bench::new();
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    let web = |address: &str| json!({"address": address, "protocol": "tcp", "port": 443});
    let cut_off = || {
        let request =
            json!({"v": 1, "quick": true, "addresses": [web("1.0.0.7"), web("2a00::7"), "1.1.0.7"]});
        let answers = bench.run::<StatusRequest>(&request).unwrap().addresses;
        answers.iter().map(|answer| answer.is_cut_off).collect::<Vec<_>>()
    };
    assert_eq!(cut_off(), [false; 3], "nothing leads into the filter yet");
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(cut_off(), [true, true, false]);
    bench.kernel.meddle(|state| state.insert_rule(Family::V6, "INPUT", "-p tcp -j ACCEPT"));
    assert_eq!(cut_off(), [true, false, false], "only IPv4 goes through the filter");
    bench.kernel.meddle(|state| state.insert_rule(Family::V4, "INPUT", "-s 1.0.0.7/32 -j ACCEPT"));
    assert_eq!(cut_off(), [false; 3]);
}

#[test]
fn a_timed_exception_that_decides_is_told_with_its_end() {
    let mut request = apply(&["CN"]);
    request["policy"]["exceptions"] =
        json!([{"subnet": "1.0.0.7", "expires_at": "2026-11-29T12:00:00.5+02:00"}]);
    request["addresses"] = json!(["::ffff:1.0.0.7", "1.0.0.8:5060"]);
    let answers = Bench::new().run::<ExplainRequest>(&request).unwrap().addresses;
    let facts: Vec<_> = answers
        .iter()
        .map(|answer| (answer.address.to_string(), answer.entry.as_deref(), answer.expires_at.as_deref()))
        .collect();
    assert_eq!(
        facts,
        [
            ("1.0.0.7".to_owned(), Some("1.0.0.7/32"), Some("2026-11-29T10:00:00Z")),
            ("1.0.0.8".to_owned(), Some("1.0.0.0-1.0.255.255"), None),
        ]
    );
}

#[test]
fn without_the_rules_the_policy_alone_decides() {
    let bench = Bench::blocking(&["CN"]);
    bench.kernel.meddle(|state| state.insert_rule(Family::V4, "INPUT", "-s 1.0.0.7/32 -j ACCEPT"));
    let asked = json!([{"address": "1.0.0.7", "protocol": "tcp", "port": 443}]);
    let judged = |rules: bool| {
        let request = json!({"v": 1, "addresses": asked, "rules": rules});
        let explained = bench.run::<ExplainRequest>(&request).unwrap().addresses.remove(0);
        let mut request = apply(&["CN"]);
        (request["addresses"], request["rules"]) = (asked.clone(), rules.into());
        let previewed = bench.run::<PreviewRequest>(&request).unwrap().addresses.remove(0);
        assert_eq!(explained, previewed);
        (explained.is_cut_off, explained.way.is_some())
    };
    assert_eq!([judged(true), judged(false)], [(false, true), (true, false)]);
}

#[test]
fn a_preview_adds_up_what_the_kernel_would_hold() {
    let preview = Bench::new().run::<PreviewRequest>(&apply(&["CN"])).unwrap();
    assert_eq!(preview.entries, preview.sets.iter().map(|set| set.entries).sum::<u64>());
    assert_eq!(preview.memory_bytes, preview.sets.iter().map(|set| set.memory_bytes).sum::<u64>());
    assert!(preview.entries >= 4 && preview.sets.len() == 2, "{preview:?}");
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
