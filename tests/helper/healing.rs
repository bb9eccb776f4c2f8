//! Drift in the real kernel is reported and repaired exactly, and nothing else is touched.

use std::fs;

use serde_json::{Value, json};

use crate::pbx::{BLOCKED, BOTH, Flavour, PASSING, Pbx};
use crate::world::{IPSET_TOOL, NETLINK, Outcome, plain_request};

/// Every kind of drift: the commands that cause it, the code of its problem, and a part of its message.
const DAMAGE: [(&str, &str, &str); 21] = [
    // The number of entries is unchanged, so counting does not find it.
    (
        "ipset del geoip_blocked_v4 MEMBER
         ipset add geoip_blocked_v4 9.9.9.0/24",
        "firewall.sets_drifted",
        "geoip_blocked_v4 lacks 1 of its",
    ),
    ("ipset flush geoip_blocked_v6", "firewall.sets_drifted", "geoip_blocked_v6 lacks"),
    ("ipset add geoip_slash16_v4 9.9.0.0", "firewall.sets_drifted", "foreign entries, such as 9.9.0.0/16"),
    ("ipset flush geoip_mixed_v4", "firewall.sets_drifted", "geoip_mixed_v4 lacks"),
    (
        "ipset add geoip_mixed_v4 1.0.9.0/24
         ipset add geoip_mixed_v4 1.0.10.0/23
         ipset add geoip_mixed_v4 1.1.9.0/24",
        "firewall.sets_drifted",
        "geoip_mixed_v4 has 3 foreign entries",
    ),
    ("ipset add geoip_specific_v6 3000::/64", "firewall.sets_drifted", "foreign entries, such as 3000::/64"),
    (
        "ipset create other hash:net family inet maxelem 9 timeout 300
         ipset swap other geoip_blocked_v4
         ipset destroy other",
        "firewall.set_options_drifted",
        "maxelem 9 timeout 300\" instead of",
    ),
    (
        "ipset create other hash:ip maxelem 4096 timeout 60 counters
         ipset swap other geoip_senders_v4
         ipset destroy other",
        "firewall.set_options_drifted",
        "geoip_senders_v4 has the options",
    ),
    (
        "ip6tables -F GEOIP_VERDICT_V6
         ipset destroy geoip_senders_v6",
        "firewall.sets_drifted",
        "the set geoip_senders_v6 is missing",
    ),
    ("iptables -F GEOIP_CHECK", "firewall.chain_drifted", "GEOIP_CHECK lacks the rule"),
    ("iptables -F GEOIP_VERDICT", "firewall.chain_drifted", "GEOIP_VERDICT lacks the rule"),
    ("ip6tables -F GEOIP_NDP_V6", "firewall.chain_drifted", "GEOIP_NDP_V6 lacks the rule"),
    (
        "iptables -I GEOIP_CHECK -s 1.0.0.0/16 -j ACCEPT",
        "firewall.chain_drifted",
        "has the foreign rule \"-s 1.0.0.0/16 -j ACCEPT\"",
    ),
    ("ip6tables -D GEOIP_VERDICT_V6 -j DROP", "firewall.chain_drifted", "lacks the rule \"-j DROP\""),
    ("iptables -A GEOIP_VERDICT -j DROP", "firewall.chain_drifted", "one of them twice"),
    (
        "iptables -I GEOIP_VERDICT -m set --match-set geoip_exempt_v4 src -j RETURN",
        "firewall.chain_drifted",
        "has the foreign rule \"-m set --match-set geoip_exempt_v4 src -j RETURN\"",
    ),
    ("iptables -D INPUT -j GEOIP_CHECK", "firewall.not_attached", "INPUT does not lead to GEOIP_CHECK"),
    ("iptables -A INPUT -j GEOIP_CHECK", "firewall.not_attached", "INPUT leads to GEOIP_CHECK 2 times"),
    (
        "iptables -D INPUT -j GEOIP_CHECK
         iptables -A INPUT -j GEOIP_CHECK",
        "firewall.not_attached",
        "by rule 10 instead of rule 7: a rule before the filter accepts everybody",
    ),
    (
        "ip6tables -D INPUT -j GEOIP_CHECK_V6
         ip6tables -I INPUT -j GEOIP_CHECK_V6",
        "firewall.not_attached",
        "by rule 1 instead of rule 3: trusted sources reach the filter first",
    ),
    (
        "iptables -F GEOIP_CHECK
         iptables -D INPUT -j GEOIP_CHECK
         iptables -X GEOIP_CHECK
         ipset destroy geoip_slash16_v4",
        "firewall.sets_drifted",
        "the set geoip_slash16_v4 is missing",
    ),
];

fn in_force(flavour: Flavour) -> Pbx {
    let pbx = Pbx::new(flavour);
    pbx.build_input_up_to_the_hook();
    pbx.apply(&["CN"]);
    pbx.attach();
    pbx.finish_input_behind_the_hook();
    pbx
}

impl Pbx {
    /// Runs a firewall tool. MEMBER stands for the first IPv4 entry of `blocked`.
    fn run_tool_line(&self, line: &str) {
        let saved = self.lab.pbx.run("ipset", &["save"]);
        let members = saved.lines().filter_map(|line| line.strip_prefix("add geoip_blocked_v4 "));
        let member = members.filter(|member| !member.contains(' ')).min().unwrap_or_default();
        let line = &line.replace("MEMBER", member);
        match line.split_once(' ').unwrap() {
            (tool @ ("iptables" | "ip6tables"), words) => drop(self.iptables(tool, words)),
            _ => self.lab.pbx.run_lines(line),
        }
    }

    /// The content of the kernel: all rules, and all sets with options and entries, except the sender sets, which
    /// packets change.
    fn everything(&self) -> (String, String, Vec<String>) {
        let (v4, v6, _) = self.kernel();
        let saved = self.lab.pbx.run("ipset", &["save"]);
        // The kernel hashes each set with a random seed, so the order of entries is random.
        let mut sets: Vec<String> = saved
            .lines()
            .filter(|line| !line.starts_with("add geoip_senders"))
            .map(|line| line.split(" initval").next().unwrap().to_owned())
            .collect();
        sets.sort();
        (v4, v6, sets)
    }
}

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["code"].as_str().unwrap()).collect()
}

fn messages(list: &Value) -> String {
    let messages = list.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap());
    messages.collect::<Vec<_>>().join("\n")
}

fn check(pbx: &Pbx) -> Outcome {
    pbx.ask("check", &json!({"v": 1, "settle_seconds": 0}))
}

#[test]
fn every_drift_is_reported_and_repaired_and_nothing_else_is_touched() {
    for mut pbx in BOTH.map(in_force) {
        pbx.iptables("iptables", "-I INPUT 2 -s 203.0.113.9/32 -j DROP");
        let whole = pbx.everything();
        for (round, (damage, code, words)) in DAMAGE.into_iter().enumerate() {
            pbx.backend = [NETLINK, IPSET_TOOL][round % 2];
            for line in damage.lines() {
                pbx.run_tool_line(line.trim());
            }
            let status = pbx.ask("status", &plain_request());
            assert_eq!((&status.data()["active"], &status.data()["exact"]), (&json!(false), &json!(true)));
            let problems = &status.data()["problems"];
            assert!(codes(problems).contains(&code), "{damage}: {problems}");
            assert!(messages(problems).contains(words), "{damage}: {problems}");
            let healed = pbx.ask("heal", &plain_request());
            assert_eq!(codes(&healed.data()["repaired"]), codes(problems), "{damage}");
            assert_eq!(messages(&healed.data()["repaired"]), messages(problems), "{damage}");
            assert_eq!(pbx.everything(), whole, "{damage}");
            let status = pbx.ask("status", &plain_request());
            assert_eq!(status.data()["problems"], json!([]), "{damage}");
            assert_eq!(codes(&status.data()["healed"]["repaired"]), codes(problems));
        }
        pbx.assert_filtering(&PASSING, &BLOCKED);
        assert_eq!(pbx.ask("heal", &plain_request()).data()["repaired"], json!([]), "all was well");
        assert_eq!(pbx.everything(), whole);
    }
}

#[test]
fn a_quick_status_counts_entries_and_says_so() {
    let pbx = in_force(Flavour::Legacy);
    pbx.run_tool_line("ipset del geoip_blocked_v4 MEMBER");
    pbx.run_tool_line("ipset add geoip_blocked_v4 9.9.9.0/24");
    let quick = pbx.ask("status", &json!({"v": 1, "quick": true}));
    assert_eq!((&quick.data()["active"], &quick.data()["exact"]), (&json!(true), &json!(false)));
}

#[test]
fn healing_changes_no_verdict() {
    let pbx = in_force(Flavour::Legacy);
    pbx.while_filtering(&["1.0.64.7", "9.9.9.9", "2a00:100::7"], &["1.1.0.5", "2a00:1::7"], || {
        for _ in 0..5 {
            for line in [
                "ipset add geoip_slash16_v4 9.8.0.0",
                "ipset add geoip_mixed_v4 9.8.7.0/24",
                "ipset add geoip_specific_v4 9.8.7.0/25",
                "ipset del geoip_blocked_v4 MEMBER",
                "iptables -A GEOIP_CHECK -s 9.9.9.9/32 -j DROP",
            ] {
                pbx.run_tool_line(line);
            }
            assert!(!pbx.ask("heal", &plain_request()).data()["repaired"].as_array().unwrap().is_empty());
        }
    });
}

#[test]
fn a_firewall_that_is_switched_off_is_left_alone() {
    let pbx = in_force(Flavour::Legacy);
    for tool in ["iptables", "ip6tables"] {
        pbx.iptables(tool, "-F INPUT");
    }
    pbx.run_tool_line("ipset flush geoip_blocked_v4");
    let healed = pbx.ask("heal", &json!({"v": 1, "attach": false}));
    assert_eq!(codes(&healed.data()["repaired"]), ["firewall.sets_drifted"]);
    assert_eq!(pbx.input("iptables"), [""; 0]);
    assert_eq!(healed.data()["attached"], false);
}

#[test]
fn a_damaged_plan_is_drift_and_is_computed_again() {
    let pbx = in_force(Flavour::Legacy);
    let whole = pbx.everything();
    let mut files = fs::read_dir(pbx.world.state()).unwrap().map(|file| file.unwrap().path());
    let plan = files.find(|path| path.extension().is_some_and(|end| end == "bin")).unwrap();
    for damage in ["cut", "gone"] {
        match damage {
            "cut" => fs::write(&plan, "GEOIPLN").unwrap(),
            _ => fs::remove_file(&plan).unwrap(),
        }
        assert_eq!(check(&pbx).code(), "state.plan_unusable", "{damage}");
        let healed = pbx.ask("heal", &plain_request());
        assert_eq!(codes(&healed.data()["repaired"]), ["state.plan_unusable"], "{damage}");
        assert_eq!(pbx.everything(), whole, "{damage}");
        assert!(check(&pbx).is_ok(), "{damage}");
    }
}

#[test]
fn a_check_fails_on_persistent_drift_but_not_for_ever() {
    let pbx = in_force(Flavour::Legacy);
    assert_eq!(check(&pbx).data()["drifts"], json!([]));
    pbx.iptables("iptables", "-D INPUT -j GEOIP_CHECK");
    for _ in 0..3 {
        assert_eq!(check(&pbx).code(), "firewall.not_attached");
    }
    let known = check(&pbx);
    assert_eq!(
        codes(&known.data()["drifts"]),
        ["firewall.not_attached"],
        "somebody wants it so, or fights us"
    );
    pbx.iptables("iptables", "-F GEOIP_CHECK");
    assert_eq!(check(&pbx).code(), "firewall.chain_drifted", "this is news");
    pbx.ask("heal", &plain_request());
    assert!(check(&pbx).is_ok());
    pbx.iptables("iptables", "-D INPUT -j GEOIP_CHECK");
    assert_eq!(check(&pbx).code(), "firewall.not_attached", "all was well in between");
}

#[test]
fn drift_that_is_gone_at_the_second_look_is_not_reported() {
    let pbx = in_force(Flavour::Legacy);
    pbx.iptables("iptables", "-D INPUT -j GEOIP_CHECK");
    std::thread::scope(|scope| {
        let checked = scope.spawn(|| pbx.ask("check", &json!({"v": 1, "settle_seconds": 3})));
        std::thread::sleep(std::time::Duration::from_secs(1));
        pbx.attach();
        assert_eq!(checked.join().unwrap().data()["drifts"], json!([]));
    });
}

#[test]
fn without_a_policy_heal_and_check_report_that_there_is_none() {
    let pbx = Pbx::new(Flavour::Legacy);
    assert_eq!(check(&pbx).code(), "policy.none");
    assert_eq!(pbx.ask("heal", &plain_request()).code(), "policy.none");
}

#[test]
fn repairs_of_the_same_drift_are_counted() {
    let pbx = in_force(Flavour::Legacy);
    for times in 1..=3 {
        pbx.iptables("iptables", "-D INPUT -j GEOIP_CHECK");
        assert_eq!(pbx.ask("heal", &plain_request()).data()["times"], times);
    }
}

#[test]
fn a_set_of_another_type_with_our_name_is_not_healed() {
    let pbx = in_force(Flavour::Legacy);
    pbx.iptables("iptables", "-F GEOIP_CHECK");
    pbx.run_tool_line("ipset destroy geoip_blocked_v4");
    pbx.run_tool_line("ipset create geoip_blocked_v4 hash:ip");
    let before = pbx.everything();
    let outcome = pbx.ask("heal", &plain_request());
    assert_eq!(outcome.code(), "firewall.command", "{outcome:?}");
    assert!(outcome.message().contains("geoip_blocked_v4 is a set of another type"), "{outcome:?}");
    assert_eq!(pbx.everything(), before);
}
