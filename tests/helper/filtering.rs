//! The filter in the real kernel, tested with real packets.

use std::fs;
use std::net::{IpAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::lab::Lab;
use crate::pbx::{BLOCKED, BOTH, Flavour, PASSING, Pbx, ROWS};
use crate::world::plain_request;

#[test]
fn blocked_countries_are_dropped_and_everybody_else_passes() {
    for flavour in BOTH {
        let pbx = Pbx::new(flavour);
        pbx.build_input_up_to_the_hook();
        pbx.apply(&["CN"]);
        let outcome = pbx.attach();
        pbx.finish_input_behind_the_hook();
        assert_eq!(outcome.data()["attached"], true);
        pbx.assert_filtering(&PASSING, &BLOCKED);
        for address in ["1.0.64.7", "9.9.9.9", "2a00:100::7"] {
            assert!(pbx.lab.connects(address.parse().unwrap()), "{flavour:?}: {address} cannot connect");
        }
        for address in ["1.0.0.7", "1.1.0.5", "2a00:1::7"] {
            assert!(!pbx.lab.connects(address.parse().unwrap()), "{flavour:?}: {address} connects");
        }
    }
}

#[test]
fn trusted_subnets_providers_exceptions_and_neighbours_always_pass() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.build_input_up_to_the_hook();
    let policy = json!({"mode": "block", "countries": ["CN"], "exceptions": [{"subnet": "1.0.9.0/24"}, {"subnet": "2a00:0:9::/48"}]});
    assert!(pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy})).is_ok());
    pbx.attach();
    pbx.finish_input_behind_the_hook();
    let trusted =
        ["1.0.7.7", "1.0.8.8", "1.0.9.1", "2a00:0:7::1", "2a00:0:9::1", "10.9.9.9", "192.168.3.4", "fd00::9"];
    pbx.assert_filtering(&trusted, &["1.0.6.7", "1.0.8.9", "1.0.10.1", "2a00:0:8::1", "2a00:0:a::1"]);
}

#[test]
fn all_countries_but_one_and_unknown_addresses_can_be_dropped() {
    let pbx = Pbx::new(Flavour::Legacy);
    let policy = json!({"mode": "allow", "countries": ["DE"], "unknown": "drop"});
    assert!(pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy})).is_ok());
    pbx.attach();
    pbx.assert_filtering(
        &["1.0.64.7", "1.1.0.10", "2a00:100::7", "10.9.9.9", "100.64.1.1", "169.254.7.7", "fd00::9"],
        &["1.0.0.7", "9.9.9.9", "2a00:1::7", "2001:db8::1", "3000::1"],
    );
}

#[test]
fn a_connection_that_was_established_is_never_cut() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["AQ"]);
    pbx.attach();
    // Without an accept rule of Core before the filter, as for IPv6.
    let sources: [IpAddr; 2] = ["1.0.0.7", "2a00:1::7"].map(|source| source.parse().unwrap());
    let flows = sources.map(|source| pbx.lab.open_flow(source));
    pbx.apply(&["CN"]);
    for (source, flow) in sources.into_iter().zip(flows) {
        assert!(flow.still_flows(), "the open connection from {source} was cut");
        assert!(!pbx.lab.connects(source), "a new connection from {source} was let in");
    }
}

#[test]
fn neighbour_discovery_works_from_a_blocked_neighbour() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    // A neighbour on the cable with an address of CN looks for the PBX, which must answer.
    pbx.lab.pbx.run_lines("ip address add 2a00::1/64 dev cable nodad");
    pbx.lab.internet.run_lines(
        "ip address add 2a00::2/64 dev cable nodad
         ip -6 rule add pref 5 to 2a00::1 lookup main",
    );
    pbx.lab.internet.enter(|| {
        UdpSocket::bind("[2a00::2]:0").unwrap().send_to(b"probe", "[2a00::1]:5060").unwrap();
    });
    let found = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        pbx.lab
            .internet
            .run("ip", &["-6", "neighbour", "show", "2a00::1"])
            .contains("lladdr 02:00:00:00:00:01")
    });
    assert!(found, "the PBX does not answer its neighbour");
}

#[test]
fn the_jump_is_at_its_place_in_the_hook_and_outside_it() {
    for flavour in BOTH {
        let pbx = Pbx::new(flavour);
        pbx.apply(&["CN"]);
        let expected_place = |tool: &str| if tool == "iptables" { 5 } else { 2 };
        let check = |when: &str| {
            for (tool, chain) in [("iptables", "GEOIP_CHECK"), ("ip6tables", "GEOIP_CHECK_V6")] {
                let rules = pbx.input(tool);
                let jump = format!("-A INPUT -j {chain}");
                let places: Vec<usize> = rules
                    .iter()
                    .enumerate()
                    .filter(|(_, rule)| **rule == jump)
                    .map(|(place, _)| place)
                    .collect();
                assert_eq!(places, [expected_place(tool)], "{flavour:?}, {when}: {rules:#?}");
            }
        };
        pbx.build_input_up_to_the_hook();
        assert_eq!(pbx.attach().data()["changed"], true);
        check("in the hook");
        pbx.finish_input_behind_the_hook();
        assert_eq!(pbx.attach().data()["changed"], false, "{flavour:?}: attach is not idempotent");
        check("attached again");
        for (tool, chain) in [("iptables", "GEOIP_CHECK"), ("ip6tables", "GEOIP_CHECK_V6")] {
            pbx.iptables(tool, &format!("-D INPUT -j {chain}"));
        }
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], false);
        pbx.attach();
        check("on a running firewall");
        pbx.iptables("iptables", "-A INPUT -j GEOIP_CHECK");
        pbx.iptables("iptables", "-I INPUT -j GEOIP_CHECK");
        pbx.attach();
        check("after strays");
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
    }
}

#[test]
fn a_save_changes_only_sets_and_lets_nobody_through_at_any_moment() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Legacy)] {
        saves_change_only_sets(&pbx);
    }
}

fn saves_change_only_sets(pbx: &Pbx) {
    pbx.apply(&["CN"]);
    pbx.attach();
    let rules = pbx.kernel();
    let again = pbx.apply(&["CN"]);
    assert_eq!(again.data()["changed"], false);
    // With DE, one mixed block becomes dropped completely and another one becomes mixed; then back.
    pbx.while_filtering(&["9.9.9.9", "3000::1"], &["1.0.0.7", "1.1.0.5", "2a00:1::7"], || {
        for round in 0..10 {
            pbx.apply(if round % 2 == 0 { &["CN", "DE"] } else { &["CN"] });
        }
    });
    assert_eq!(pbx.kernel(), rules, "a save touched the rules or left sets behind");
}

/// Blocks of /24 and /48 that are mixed if CN is blocked but not if CN and DE are; the other way round; or in both
/// cases.
const MIXED_ROWS: &str = "2.0.0.0,2.0.0.127,CN\n2.0.0.128,2.0.0.255,DE\n2.0.1.0,2.0.1.127,DE\n2.0.1.128,2.0.1.255,FR\n\
    2.0.2.0,2.0.2.15,CN\n2.0.2.16,2.0.2.31,DE\n2.0.2.32,2.0.2.255,FR\n\
    2a01::,2a01:0:0:ff::,CN\n2a01:0:0:ff::1,2a01:0:0:ffff:ffff:ffff:ffff:ffff,DE\n\
    2a01:0:1::,2a01:0:1:ff::,DE\n2a01:0:1:ff::1,2a01:0:1:ffff:ffff:ffff:ffff:ffff,FR\n\
    2a01:0:2::,2a01:0:2::f,CN\n2a01:0:2::10,2a01:0:2::ff,DE\n2a01:0:2::100,2a01:0:2:ffff:ffff:ffff:ffff:ffff,FR\n";

#[test]
fn while_blocks_become_or_cease_to_be_mixed_no_verdict_is_wrong() {
    let slow = Pbx::with_ipset_tool(Flavour::Legacy);
    // The tool is slow at every step, so that packets meet all states in between.
    slow.replace_tool(
        "ipset",
        "[ \"$1\" = restore ] || exec /usr/sbin/ipset \"$@\"
         while read -r line; do
             case \"$line\" in swap*|del*) sleep 0.05 ;; esac
             echo \"$line\" | /usr/sbin/ipset \"$@\" || exit 1
         done",
    );
    for pbx in [Pbx::new(Flavour::Legacy), slow] {
        let bundle = pbx.world.bundle("divided.csv.gz", &format!("{MIXED_ROWS}{ROWS}"));
        pbx.world.update_from(&bundle);
        let policies: [&[&str]; 2] = [&["CN"], &["CN", "DE"]];
        let divided = policies.map(|countries| {
            pbx.apply(countries);
            pbx.attach();
            ["v4", "v6"]
                .map(|family| pbx.lab.pbx.run("ipset", &["save", &format!("geoip_mixed_{family}")]))
                .concat()
        });
        let expected = [
            ["2.0.0.0/24", "2.0.2.0/24", "2a01::/48", "2a01:0:2::/48"],
            ["2.0.1.0/24", "2.0.2.0/24", "2a01:0:1::/48", "2a01:0:2::/48"],
        ];
        for (held, blocks) in divided.iter().zip(expected) {
            assert!(blocks.iter().all(|block| held.contains(block)), "{held}");
        }
        let passing = ["2.0.1.200", "2.0.2.200", "2a01:0:1:ff::1", "2a01:0:2:1::"];
        let blocked = ["2.0.0.7", "2.0.2.15", "2a01::7", "2a01:0:0:ff::", "2a01:0:2::f"];
        pbx.while_filtering(&passing, &blocked, || {
            for round in 0..10 {
                pbx.apply(policies[round % 2]);
                let status = pbx.ask("status", &plain_request());
                assert_eq!((&status.data()["active"], &status.data()["exact"]), (&json!(true), &json!(true)));
            }
        });
        pbx.assert_filtering(
            &["9.9.9.9"],
            &["2.0.0.200", "2.0.1.7", "2.0.2.16", "2a01:0:0:ff::1", "2a01:0:1::"],
        );
    }
}

#[test]
fn after_a_reboot_attach_brings_the_filter_back_without_data_or_network() {
    for damage in [None, Some("plan"), Some("database")] {
        let mut pbx = Pbx::new(Flavour::Legacy);
        pbx.apply(&["CN"]);
        pbx.lab = Lab::new();
        let files = fs::read_dir(pbx.world.state()).unwrap().map(|file| file.unwrap().path());
        let plans: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|end| end == "bin")).collect();
        assert_eq!(plans.len(), 1);
        match damage {
            Some("plan") => fs::write(&plans[0], "damaged").unwrap(),
            Some(_) => fs::remove_file(pbx.world.state().join("dbip.geodb")).unwrap(),
            None => {}
        }
        let status = pbx.ask("status", &plain_request());
        assert_eq!(status.data()["active"], false);
        let outcome = pbx.attach();
        assert_eq!(outcome.data()["attached"], true);
        let expected = if damage == Some("plan") { vec!["state.plan_rebuilt"] } else { vec![] };
        assert_eq!(outcome.warnings(), expected);
        pbx.assert_filtering(&PASSING, &BLOCKED);
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
    }
}

#[test]
fn an_update_changes_the_kernel_if_the_applied_policy_uses_its_source() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    let moved = ROWS.replace("1.0.64.0,1.0.64.255,DE", "1.0.64.0,1.0.64.255,CN");
    let update = |rows: &str, name: &str| {
        let bundle = pbx.world.bundle(name, rows);
        pbx.ask("update", &crate::world::update_request(&bundle))
    };
    let outcome = update(&moved, "moved.csv.gz");
    assert_eq!(outcome.data()["applied"]["changed"], true, "{outcome:?}");
    pbx.assert_filtering(&["1.1.0.4"], &["1.0.64.7", "1.0.0.7"]);
    // Data that does not change the plan does not change the kernel.
    let outcome = update(&format!("{moved}3000::,3000::ffff,DE\n"), "same plan.csv.gz");
    assert_eq!(outcome.data()["applied"]["changed"], false, "{outcome:?}");
}

#[test]
fn detach_leaves_no_trace() {
    for flavour in BOTH {
        let pbx = Pbx::new(flavour);
        pbx.build_input_up_to_the_hook();
        let before = pbx.kernel();
        pbx.apply(&["CN"]);
        pbx.attach();
        assert_eq!(pbx.ask("detach", &plain_request()).data()["changed"], true);
        assert_eq!(pbx.kernel(), before, "{flavour:?}");
        assert_eq!(pbx.ask("detach", &plain_request()).data()["changed"], false);
        assert_eq!(pbx.ask("attach", &plain_request()).code(), "policy.none");
    }
}
