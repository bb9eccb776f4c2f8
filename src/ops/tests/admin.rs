//! Who may administer: some ports are open to some countries only, on top of the policy.

use serde_json::{Value, json};

use super::bench::{ADDRESSES, Bench, apply, apply_on_trial, plain};
use crate::net::Family;
use crate::ops::{
    ApplyRequest, AttachRequest, DetachRequest, ExplainRequest, ExportRequest, HealRequest, PreviewRequest,
    StatusRequest, ValidateRequest,
};

const SSH: u16 = 22;
const WEB: u16 = 443;

/// A policy that blocks CN, with administration of these ports from these countries.
fn restricted(countries: &[&str], ports: &[u16]) -> Value {
    with_admin(apply(&["CN"]), countries, ports)
}

fn with_admin(mut request: Value, countries: &[&str], ports: &[u16]) -> Value {
    request["policy"]["admin"] = json!({"countries": countries, "ports": ports});
    request
}

impl Bench {
    /// A helper with this policy in force.
    fn under(request: &Value) -> Self {
        let bench = Self::new();
        bench.run::<ApplyRequest>(request).unwrap();
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench
    }

    /// Asserts that CN is blocked for all ports, and that this port is reached only from these countries.
    fn assert_restricted(&self, port: u16, countries: &[&str]) {
        self.assert_blocked(&["CN"]);
        let state = self.kernel.state();
        for (address, country) in ADDRESSES {
            let is_open = country != "CN" && countries.contains(&country);
            assert_eq!(state.lets_in_to(address, port), is_open, "{address} to {port} from {countries:?}");
        }
    }
}

#[test]
fn only_some_countries_reach_the_ports_of_administration_and_all_other_ports_stay_as_they_are() {
    let bench = Bench::under(&restricted(&["DE"], &[WEB, SSH]));
    bench.assert_restricted(SSH, &["DE"]);
    bench.assert_restricted(WEB, &["DE"]);
    let state = bench.kernel.state();
    assert!(state.lets_in_to("1.3.0.7", 80), "no port of administration");
    assert!(state.lets_in_to("192.168.1.7", SSH) && state.lets_in_to("fe80::7", SSH), "special-purpose");
    assert!(bench.run::<StatusRequest>(&plain()).unwrap().active);
}

#[test]
fn a_restriction_applies_where_some_countries_are_allowed_and_where_the_policy_only_counts() {
    let allow = json!({"v": 1, "source": "dbip", "policy": {"mode": "allow", "countries": ["DE", "JP"]}});
    let bench = Bench::under(&with_admin(allow, &["JP"], &[SSH]));
    let state = bench.kernel.state();
    assert_eq!((state.lets_in("1.1.0.7"), state.lets_in_to("1.1.0.7", SSH)), (true, false));
    assert_eq!((state.lets_in("1.3.0.7"), state.lets_in_to("1.3.0.7", SSH)), (true, true));

    let mut counting = restricted(&["DE"], &[SSH]);
    counting["policy"]["action"] = json!("count");
    let bench = Bench::under(&counting);
    let state = bench.kernel.state();
    for (address, country) in ADDRESSES {
        assert!(state.lets_in(address), "{address} is only counted");
        assert_eq!(state.lets_in_to(address, SSH), country == "DE", "{address}");
    }
    bench.run::<ApplyRequest>(&restricted(&["DE"], &[SSH])).unwrap();
    bench.assert_restricted(SSH, &["DE"]);
}

#[test]
fn exceptions_may_administer_for_good_or_until_they_end() {
    let mut request = restricted(&["DE"], &[SSH]);
    request["policy"]["exceptions"] = json!([
        {"subnet": "1.3.0.7"},
        {"subnet": "9.9.9.9", "expires_at": "2026-11-29T11:00:00Z"},
        {"subnet": "1.0.0.7"},
    ]);
    let bench = Bench::under(&request);
    let state = bench.kernel.state();
    for address in ["1.3.0.7", "9.9.9.9", "1.0.0.7"] {
        assert!(state.lets_in_to(address, SSH), "{address}");
    }
    assert!(!state.lets_in_to("1.3.0.8", SSH));
}

#[test]
fn without_data_of_a_family_nobody_of_it_is_locked_out() {
    let bench = Bench::with_ranges(&[("1.1.0.0", "1.1.255.255", "DE")]);
    bench.run::<ApplyRequest>(&restricted(&["DE"], &[SSH])).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    let state = bench.kernel.state();
    assert!(state.lets_in_to("2a01::7", SSH) && !state.lets_in_to("9.9.9.9", SSH));
}

#[test]
fn a_restriction_that_goes_leaves_no_rule_behind() {
    let bench = Bench::under(&restricted(&["DE"], &[SSH]));
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    bench.assert_restricted(SSH, &["DE", "JP", "--"]);
    let state = bench.kernel.state();
    for family in Family::ALL {
        assert!(!state.all_rules(family).iter().any(|rule| rule.contains("geoip_admin")));
    }
    assert!(bench.run::<StatusRequest>(&plain()).unwrap().active);
}

#[test]
fn while_a_restriction_changes_nobody_is_shut_out_whom_neither_shuts_out() {
    let none = apply(&["CN"]);
    let (narrow, wide) = (restricted(&["DE"], &[SSH]), restricted(&["JP"], &[SSH, WEB]));
    // The addresses that reach SSH under both, beside those that reach it never.
    for (from, to, both) in [
        (&none, &narrow, &["DE"][..]),
        (&narrow, &none, &["DE"]),
        (&narrow, &wide, &[]),
        (&wide, &narrow, &[]),
    ] {
        for step in 0.. {
            let bench = Bench::under(from);
            bench.kernel.fail(step..step + 1);
            let both = both.to_vec();
            bench.kernel.observe(move |state| {
                for (address, country) in ADDRESSES {
                    assert_eq!(state.lets_in(address), country != "CN", "{address}");
                    assert!(!both.contains(&country) || state.lets_in_to(address, SSH), "{address}");
                }
            });
            let done = bench.run::<ApplyRequest>(to);
            let has_failed = bench.kernel.recover();
            bench.run::<HealRequest>(&plain()).unwrap();
            let wanted = if done.is_ok() { to } else { from };
            let again = bench.run::<ApplyRequest>(wanted).unwrap();
            assert!(!again.kernel.changed, "step {step} left something else than {wanted}");
            if !has_failed {
                break;
            }
        }
    }
}

#[test]
fn an_unconfirmed_restriction_is_taken_back() {
    let bench = Bench::under(&apply(&["CN"]));
    bench.run::<ApplyRequest>(&with_admin(apply_on_trial(&["CN"], "one"), &["DE"], &[SSH])).unwrap();
    bench.assert_restricted(SSH, &["DE"]);
    bench.pass_time(61);
    bench.run::<HealRequest>(&plain()).unwrap();
    bench.assert_restricted(SSH, &["DE", "JP", "--"]);
}

#[test]
fn a_restriction_survives_a_reboot_and_goes_with_the_filter() {
    let bench = Bench::under(&restricted(&["DE"], &[SSH]));
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_restricted(SSH, &["DE"]);
    bench.run::<DetachRequest>(&plain()).unwrap();
    assert_eq!(bench.kernel.state().set_names(), Vec::<&str>::new());
}

#[test]
fn a_set_of_administration_that_somebody_changed_is_reported_and_healed() {
    let bench = Bench::under(&restricted(&["DE"], &[SSH]));
    bench.kernel.meddle(|state| state.add_member("geoip_admin_v4", "1.1.0.7/32"));
    let status = bench.run::<StatusRequest>(&plain()).unwrap();
    assert_eq!(status.problems[0].code, "firewall.sets_drifted");
    assert_eq!(bench.run::<HealRequest>(&plain()).unwrap().repaired.len(), 1);
    bench.assert_restricted(SSH, &["DE"]);

    bench.kernel.meddle(|state| state.insert_rule(Family::V4, "GEOIP_CHECK", "-p tcp -j RETURN"));
    let repaired = bench.run::<HealRequest>(&plain()).unwrap().repaired;
    assert_eq!(repaired.len(), 1, "{repaired:?}");
    bench.assert_restricted(SSH, &["DE"]);
}

#[test]
fn an_answer_tells_of_a_port_whether_it_may_be_administered_from_there() {
    let request = restricted(&["DE"], &[SSH]);
    let ask = |address: &str, protocol: &str, port: u16| json!({"address": address, "protocol": protocol, "port": port});
    let asked = json!([
        "1.3.0.7",
        ask("1.3.0.7", "tcp", SSH),
        ask("1.3.0.7", "udp", SSH),
        ask("1.1.0.7", "tcp", SSH),
        ask("192.168.1.7", "tcp", SSH),
        {"address": "1.3.0.7", "protocol": "tcp", "port": 20, "last_port": 30},
        {"address": "1.3.0.7", "protocol": "tcp", "port": 23, "last_port": 30},
        ask("1.0.0.7", "tcp", SSH),
    ]);
    let outcomes = ["", "dropped", "accepted", "accepted", "accepted", "dropped", "accepted", "dropped"];
    let verdicts = ["drop", "drop", "drop", "pass", "pass", "drop", "drop", "drop"];
    let bench = Bench::new();
    let with_addresses = |request: &Value| {
        let mut request = request.clone();
        request["addresses"] = asked.clone();
        request
    };
    let compare = |addresses: &Value| {
        let addresses = addresses.as_array().unwrap();
        assert_eq!(addresses.len(), verdicts.len());
        for ((answer, outcome), verdict) in addresses.iter().zip(outcomes).zip(verdicts) {
            assert_eq!(answer["passage"]["outcome"].as_str().unwrap_or_default(), outcome, "{answer}");
            assert_eq!(answer["admin"]["verdict"], verdict, "{answer}");
            assert_eq!(answer["is_cut_off"], outcome == "dropped", "{answer}");
        }
    };
    let previewed = bench.run::<PreviewRequest>(&with_addresses(&request)).unwrap();
    compare(&serde_json::to_value(previewed.addresses).unwrap());
    bench.run::<ApplyRequest>(&request).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    let explained = bench.run::<ExplainRequest>(&with_addresses(&plain())).unwrap();
    compare(&serde_json::to_value(explained.addresses).unwrap());
    let status = bench.run::<StatusRequest>(&with_addresses(&plain())).unwrap();
    compare(&serde_json::to_value(status.addresses).unwrap());
}

#[test]
fn an_answer_gives_the_reason_why_an_address_may_administer_or_not() {
    let mut request = restricted(&["DE"], &[SSH]);
    request["policy"]["exceptions"] =
        json!([{"subnet": "1.0.0.8"}, {"subnet": "1.3.0.0/24", "expires_at": "2026-11-29T11:00:00Z"}]);
    request["addresses"] = json!(["1.0.0.7", "1.0.0.8", "1.1.0.7", "1.3.0.7", "9.9.9.9", "10.0.0.1"]);
    let previewed = Bench::new().run::<PreviewRequest>(&request).unwrap();
    let reasons = previewed.addresses.iter().map(|answer| answer.admin.unwrap().reason).collect::<Vec<_>>();
    let expected = json!([
        "country_not_allowed",
        "exception",
        "country_allowed",
        "timed_exception",
        "unknown_dropped",
        "special_purpose"
    ]);
    assert_eq!(serde_json::to_value(reasons).unwrap(), expected);
}

#[test]
fn without_the_rules_the_policy_alone_says_who_is_cut_off() {
    let mut request = restricted(&["DE"], &[SSH]);
    request["addresses"] = json!([{"address": "1.3.0.7", "protocol": "tcp", "port": SSH}, "1.3.0.7"]);
    request["rules"] = json!(false);
    let previewed = Bench::new().run::<PreviewRequest>(&request).unwrap();
    assert_eq!(previewed.addresses.iter().map(|answer| answer.is_cut_off).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_restriction_is_compared_in_any_order_and_comes_back_in_order() {
    let mut request = restricted(&["JP", "DE", "JP"], &[WEB, SSH]);
    request["compared_with"] =
        json!({"source": "dbip", "policy": restricted(&["DE", "JP"], &[SSH, WEB])["policy"]});
    let valid = Bench::new().run::<ValidateRequest>(&request).unwrap();
    assert_eq!(valid.is_same, Some(true));
    assert_eq!(
        serde_json::to_value(valid.admin).unwrap(),
        json!({"countries": ["DE", "JP"], "ports": [SSH, WEB]})
    );
    request["compared_with"]["policy"]["admin"]["ports"] = json!([SSH]);
    assert_eq!(Bench::new().run::<ValidateRequest>(&request).unwrap().is_same, Some(false));
    request["compared_with"]["policy"].as_object_mut().unwrap().remove("admin");
    assert_eq!(Bench::new().run::<ValidateRequest>(&request).unwrap().is_same, Some(false));
}

#[test]
fn a_country_that_is_none_is_refused_by_its_place() {
    let error = Bench::new().run::<ApplyRequest>(&restricted(&["DE", "ZZ"], &[SSH])).unwrap_err();
    assert_eq!(
        (error.code().as_str(), error.field()),
        ("request.unknown_country", Some("policy.admin.countries[1]"))
    );
}

#[test]
fn what_a_restriction_does_not_achieve_is_said() {
    let bench = Bench::new();
    let (_, warnings) = bench.run_with_warnings::<ApplyRequest>(&restricted(&["CN", "DE"], &[SSH]));
    let said: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.message.as_str())).collect();
    assert_eq!(said, [("policy.admin_blocked", "nobody administers the PBX from blocked countries: CN")]);
    let file = bench.state().path().join("export.txt");
    let export = json!({"v": 1, "format": "cidr", "file": file});
    let (_, warnings) = bench.run_with_warnings::<ExportRequest>(&export);
    let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["export.admin_left_out"]);
}

#[test]
fn a_policy_that_only_restricts_administration_drops_somebody() {
    let request = with_admin(apply(&[]), &["DE"], &[SSH]);
    let bench = Bench::new();
    assert!(!bench.run::<ValidateRequest>(&request).unwrap().drops_nobody);
    assert!(bench.run::<ApplyRequest>(&request).unwrap().problems.is_empty());
}
