//! What earlier versions left in the kernel is taken over or removed.

use crate::pbx::{BLOCKED, Flavour, PASSING, Pbx};
use crate::world::plain_request;

#[test]
fn objects_of_the_earlier_module_are_taken_over() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.lab.pbx.run_lines(
        "ipset create geoip_blocked_v4 hash:net family inet hashsize 4096 maxelem 524288
         ipset create geoip_allowed_v4 hash:net family inet
         ipset create geoip_blocked_v6 hash:net family inet6
         ipset create geoip_allowed_v6 hash:net family inet6
         ipset create geoip_divided_v4 hash:net family inet
         ipset create geoip_whole_v4 bitmap:ip range 0.0.0.0/0 netmask 16
         ipset create geoip_seen_v6 hash:ip family inet6 netmask 64
         ipset create geoip_loading_parts_v4 hash:net family inet
         ipset add geoip_blocked_v4 9.9.9.0/24",
    );
    pbx.iptables("ip6tables", "-N GEOIP_NEIGHBOUR_V6");
    pbx.iptables("ip6tables", "-A GEOIP_NEIGHBOUR_V6 -m set --match-set geoip_seen_v6 src -j RETURN");
    for (tool, chain, suffix) in [("iptables", "GEOIP_CHECK", "v4"), ("ip6tables", "GEOIP_CHECK_V6", "v6")] {
        pbx.iptables(tool, &format!("-N {chain}"));
        pbx.iptables(tool, &format!("-A {chain} -m set --match-set geoip_allowed_{suffix} src -j RETURN"));
        pbx.iptables(tool, &format!("-A {chain} -m set --match-set geoip_blocked_{suffix} src -j DROP"));
        pbx.iptables(tool, &format!("-A INPUT -j {chain}"));
    }
    pbx.assert_filtering(&["1.0.0.7"], &["9.9.9.9"]);
    pbx.apply(&["CN"]);
    pbx.attach();
    let mut sets: Vec<String> = pbx.kernel().2.lines().map(str::to_owned).collect();
    sets.sort_unstable();
    let ours = [
        "admin_v4",
        "admin_v6",
        "blocked_v4",
        "blocked_v6",
        "exempt_v4",
        "exempt_v6",
        "mixed_v4",
        "mixed_v6",
        "senders_v4",
        "senders_v6",
        "slash16_v4",
        "specific_v4",
        "specific_v6",
    ];
    assert_eq!(sets, ours.map(|set| format!("geoip_{set}")));
    assert!(!pbx.kernel().1.contains("GEOIP_NEIGHBOUR"));
    pbx.assert_filtering(&PASSING, &BLOCKED);
}

/// The chain of the first versions of this helper: one set per family, dropped by one rule.
#[test]
fn a_chain_of_the_first_versions_is_replaced_without_a_gap() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.lab.pbx.run_lines(
        "ipset create geoip_blocked_v4 hash:net family inet
         ipset create geoip_blocked_v6 hash:net family inet6
         ipset add geoip_blocked_v4 1.0.0.0/18
         ipset add geoip_blocked_v6 2a00::/24",
    );
    for (tool, chain, suffix) in [("iptables", "GEOIP_CHECK", "v4"), ("ip6tables", "GEOIP_CHECK_V6", "v6")] {
        pbx.iptables(tool, &format!("-N {chain}"));
        pbx.iptables(tool, &format!("-A {chain} -m set --match-set geoip_blocked_{suffix} src -j DROP"));
        pbx.iptables(tool, &format!("-A INPUT -j {chain}"));
    }
    pbx.while_filtering(&["9.9.9.9", "2a00:100::7"], &["1.0.0.7", "2a00:1::7"], || {
        pbx.apply(&["CN"]);
        pbx.attach();
    });
    assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
    pbx.assert_filtering(&PASSING, &BLOCKED);
}
