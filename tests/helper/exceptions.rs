//! Timed exceptions with the real kernel and real packets.

use std::thread::sleep;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{Flavour, Pbx, ROWS};
use crate::world::{plain_request, update_request};

/// The moment this many seconds from now, in RFC 3339.
fn in_seconds(seconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(seconds)).to_string()
}

/// Blocks CN, except for these subnets for this many seconds.
fn block_except(passes: &[(&str, i64)]) -> Value {
    let passes: Vec<Value> = passes
        .iter()
        .map(|(subnet, seconds)| json!({"subnet": subnet, "expires_at": in_seconds(*seconds)}))
        .collect();
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": ["CN"], "exceptions": passes}})
}

impl Pbx {
    fn apply_and_attach(&self, request: &Value) {
        let outcome = self.ask("apply", request);
        assert!(outcome.is_ok(), "{outcome:?}");
        self.attach();
    }

    fn assert_active(&self) {
        let status = self.ask("status", &plain_request());
        assert_eq!(status.data()["active"], true, "{status:?}");
    }

    /// The remaining seconds of each entry, by the kernel, in no particular order.
    fn seconds_left(&self, set: &str) -> Vec<u64> {
        let listing = self.lab.pbx.run("ipset", &["list", set]);
        let (_, members) = listing.split_once("Members:\n").unwrap();
        let seconds = members.lines().filter_map(|line| line.split_once(" timeout ")?.1.parse().ok());
        seconds.collect()
    }
}

#[test]
fn a_timed_exception_lasts_until_the_kernel_ends_it() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        pbx.apply_and_attach(&block_except(&[
            ("1.0.9.0/24", 3),
            ("2a00:0:9::/48", 3),
            ("1.0.10.10", 3600),
            ("2a00::10", 3600),
        ]));
        pbx.assert_active();
        pbx.assert_filtering(
            &["1.0.9.9", "2a00:0:9::9", "1.0.10.10", "2a00::10", "9.9.9.9"],
            &["1.0.8.255", "1.0.10.11", "2a00:0:8::9", "2a00::11"],
        );
        assert!(pbx.lab.connects("1.0.9.9".parse().unwrap()), "a traveller with a pass cannot connect");
        sleep(Duration::from_secs(4));
        pbx.assert_filtering(&["1.0.10.10", "2a00::10"], &["1.0.9.9", "2a00:0:9::9"]);
        pbx.assert_active();
        let status = pbx.ask("status", &plain_request());
        let left = status.data()["applied"]["policy"]["exceptions"].as_array().unwrap().len();
        assert_eq!(left, 2, "a pass that is over is no longer told of: {status:?}");
    }
}

#[test]
fn after_a_reboot_timed_exceptions_are_restored_for_their_remaining_time() {
    let mut pbx = Pbx::new(Flavour::Legacy);
    pbx.apply_and_attach(&block_except(&[("1.0.9.9", 2), ("1.0.10.10", 600), ("2a00::10", 600)]));
    sleep(Duration::from_secs(3));
    pbx.lab = Lab::new();
    pbx.attach();
    pbx.assert_filtering(&["1.0.10.10", "2a00::10"], &["1.0.9.9", "1.0.10.11"]);
    for set in ["geoip_exempt_v4", "geoip_exempt_v6"] {
        let left = pbx.seconds_left(set);
        assert!(left.len() == 1 && (500..=597).contains(&left[0]), "{left:?}");
    }
    pbx.assert_active();
}

#[test]
fn a_clock_that_is_set_back_makes_no_exception_longer() {
    let mut pbx = Pbx::new(Flavour::Legacy);
    let request = block_except(&[("1.0.10.10", 3600)]);
    pbx.apply_and_attach(&request);
    // As if the clock had been 50 minutes ahead when the policy was applied.
    pbx.world.edit_record(|record| record["applied"]["counted_until"] = json!([in_seconds(3000)]));
    pbx.lab = Lab::new();
    pbx.attach();
    let left = pbx.seconds_left("geoip_exempt_v4");
    assert!((500..=600).contains(&left[0]), "{left:?}");
    // Applying it again does not prolong it either, but a new exception lasts its full time.
    let mut with_another = request;
    let another = json!({"subnet": "1.0.11.11", "expires_at": in_seconds(7200)});
    with_another["policy"]["exceptions"].as_array_mut().unwrap().push(another);
    pbx.apply_and_attach(&with_another);
    let mut left = pbx.seconds_left("geoip_exempt_v4");
    left.sort_unstable();
    assert!((500..=600).contains(&left[0]) && (7150..=7200).contains(&left[1]), "{left:?}");
}

#[test]
fn a_source_with_an_exception_before_and_after_a_change_passes_all_the_time() {
    let pbx = Pbx::new(Flavour::Legacy);
    let by_pass = block_except(&[("1.0.9.0/24", 600), ("2a00:0:9::/48", 600)]);
    let policy = json!({"mode": "block", "countries": ["CN"], "exceptions": [{"subnet": "1.0.9.0/24"}, {"subnet": "2a00:0:9::/48"}]});
    let by_exception = json!({"v": 1, "source": "dbip", "policy": policy});
    let by_country = json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": ["AQ"]}});
    pbx.apply_and_attach(&by_pass);
    pbx.while_filtering(&["1.0.9.9", "2a00:0:9::9", "9.9.9.9"], &[], || {
        for request in [&by_exception, &by_pass, &by_country].into_iter().cycle().take(12) {
            assert!(pbx.ask("apply", request).is_ok());
        }
    });
}

#[test]
fn applying_the_same_exceptions_again_changes_nothing_and_removed_ones_end_at_once() {
    let pbx = Pbx::new(Flavour::Legacy);
    let request = block_except(&[("1.0.9.9", 600), ("1.0.10.10", 600)]);
    pbx.apply_and_attach(&request);
    assert_eq!(pbx.ask("apply", &request).data()["changed"], false);
    let mut fewer = request;
    fewer["policy"]["exceptions"].as_array_mut().unwrap().pop();
    assert_eq!(pbx.ask("apply", &fewer).data()["changed"], true);
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.10.10"]);
}

#[test]
fn timed_exceptions_survive_an_update_and_are_restored_if_they_are_removed() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply_and_attach(&block_except(&[("1.0.9.9", 600)]));
    let moved = ROWS.replace("1.0.64.0,1.0.64.255,DE", "1.0.64.0,1.0.64.255,CN");
    let bundle = pbx.world.bundle("moved.csv.gz", &moved);
    assert!(pbx.ask("update", &update_request(&bundle)).is_ok());
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.64.7"]);
    pbx.lab.pbx.run("ipset", &["flush", "geoip_exempt_v4"]);
    let status = pbx.ask("status", &plain_request());
    assert_eq!(status.data()["problems"][0]["code"], "firewall.sets_drifted", "{status:?}");
    pbx.attach();
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.64.7"]);
    pbx.assert_active();
}

#[test]
fn timed_exceptions_are_checked_only_in_the_family_that_has_some() {
    let pbx = Pbx::new(Flavour::Legacy);
    let asks = || {
        ["iptables", "ip6tables"].map(|tool| pbx.iptables(tool, "-S").contains("--match-set geoip_exempt_v"))
    };
    pbx.apply_and_attach(&block_except(&[]));
    assert_eq!(asks(), [false, false]);
    assert!(pbx.ask("apply", &block_except(&[("1.0.9.9", 600)])).is_ok());
    assert_eq!(asks(), [true, false]);
    pbx.assert_active();
    pbx.iptables("iptables", "-D GEOIP_VERDICT -m set --match-set geoip_exempt_v4 src -j RETURN");
    pbx.assert_filtering(&[], &["1.0.9.9"]);
    let status = pbx.ask("status", &plain_request());
    assert_eq!(status.data()["problems"][0]["code"], "firewall.chain_drifted", "{status:?}");
    pbx.attach();
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.10"]);
    assert!(pbx.ask("apply", &block_except(&[("2a00::10", 600)])).is_ok());
    assert_eq!(asks(), [false, true]);
    pbx.assert_filtering(&["2a00::10"], &["1.0.9.9"]);
    pbx.assert_active();
}

#[test]
fn explain_and_preview_report_timed_exceptions() {
    let pbx = Pbx::new(Flavour::Legacy);
    let mut request = block_except(&[("1.0.9.0/24", 600), ("1.1.0.4", 600), ("1.0.10.10", -1)]);
    request["addresses"] = json!(["1.0.9.9", "1.1.0.4", "1.0.10.10"]);
    for operation in ["explain", "preview"] {
        let outcome = pbx.ask(operation, &request);
        let facts: Vec<_> = outcome.data()["addresses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|answer| (answer["verdict"].as_str().unwrap(), answer["reason"].as_str().unwrap()))
            .collect();
        let expected =
            [("pass", "timed_exception"), ("pass", "country_not_blocked"), ("drop", "country_blocked")];
        assert_eq!(facts, expected, "{operation}");
        let answers = outcome.data()["addresses"].as_array().unwrap();
        assert_eq!(answers[0]["entry"], "1.0.9.0/24");
        let ends: Vec<Option<&str>> = answers.iter().map(|answer| answer["expires_at"].as_str()).collect();
        assert!(
            matches!(ends[..], [Some(end), None, None] if end.starts_with("20") && end.ends_with('Z')),
            "{ends:?}"
        );
    }
}

#[test]
fn an_exception_that_has_ended_is_left_out_with_a_warning() {
    let pbx = Pbx::new(Flavour::Legacy);
    let outcome = pbx.ask("apply", &block_except(&[("1.0.9.9", -1), ("1.0.10.10", 600)]));
    assert_eq!(outcome.warnings(), ["policy.exception_expired"]);
    pbx.attach();
    pbx.assert_filtering(&["1.0.10.10"], &["1.0.9.9"]);
}

#[test]
fn an_exception_for_everybody_and_two_for_one_subnet_work() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply_and_attach(&block_except(&[("1.0.9.9", 2), ("1.0.9.9", 600)]));
    sleep(Duration::from_secs(3));
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.10"]);
    pbx.apply_and_attach(&block_except(&[("0.0.0.0/0", 600), ("::/0", 600)]));
    pbx.assert_filtering(&["1.0.9.10", "1.0.200.1", "2a00::1"], &[]);
}

#[test]
fn an_exception_without_a_subnet_or_with_a_wrong_time_is_refused_with_its_field() {
    let pbx = Pbx::new(Flavour::Legacy);
    for (pass, place) in [
        (json!({"subnet": "1.0.9.0/33", "expires_at": in_seconds(9)}), "policy.exceptions[0].subnet"),
        (json!({"subnet": "1.0.9.9", "expires_at": "tomorrow"}), "policy.exceptions[0].expires_at"),
        (
            json!({"subnet": "1.0.9.9", "expires_at": "2026-12-01T00:00:00"}),
            "policy.exceptions[0].expires_at",
        ),
        (json!({"expires_at": in_seconds(9)}), "policy.exceptions[0]"),
        (json!("1.0.9.9"), "policy.exceptions[0]"),
    ] {
        let mut request = block_except(&[]);
        request["policy"]["exceptions"] = json!([pass]);
        let outcome = pbx.ask("apply", &request);
        assert_eq!((outcome.status, outcome.code()), (2, "request.invalid"));
        assert!(outcome.message().starts_with(place), "{outcome:?}");
    }
}
