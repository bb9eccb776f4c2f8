//! Networks of a policy: what they drop, when their data changes, and what is refused.

use std::fs;

use serde_json::{Value, json};

use super::bench::{ADDRESSES, Bench, apply, apply_on_trial, named, plain};
use super::lists::with_lists;
use crate::asn::SizedNetwork;
use crate::error::Code;
use crate::ops::{
    ApplyRequest, AttachRequest, CatalogueRequest, ExplainRequest, HealRequest, ListsRequest,
    NetworksRequest, PreviewRequest, RollbackRequest, StatusRequest, ValidateRequest,
};
use crate::plan::{Reason, Verdict};

/// AS7 holds addresses in CN, in JP and of nobody; AS8 holds one in DE.
const ROWS: &str = "1.0.0.0,1.0.0.255,7,Seven Hosting\n1.1.0.0,1.1.0.15,8,\"Eight, Inc.\"\n1.3.0.0,1.3.0.255,7,Seven Hosting\n\
                    9.9.9.9,9.9.9.9,0,Not routed\n10.0.0.0,10.0.0.255,7,Seven Hosting\n2b00::,2b00:0:ffff::,7,Seven Hosting\n";
const OF_SEVEN: [&str; 3] = ["1.0.0.7", "1.3.0.7", "2b00::7"];

pub(super) fn with_networks(mut request: Value, networks: &[u32]) -> Value {
    request["policy"]["networks"] = json!(networks);
    request
}

impl Bench {
    /// A request to take network data with these rows.
    pub(super) fn rows(&self, rows: &str) -> Value {
        let file = self.state().path().with_file_name("rows.csv");
        fs::write(&file, rows).unwrap();
        json!({"v": 1, "files": [file]})
    }

    /// A helper that drops CN and AS7.
    fn naming() -> Self {
        let bench = Self::new();
        bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
        bench.run::<ApplyRequest>(&with_networks(apply(&["CN"]), &[7])).unwrap();
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_named(&OF_SEVEN);
        bench
    }

    /// Asserts that CN is dropped and of all other addresses these alone.
    fn assert_named(&self, named: &[&str]) {
        let state = self.kernel.state();
        for (address, country) in ADDRESSES {
            let is_dropped = country == "CN" || named.contains(&address);
            assert_eq!(state.lets_in(address), !is_dropped, "{address} with {named:?}");
        }
    }

    fn told(&self, address: &str) -> (Verdict, Reason, Option<(u32, String)>, Option<String>) {
        let data =
            self.run::<ExplainRequest>(&json!({"v": 1, "addresses": [address], "rules": false})).unwrap();
        let answer = data.addresses.into_iter().next().unwrap();
        let network = answer.network.map(|network| (network.number.get(), network.name));
        (answer.verdict, answer.reason, network, answer.entry)
    }
}

#[test]
fn what_a_network_holds_is_dropped_beside_the_countries_and_every_answer_names_the_network() {
    let bench = Bench::naming();
    let seven = || Some((7, "Seven Hosting".to_owned()));
    let range = || Some("1.3.0.0-1.3.0.255".to_owned());
    assert_eq!(bench.told("1.3.0.7"), (Verdict::Drop, Reason::Network, seven(), range()));
    assert_eq!(bench.told("::ffff:1.3.0.7"), (Verdict::Drop, Reason::Network, seven(), range()));
    let (verdict, reason, network, _) = bench.told("1.0.0.7");
    assert_eq!((verdict, reason, network), (Verdict::Drop, Reason::CountryBlocked, seven()));
    let (verdict, reason, network, _) = bench.told("10.0.0.7");
    assert_eq!((verdict, reason, network), (Verdict::Pass, Reason::SpecialPurpose, seven()));
    let (verdict, reason, network, _) = bench.told("1.1.0.7");
    let eight = Some((8, "Eight, Inc.".to_owned()));
    assert_eq!((verdict, reason, network), (Verdict::Pass, Reason::CountryNotBlocked, eight));
    assert_eq!(bench.told("9.9.9.9").2, None, "AS 0 is nobody");
    assert!(bench.run::<StatusRequest>(&plain()).unwrap().active);
    assert!(bench.kernel.state().lets_in("10.0.0.7"));
}

#[test]
fn of_a_list_and_a_network_the_list_is_the_reason_and_exceptions_pass_both() {
    let bench = Bench::new();
    bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
    let lists = json!({"v": 1, "lists": [{"id": "mine", "text": "1.3.0.0/28"}], "ask": "never"});
    bench.run::<ListsRequest>(&lists).unwrap();
    let mut request = with_networks(with_lists(apply(&["CN"]), &["mine"]), &[8, 7]);
    request["policy"]["exceptions"] = json!([{"subnet": "1.3.0.8/29"}]);
    bench.run::<ApplyRequest>(&request).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    for (address, reason) in
        [("1.3.0.7", Reason::Listed), ("1.3.0.9", Reason::Exception), ("1.3.0.16", Reason::Network)]
    {
        assert_eq!(bench.told(address).1, reason, "{address}");
        assert_eq!(bench.kernel.state().lets_in(address), reason == Reason::Exception, "{address}");
    }
}

#[test]
fn networks_count_in_both_modes_and_both_actions_and_without_any_country() {
    for (mode, countries) in [("allow", &["CN", "DE", "JP"][..]), ("block", &[])] {
        for action in ["drop", "count"] {
            let bench = Bench::new();
            bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
            let policy = json!({"mode": mode, "countries": countries, "networks": [7], "action": action});
            let request = json!({"v": 1, "source": "dbip", "policy": policy});
            assert!(bench.run::<PreviewRequest>(&request).unwrap().entries > 0);
            assert!(!bench.run::<ValidateRequest>(&request).unwrap().drops_nobody || action == "count");
            bench.run::<ApplyRequest>(&request).unwrap();
            bench.run::<AttachRequest>(&plain()).unwrap();
            for (address, _) in ADDRESSES {
                let is_dropped = action == "drop" && OF_SEVEN.contains(&address);
                assert_eq!(bench.kernel.state().lets_in(address), !is_dropped, "{address}, {mode}, {action}");
            }
            let verdict = if action == "drop" { Verdict::Drop } else { Verdict::Count };
            assert_eq!(bench.told("1.3.0.7").0, verdict, "{mode}");
        }
    }
}

#[test]
fn data_that_changes_a_chosen_network_is_in_force_at_once_and_other_changes_touch_nothing() {
    let bench = Bench::naming();
    let same = bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
    assert_eq!((same.is_changed, same.applied), (false, None));
    let other = ROWS.replace("1.1.0.15", "1.1.0.31");
    let changed = bench.run::<NetworksRequest>(&bench.rows(&other)).unwrap();
    assert_eq!((changed.is_changed, changed.applied), (true, None));
    let moved = ROWS.replace("1.3.0.0,1.3.0.255,7,Seven Hosting", "9.9.9.0,9.9.9.255,7,Seven Hosting");
    let changed = bench.run::<NetworksRequest>(&bench.rows(&moved)).unwrap();
    assert!(changed.applied.unwrap().changed);
    bench.assert_named(&["9.9.9.9", "2b00::7"]);
}

#[test]
fn a_change_that_could_not_be_put_in_force_is_by_the_next_run_although_nothing_changed_again() {
    let moved = ROWS.replace("1.3.0.0,1.3.0.255,7,Seven Hosting", "9.9.9.0,9.9.9.255,7,Seven Hosting");
    for step in 0.. {
        let bench = Bench::naming();
        bench.kernel.fail(step..step + 1);
        let changed = bench.run::<NetworksRequest>(&bench.rows(&moved));
        if !bench.kernel.recover() {
            assert!(step > 3, "only {step} steps");
            break;
        }
        let next = bench.run::<NetworksRequest>(&json!({"v": 1, "ask": "never"})).unwrap();
        assert_eq!((next.is_changed, next.applied.is_some()), (false, changed.is_err()), "step {step}");
        bench.assert_named(&["9.9.9.9", "2b00::7"]);
    }
}

#[test]
fn a_policy_with_networks_is_refused_without_data_and_an_unknown_number_is_a_warning() {
    let bench = Bench::blocking(&["CN"]);
    let request = with_networks(apply(&["CN"]), &[7, 99]);
    let error = bench.run::<ApplyRequest>(&request).unwrap_err();
    assert_eq!((error.code(), error.field()), (Code::NetworkMissing, Some("policy.networks")));
    bench.assert_blocked(&["CN"]);
    let (previewed, warnings) = bench.run_with_warnings::<PreviewRequest>(&request);
    previewed.unwrap();
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["network.missing"]);
    bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
    for warnings in [
        bench.run_with_warnings::<PreviewRequest>(&request).1,
        bench.run_with_warnings::<ApplyRequest>(&request).1,
    ] {
        let told: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.field.as_deref())).collect();
        assert_eq!(told, [("network.unknown", Some("policy.networks[1]"))]);
    }
    bench.assert_named(&OF_SEVEN);
}

#[test]
fn a_policy_is_written_with_its_networks_in_order_and_none_twice() {
    let bench = Bench::new();
    let mut request = with_networks(apply(&["CN"]), &[8, 7, 8]);
    request["compared_with"] = with_networks(apply(&["CN"]), &[7, 8]);
    request["compared_with"].as_object_mut().unwrap().remove("v");
    let data = bench.run::<ValidateRequest>(&request).unwrap();
    assert_eq!(data.networks.iter().map(|number| number.get()).collect::<Vec<_>>(), [7, 8]);
    assert_eq!(data.is_same, Some(true));
    let plain = serde_json::to_value(bench.run::<ValidateRequest>(&apply(&["CN"])).unwrap()).unwrap();
    assert_eq!(plain.get("networks"), None);
    let parsed = |networks: Value| {
        let mut request = apply(&["CN"]);
        request["policy"]["networks"] = networks;
        crate::protocol::parse::<ApplyRequest>(request.to_string().as_bytes())
    };
    for (networks, field) in [
        (json!([7, 0]), "policy.networks[1]"),
        (json!([64512]), "policy.networks[0]"),
        (json!(["7"]), "policy.networks[0]"),
        (json!((1..66).collect::<Vec<_>>()), "policy.networks"),
    ] {
        let error = parsed(networks).unwrap_err();
        assert_eq!((error.code(), error.field()), (Code::RequestInvalid, Some(field)));
    }
    assert!(parsed(json!((1..65).collect::<Vec<_>>())).is_ok());
}

#[test]
fn the_catalogue_finds_networks_by_name_and_number_and_tells_what_is_kept() {
    let bench = Bench::new();
    let ask = |request: Value| bench.run::<CatalogueRequest>(&request).unwrap().networks;
    let missing = ask(json!({"v": 1, "networks": "hosting", "numbers": [7]}));
    assert_eq!((missing.kept, missing.problem, missing.found), (None, None, Vec::new()));
    assert_eq!((&*missing.chosen[0].name, missing.chosen[0].v4_addresses), ("", 0));
    assert_eq!(missing.presets.iter().map(|preset| &*preset.id).collect::<Vec<_>>(), ["hosting", "clouds"]);
    bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
    let known = ask(json!({"v": 1, "networks": "HOSTING", "numbers": [99, 8]}));
    let numbers =
        |networks: &[SizedNetwork]| networks.iter().map(|network| network.number.get()).collect::<Vec<_>>();
    assert_eq!((numbers(&known.found), numbers(&known.chosen)), (vec![7], vec![99, 8]));
    assert_eq!((&*known.chosen[1].name, known.chosen[1].v4_addresses), ("Eight, Inc.", 16));
    assert_eq!(known.kept.unwrap().networks, 2);
    assert!(known.sources.iter().all(|source| source.asked_at.is_none() && !source.has_failed));
    for (request, field) in [
        (json!({"v": 1, "networks": "x".repeat(201)}), "networks"),
        (json!({"v": 1, "numbers": (1..202).collect::<Vec<_>>()}), "numbers"),
    ] {
        assert_eq!(bench.run::<CatalogueRequest>(&request).unwrap_err().field(), Some(field));
    }
    fs::write(bench.state().file("networks.geonet").path(), b"GEOIPAS\0").unwrap();
    let damaged = ask(json!({"v": 1, "networks": "hosting"}));
    assert_eq!((damaged.kept, damaged.problem.unwrap().code), (None, "database.corrupt"));
}

#[test]
fn data_that_lost_a_chosen_network_is_refused_by_name_until_it_is_forced() {
    let large = |lost: &str| {
        let rows = "1.0.0.0,1.0.255.255,7,Seven\n2.0.0.0,2.255.255.255,8,Eight\n3.0.0.0,3.0.15.255,9,Nine\n";
        let kept: Vec<&str> = rows.lines().filter(|row| lost.is_empty() || !row.ends_with(lost)).collect();
        kept.join("\n")
    };
    let bench = Bench::new();
    bench.run::<NetworksRequest>(&bench.rows(&large(""))).unwrap();
    bench.run::<ApplyRequest>(&with_networks(apply(&["CN"]), &[7])).unwrap();
    bench.run::<ApplyRequest>(&apply_on_trial(&["CN"], "0123456789abcdef")).unwrap();
    let refused = bench.run::<NetworksRequest>(&bench.rows(&large("Seven"))).unwrap();
    let failure = refused.failure.unwrap();
    assert!(failure.code == "source.shrunk" && failure.message.contains("AS7 (Seven)"), "{failure:?}");
    assert_eq!((refused.is_changed, refused.kept.unwrap().networks), (false, 3));
    // One that is saved but not applied.
    let mut request = bench.rows(&large("Nine"));
    request["keep"] = json!([9]);
    assert_eq!(bench.run::<NetworksRequest>(&request).unwrap().failure.unwrap().code, "source.shrunk");
    request["force"] = json!(true);
    assert!(bench.run::<NetworksRequest>(&request).unwrap().is_changed);
    bench.run::<RollbackRequest>(&named("0123456789abcdef")).unwrap();
    assert!(bench.told("1.0.0.7").2.is_some());
    let whole = bench.run::<NetworksRequest>(&bench.rows(&large("Eight"))).unwrap();
    assert_eq!(whole.failure.unwrap().code, "source.shrunk", "the file as a whole");
    let mut other = bench.rows(&large("Seven"));
    other["source"] = json!("origin-asn");
    assert!(
        bench.run::<NetworksRequest>(&other).unwrap().is_changed,
        "another publisher may see it otherwise"
    );
}

#[test]
fn damaged_data_changes_nothing_in_the_kernel_and_is_named_until_it_is_got_again() {
    for restore in Bench::RESTORES {
        let bench = Bench::naming();
        let path = bench.state().file("networks.geonet").path().to_owned();
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        restore(&bench);
        bench.assert_named(&OF_SEVEN);
        bench.kernel.reboot();
        restore(&bench);
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_named(&OF_SEVEN);
        let (explained, warnings) =
            bench.run_with_warnings::<ExplainRequest>(&json!({"v": 1, "addresses": ["2b00::7"]}));
        let answer = explained.unwrap().addresses.remove(0);
        assert_eq!((answer.reason, answer.network), (Reason::UnknownPasses, None));
        let codes: Vec<&str> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, ["database.corrupt", "database.unusable"]);
        let refused = bench.run::<ApplyRequest>(&with_networks(apply(&["JP"]), &[7])).unwrap_err();
        assert_eq!(refused.code(), Code::DatabaseCorrupt);
        bench.assert_named(&OF_SEVEN);
        let again = bench.run::<NetworksRequest>(&bench.rows(ROWS)).unwrap();
        assert!(again.is_changed);
        assert_eq!(bench.told("2b00::7").1, Reason::Network);
        bench.run::<HealRequest>(&plain()).unwrap();
        bench.assert_named(&OF_SEVEN);
    }
}
