//! Block lists of a policy: what they drop, when they change, and what is left of them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use proptest::collection;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bench::{ADDRESSES, Bench, apply, apply_on_trial, named, plain};
use crate::blocklist::{CATALOGUE, ListStore};
use crate::error::Code;
use crate::net::is_special_purpose;
use crate::ops::{
    ApplyRequest, AttachRequest, CatalogueRequest, ConfirmRequest, ExplainRequest, HealRequest, ListsRequest,
    NetworksRequest, PreviewRequest, RollbackRequest, StatusRequest,
};
use crate::plan::{Reason, Verdict};
use crate::remedy::Remedy;

/// A list of an address in DE, one in JP, and one that no country holds.
const MINE: &str = "1.1.0.7\n1.3.0.0/24\n2b00::/32\n1.0.0.0/16\n10.0.0.0/8\n";
const LISTED: [&str; 5] = ["1.1.0.7", "1.3.0.7", "2b00::7", "1.0.0.7", "1.0.255.255"];

/// A request to keep lists of this content.
fn keep(lists: &[(&str, &str)]) -> Value {
    let lists: Vec<Value> = lists.iter().map(|(id, text)| json!({"id": id, "text": text})).collect();
    json!({"v": 1, "lists": lists, "ask": "never"})
}

pub(super) fn with_lists(mut request: Value, lists: &[&str]) -> Value {
    request["policy"]["lists"] = json!(lists);
    request
}

impl Bench {
    /// A helper that drops CN and the list `mine`.
    fn listing() -> Self {
        let bench = Self::new();
        bench.run::<ListsRequest>(&keep(&[("mine", MINE)])).unwrap();
        bench.run::<ApplyRequest>(&with_lists(apply(&["CN"]), &["mine"])).unwrap();
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_listed(&LISTED);
        bench
    }

    /// Asserts that CN is dropped and of all other addresses these alone.
    fn assert_listed(&self, listed: &[&str]) {
        let state = self.kernel.state();
        for (address, country) in ADDRESSES {
            let is_dropped = country == "CN" || listed.contains(&address);
            assert_eq!(state.lets_in(address), !is_dropped, "{address} with {listed:?}");
        }
    }

    fn kept_lists(&self) -> Vec<String> {
        ListStore::new(&self.state()).ids().iter().map(ToString::to_string).collect()
    }

    fn why(&self, address: &str) -> (Verdict, Reason, Option<String>) {
        let data =
            self.run::<ExplainRequest>(&json!({"v": 1, "addresses": [address], "rules": false})).unwrap();
        let answer = data.addresses.into_iter().next().unwrap();
        (answer.verdict, answer.reason, answer.list.map(|list| list.to_string()))
    }
}

#[test]
fn what_is_listed_is_dropped_beside_the_countries_with_one_reason() {
    let bench = Bench::listing();
    let mine = || Some("mine".to_owned());
    assert_eq!(bench.why("1.3.0.7"), (Verdict::Drop, Reason::Listed, mine()));
    assert_eq!(bench.why("2b00::7"), (Verdict::Drop, Reason::Listed, mine()));
    assert_eq!(
        bench.why("1.0.0.7"),
        (Verdict::Drop, Reason::CountryBlocked, None),
        "the country comes first"
    );
    assert_eq!(bench.why("10.0.0.7"), (Verdict::Pass, Reason::SpecialPurpose, None));
    assert_eq!(bench.why("1.1.0.8"), (Verdict::Pass, Reason::CountryNotBlocked, None));
    assert!(bench.run::<StatusRequest>(&plain()).unwrap().active);
    assert!(bench.kernel.state().lets_in("10.0.0.7"));
}

#[test]
fn the_catalogue_tells_terms_and_what_is_kept_and_names_what_cannot_be_read() {
    let bench = Bench::listing();
    let lists = || bench.run::<CatalogueRequest>(&plain()).unwrap().lists;
    let (published, own): (Vec<_>, Vec<_>) = lists().into_iter().partition(|list| list.catalogued.is_some());
    assert_eq!(published.len(), CATALOGUE.len());
    assert!(published.iter().all(|list| list.kept.is_none() && list.problem.is_none() && !list.has_failed));
    assert_eq!(own.iter().map(|list| list.id.to_string()).collect::<Vec<_>>(), ["mine"]);
    assert_eq!(own[0].kept.as_ref().unwrap().rows.special, 1);
    fs::write(bench.state().file("list-mine.geolist").path(), b"GEOIPLS\0").unwrap();
    let damaged = lists().pop().unwrap();
    assert_eq!((damaged.kept, damaged.problem.unwrap().code), (None, "database.corrupt"));
}

#[test]
fn exceptions_pass_although_they_are_listed_and_of_two_lists_the_first_is_the_reason() {
    let bench = Bench::new();
    bench.run::<ListsRequest>(&keep(&[("one", "1.3.0.0/28"), ("two", "1.3.0.0/24")])).unwrap();
    let mut request = with_lists(apply(&["CN"]), &["two", "one"]);
    request["policy"]["exceptions"] = json!([{"subnet": "1.3.0.8/29"}]);
    bench.run::<ApplyRequest>(&request).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(bench.why("1.3.0.7"), (Verdict::Drop, Reason::Listed, Some("two".to_owned())));
    assert_eq!(bench.why("1.3.0.9"), (Verdict::Pass, Reason::Exception, None));
    let state = bench.kernel.state();
    assert_eq!(
        (state.lets_in("1.3.0.7"), state.lets_in("1.3.0.9"), state.lets_in("1.3.0.16")),
        (false, true, false)
    );
}

#[test]
fn lists_count_in_both_modes_and_both_actions_and_without_any_country() {
    for (mode, countries) in [("allow", &["CN", "DE", "JP"][..]), ("block", &[])] {
        for action in ["drop", "count"] {
            let bench = Bench::new();
            bench.run::<ListsRequest>(&keep(&[("mine", MINE)])).unwrap();
            let policy = json!({"mode": mode, "countries": countries, "lists": ["mine"], "action": action});
            let request = json!({"v": 1, "source": "dbip", "policy": policy});
            assert!(bench.run::<PreviewRequest>(&request).unwrap().entries > 0);
            bench.run::<ApplyRequest>(&request).unwrap();
            bench.run::<AttachRequest>(&plain()).unwrap();
            for (address, _) in ADDRESSES {
                let is_dropped = action == "drop" && LISTED.contains(&address);
                assert_eq!(bench.kernel.state().lets_in(address), !is_dropped, "{address}, {mode}, {action}");
            }
            let verdict = if action == "drop" { Verdict::Drop } else { Verdict::Count };
            assert_eq!(bench.why("1.3.0.7").0, verdict, "{mode}");
        }
    }
}

#[test]
fn a_list_that_changes_is_in_force_at_once_and_one_that_does_not_touches_nothing() {
    let bench = Bench::listing();
    let same = bench.run::<ListsRequest>(&keep(&[("mine", &format!("# again\n{MINE}"))])).unwrap();
    assert_eq!((same.lists[0].is_changed, same.applied), (false, None));
    let changed = bench.run::<ListsRequest>(&keep(&[("mine", "9.9.9.9\n"), ("other", "1.3.0.7")])).unwrap();
    assert_eq!(changed.lists.iter().map(|list| list.is_changed).collect::<Vec<_>>(), [true, true]);
    assert!(changed.applied.unwrap().changed);
    bench.assert_listed(&["9.9.9.9"]);
    let other = bench.run::<ListsRequest>(&keep(&[("mine", "9.9.9.9"), ("other", "1.3.0.8")])).unwrap();
    assert_eq!(other.applied, None, "the policy does not name it");
    let emptied = bench.run::<ListsRequest>(&keep(&[("mine", "# nobody\n")])).unwrap();
    assert!(emptied.applied.unwrap().changed);
    bench.assert_listed(&[]);
}

#[test]
fn a_list_that_could_not_be_put_in_force_is_by_the_next_run_although_it_did_not_change_again() {
    for step in 0.. {
        let bench = Bench::listing();
        bench.kernel.fail(step..step + 1);
        let changed = bench.run::<ListsRequest>(&keep(&[("mine", "9.9.9.9\n")]));
        if !bench.kernel.recover() {
            assert!(step > 3, "only {step} steps");
            break;
        }
        let next = bench.run::<ListsRequest>(&keep(&[("mine", "9.9.9.9\n")])).unwrap();
        assert_eq!(
            (next.lists[0].is_changed, next.applied.is_some()),
            (false, changed.is_err()),
            "step {step}"
        );
        bench.assert_listed(&["9.9.9.9"]);
    }
}

#[test]
fn a_policy_that_names_a_list_that_is_not_kept_is_refused_and_nothing_changes() {
    let bench = Bench::listing();
    let error = bench.run::<ApplyRequest>(&with_lists(apply(&["JP"]), &["mine", "nobodys"])).unwrap_err();
    assert_eq!((error.code(), error.field()), (Code::ListMissing, Some("policy.lists[1]")));
    bench.assert_listed(&LISTED);
    let (previewed, warnings) =
        bench.run_with_warnings::<PreviewRequest>(&with_lists(apply(&["JP"]), &["nobodys"]));
    previewed.unwrap();
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["list.missing"]);
    let wanted =
        json!({"v": 1, "policy": {"mode": "block", "countries": ["JP"], "lists": ["mine", "nobodys"]}});
    let problems = bench.run::<StatusRequest>(&wanted).unwrap().problems;
    let told: Vec<_> = problems.iter().map(|problem| (problem.code, problem.remedy)).collect();
    assert_eq!(told, [("list.missing", Some(Remedy::Lists)), ("policy.pending", Some(Remedy::Apply))]);
}

#[test]
fn a_pasted_text_that_is_no_list_is_refused_and_what_is_kept_stays() {
    let bench = Bench::listing();
    for text in ["nobody\nnothing\n", "<html>", "198.51.100.7\nx\ny\n"] {
        let error = bench.run::<ListsRequest>(&keep(&[("other", "9.9.9.9"), ("mine", text)])).unwrap_err();
        assert_eq!((error.code(), error.field()), (Code::RequestInvalid, Some("lists[1].text")), "{text}");
    }
    assert_eq!(bench.kept_lists(), ["mine"]);
    bench.assert_listed(&LISTED);
}

#[test]
fn a_list_stays_as_long_as_a_policy_names_it_also_one_that_may_come_back() {
    let bench = Bench::listing();
    bench.run::<ListsRequest>(&keep(&[])).unwrap();
    assert_eq!(bench.kept_lists(), ["mine"]);
    bench.run::<ApplyRequest>(&apply_on_trial(&["CN"], "0123456789abcdef")).unwrap();
    bench.run::<ListsRequest>(&keep(&[])).unwrap();
    bench.run::<RollbackRequest>(&named("0123456789abcdef")).unwrap();
    bench.assert_listed(&LISTED);
    assert_eq!(bench.kept_lists(), ["mine"]);
    bench.run::<ApplyRequest>(&apply_on_trial(&["CN"], "0123456789abcdee")).unwrap();
    bench.run::<ConfirmRequest>(&named("0123456789abcdee")).unwrap();
    bench.run::<ListsRequest>(&keep(&[])).unwrap();
    assert_eq!(bench.kept_lists(), [""; 0]);
}

#[test]
fn a_damaged_list_changes_nothing_in_the_kernel_and_is_named_until_it_is_got_again() {
    for restore in Bench::RESTORES {
        let bench = Bench::listing();
        let path = bench.state().file("list-mine.geolist").path().to_owned();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        restore(&bench);
        bench.assert_listed(&LISTED);
        bench.kernel.reboot();
        restore(&bench);
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_listed(&LISTED);
        let (explained, warnings) =
            bench.run_with_warnings::<ExplainRequest>(&json!({"v": 1, "addresses": ["1.3.0.7"]}));
        assert_eq!(explained.unwrap().addresses[0].reason, Reason::CountryNotBlocked);
        assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["database.corrupt"]);
        let refused = bench.run::<ApplyRequest>(&with_lists(apply(&["JP"]), &["mine"])).unwrap_err();
        assert_eq!(refused.code(), Code::DatabaseCorrupt);
        bench.assert_listed(&LISTED);
        let again = bench.run::<ListsRequest>(&keep(&[("mine", MINE)])).unwrap();
        assert!(again.lists[0].is_changed);
        assert_eq!(bench.why("1.3.0.7").1, Reason::Listed);
        bench.run::<HealRequest>(&plain()).unwrap();
        bench.assert_listed(&LISTED);
    }
}

/// Blocks of a few lengths within the test data, so that they overlap with it and with each other.
fn blocks() -> impl Strategy<Value = Vec<IpNet>> {
    let v4 = (0_u32..0x0400_0000, 10_u8..=32)
        .prop_map(|(offset, length)| IpNet::new(Ipv4Addr::from_bits(0x0100_0000 + offset).into(), length));
    let v6 = (any::<u32>(), 18_u8..=128).prop_map(|(offset, length)| {
        IpNet::new(Ipv6Addr::from_bits((0x2a00_u128 << 112) + (u128::from(offset) << 80)).into(), length)
    });
    collection::vec(prop_oneof![3 => v4, 1 => v6].prop_map(|net| net.unwrap().trunc()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn verdicts_are_those_of_brute_force_where_lists_networks_countries_and_exceptions_overlap(
        one in blocks(),
        two in blocks(),
        held in blocks(),
        excepted in blocks(),
        allows in any::<bool>(),
    ) {
        let bench = Bench::new();
        let text = |list: &[IpNet]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        bench.run::<ListsRequest>(&keep(&[("one", &text(&one)), ("two", &text(&two))])).unwrap();
        // Both networks are chosen, and the most specific row of an address counts. A row of nobody counts for none.
        let row = |(place, net): (usize, &IpNet)| format!("{},{},{},N\n", net.network(), net.broadcast(), [7, 8, 0][place % 3]);
        let rows: String = held.iter().enumerate().map(row).collect();
        let rows = bench.rows(&(rows + "203.0.113.0,203.0.113.255,7,N\n3fff::,3fff::f,8,N\n"));
        prop_assert_eq!(bench.run::<NetworksRequest>(&rows).unwrap().failure, None);
        let held: Vec<IpNet> = held.iter().enumerate().filter(|(place, _)| place % 3 < 2).map(|(_, net)| *net).collect();
        let exceptions: Vec<Value> = excepted.iter().map(|net| json!({"subnet": net})).collect();
        let (mode, countries) = if allows { ("allow", ["DE", "JP"]) } else { ("block", ["CN", "CN"]) };
        let policy = json!({"mode": mode, "countries": countries, "lists": ["one", "two"], "networks": [8, 7],
            "exceptions": exceptions});
        bench.run::<ApplyRequest>(&json!({"v": 1, "source": "dbip", "policy": policy})).unwrap();
        bench.run::<AttachRequest>(&plain()).unwrap();
        // Both ends of each block, what lies beside them, and one address of each kind of holder.
        let nets = one.iter().chain(&two).chain(&held).chain(&excepted);
        let ends = nets.flat_map(|net| [net.network(), net.broadcast()]).flat_map(|end| [beside(end, -1), end, beside(end, 1)]);
        let known = ADDRESSES.iter().map(|(address, _)| address.parse().unwrap());
        let asked: Vec<IpAddr> = ends.chain(known).collect();
        let data = bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": asked, "rules": false})).unwrap();
        let state = bench.kernel.state();
        for (address, answer) in asked.iter().zip(data.addresses) {
            let within = |nets: &[IpNet]| nets.iter().any(|net| net.contains(address));
            let country = answer.country.map(|country| country.to_string());
            let by_country = country.is_some_and(|country| countries.contains(&country.as_str()) != allows);
            let is_dropped = !within(&excepted)
                && !is_special_purpose(*address)
                && (by_country || within(&one) || within(&two) || within(&held));
            prop_assert_eq!(state.lets_in(&address.to_string()), !is_dropped, "{} in the kernel", address);
            prop_assert_eq!(answer.verdict == Verdict::Drop, is_dropped, "{} explained", address);
            prop_assert_eq!(answer.network.is_some(), within(&held), "{} is of a network", address);
            let list = is_dropped && !by_country && (within(&one) || within(&two));
            let network = is_dropped && !by_country && !list;
            prop_assert_eq!(answer.reason == Reason::Network, network, "{} explained", address);
            prop_assert_eq!(answer.list.map(|list| list.to_string()), match (list, within(&one)) {
                (false, _) => None,
                (true, true) => Some("one".to_owned()),
                (true, false) => Some("two".to_owned()),
            });
        }
    }
}

fn beside(address: IpAddr, distance: i8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            Ipv4Addr::from_bits(address.to_bits().wrapping_add_signed(distance.into())).into()
        }
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits().wrapping_add_signed(distance.into())).into()
        }
    }
}
