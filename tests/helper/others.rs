//! Others at work in the firewall at the same time: programs that change INPUT, foreign sets, other helpers.

use serde_json::json;

use crate::pbx::{Flavour, Pbx};
use crate::world::{block_request, plain_request};

#[test]
fn a_change_of_input_by_others_is_not_reported_as_a_failure() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    // INPUT is flushed right after our change.
    pbx.replace_tool(
        "iptables-restore",
        "/usr/sbin/iptables-legacy-restore \"$@\" && /usr/sbin/iptables-legacy -F INPUT",
    );
    let outcome = pbx.ask("attach", &plain_request());
    assert_eq!((outcome.status, outcome.code()), (1, "firewall.input_changed"));
    assert!(outcome.message().contains("INPUT does not lead to GEOIP_CHECK"), "{outcome:?}");
}

#[test]
fn a_jump_behind_a_new_open_rule_is_moved_at_once() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    // A port is opened right after our change, once.
    pbx.replace_tool(
        "iptables-restore",
        "/usr/sbin/iptables-legacy-restore \"$@\" || exit 1\n\
         mkdir $0.once 2>/dev/null && /usr/sbin/iptables-legacy -I INPUT -p udp -j ACCEPT; exit 0",
    );
    let outcome = pbx.attach();
    assert_eq!(outcome.data()["attached"], true, "{outcome:?}");
    assert!(pbx.iptables("iptables", "-S INPUT").contains("GEOIP_CHECK\n-A INPUT -p udp -j ACCEPT"));
}

#[test]
fn if_input_changes_before_our_transaction_it_is_read_again() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.build_input_up_to_the_hook();
    // Once, INPUT is flushed before our change, so that the position of the jump does not exist.
    let once = pbx.world.file("once");
    pbx.replace_tool(
        "iptables-restore",
        &format!(
            "mkdir {} && /usr/sbin/iptables-legacy -F INPUT\nexec /usr/sbin/iptables-legacy-restore \"$@\"",
            once.display()
        ),
    );
    assert_eq!(pbx.attach().data()["attached"], true);
    assert!(once.exists());
    assert_eq!(pbx.input("iptables"), ["-A INPUT -j GEOIP_CHECK"]);
}

#[test]
fn a_set_of_another_type_with_our_name_is_left_alone() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Legacy)] {
        pbx.lab.pbx.run_lines("ipset create geoip_slash16_v4 hash:ip");
        let before = pbx.kernel();
        let outcome = pbx.ask("apply", &block_request(&["CN"]));
        assert_eq!(outcome.code(), "firewall.command", "{outcome:?}");
        assert!(outcome.message().contains("geoip_slash16_v4"));
        assert_eq!(pbx.kernel(), before);
    }
}

#[test]
fn concurrent_helpers_end_with_one_policy_in_force() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    std::thread::scope(|scope| {
        for round in 0..12 {
            let pbx = &pbx;
            scope.spawn(move || match round % 5 {
                0 => pbx.apply(&["CN"]),
                1 => pbx.apply(&["DE", "CN"]),
                2 => pbx.attach(),
                3 => pbx.ask("update", &json!({"v": 1, "source": "dbip", "online": "never"})),
                _ => pbx.ask("status", &plain_request()),
            });
        }
    });
    let status = pbx.ask("status", &plain_request());
    assert_eq!(status.data()["active"], true, "{status:?}");
    pbx.assert_filtering(&["9.9.9.9"], &["1.0.0.7", "2a00:1::7"]);
    for (chain, lines) in [("GEOIP_CHECK", 7), ("GEOIP_VERDICT", 3)] {
        let rules = pbx.iptables("iptables", &format!("-S {chain}"));
        assert_eq!(rules.lines().count(), lines, "{rules}");
    }
}
