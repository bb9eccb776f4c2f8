//! Predictions of whether a connection is accepted, compared with real packets.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::pbx::{BOTH, Flavour, Pbx};
use crate::world::{Outcome, ask, block_request, powerless};

/// Blocked by every policy of these tests.
const HOME: &str = "1.0.1.1";
/// Another address in the same country.
const OTHER: &str = "1.0.9.9";
const HOME_V6: &str = "2a00::1";

fn way(address: &str, protocol: &str, port: u16) -> Value {
    json!({"address": address, "protocol": protocol, "port": port})
}

fn asking(ways: &[Value]) -> Value {
    let mut request = block_request(&["CN"]);
    request["addresses"] = ways.into();
    request
}

/// Outcome and decider for the first address.
fn passage(outcome: &Outcome) -> (String, String) {
    let passage = &outcome.data()["addresses"][0]["passage"];
    let word = |field: &str| passage[field].as_str().unwrap_or_else(|| panic!("{outcome:?}")).to_owned();
    (word("outcome"), word("decided_by"))
}

impl Pbx {
    /// Builds INPUT like Core, with these rules among those that name sources.
    fn with_input(flavour: Flavour, named: &[(&str, &str)]) -> Self {
        let pbx = Self::new(flavour);
        let v4 = |line: &str| ("iptables", line.to_owned());
        let v6 = |line: &str| ("ip6tables", line.to_owned());
        let mut rules = vec![v4("-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")];
        rules.extend(named.iter().map(|(tool, line)| if *tool == "iptables" { v4(line) } else { v6(line) }));
        rules.push(v4("-s 127.0.0.1 -j ACCEPT"));
        rules.push(v6("-s ::1 -j ACCEPT"));
        for tool in [v4, v6] {
            rules.push(tool("-p tcp -m tcp --dport 443 -j ACCEPT"));
            rules.push(tool("-p udp -m multiport --dports 5060,10000:10200 -j ACCEPT"));
            rules.push(tool("-p tcp -m tcp --dport 5060 -j ACCEPT"));
            rules.push(tool("-j DROP"));
        }
        for (tool, rule) in rules {
            pbx.iptables(tool, &format!("-A INPUT {rule}"));
        }
        pbx.apply(&["CN"]);
        pbx.attach();
        pbx
    }

    fn passage_of(&self, address: &str, protocol: &str, port: u16) -> (String, String) {
        let way = way(address, protocol, port);
        let previewed = passage(&self.ask("preview", &asking(std::slice::from_ref(&way))));
        let explained = passage(&self.ask("explain", &json!({"v": 1, "addresses": [way]})));
        assert_eq!(previewed, explained, "the policy given is the applied one");
        previewed
    }

    fn assert_passage(&self, address: &str, protocol: &str, port: u16, outcome: &str, decider: &str) {
        let found = self.passage_of(address, protocol, port);
        assert_eq!(found, (outcome.to_owned(), decider.to_owned()), "{address} by {protocol} to {port}");
    }
}

#[test]
fn a_source_trusted_for_sip_is_not_trusted_for_the_web() {
    for flavour in BOTH {
        let rule = "-s 1.0.1.0/24 -p udp -m multiport --dports 5060,10000:10200 -j ACCEPT";
        let pbx = Pbx::with_input(flavour, &[("iptables", rule)]);
        pbx.assert_passage(HOME, "udp", 5060, "accepted", "rule_before");
        pbx.assert_passage(HOME, "udp", 10_100, "accepted", "rule_before");
        pbx.assert_passage(HOME, "tcp", 443, "dropped", "filter");
        pbx.assert_passage(HOME, "udp", 10_201, "dropped", "filter");
        pbx.assert_passage(HOME, "tcp", 5060, "dropped", "filter");
        pbx.assert_passage(OTHER, "udp", 5060, "dropped", "filter");
        let of_range = |last: u16| {
            let way = json!({"address": HOME, "protocol": "udp", "port": 10_000, "last_port": last});
            let outcome = pbx.ask("explain", &json!({"v": 1, "addresses": [way]}));
            assert_eq!(outcome.data()["addresses"][0]["last_port"], last, "{outcome:?}");
            (passage(&outcome).0, outcome.data()["addresses"][0]["is_cut_off"].clone())
        };
        assert_eq!(of_range(10_200), ("accepted".to_owned(), json!(false)));
        assert_eq!(of_range(10_201), ("dropped".to_owned(), json!(true)), "one port of it is closed");
        // The prediction agrees with the packets.
        assert!(!pbx.lab.connects(HOME.parse().unwrap()), "{flavour:?}");
        assert_eq!(
            pbx.lab.arriving(&[HOME.parse().unwrap(), OTHER.parse().unwrap()]).len(),
            1,
            "{flavour:?}"
        );
    }
}

#[test]
fn a_rule_that_excludes_a_source_trusts_no_source_by_name() {
    let pbx = Pbx::with_input(
        Flavour::Legacy,
        &[("iptables", "! -s 36.110.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT")],
    );
    pbx.assert_passage(HOME, "tcp", 443, "dropped", "filter");
    pbx.assert_passage("36.110.5.5", "tcp", 443, "accepted", "rule_behind");
}

#[test]
fn an_accept_after_a_drop_of_the_same_packets_has_no_effect() {
    let rules = [("iptables", "-s 1.0.1.0/24 -j DROP"), ("iptables", "-s 1.0.1.1/32 -j ACCEPT")];
    let pbx = Pbx::with_input(Flavour::Legacy, &rules);
    pbx.assert_passage(HOME, "tcp", 443, "dropped", "rule_before");
}

#[test]
fn an_accept_for_a_broadcast_or_multicast_address_does_not_apply_to_the_pbx() {
    for rule in ["-d 255.255.255.255/32 -j ACCEPT", "-d 224.0.0.251/32 -j ACCEPT"] {
        let pbx = Pbx::with_input(Flavour::Legacy, &[("iptables", rule)]);
        assert_ne!(pbx.passage_of("36.110.5.5", "tcp", 22).0, "accepted", "{rule}");
    }
}

#[test]
fn the_deciding_rule_is_reported() {
    let pbx = Pbx::with_input(
        Flavour::Legacy,
        &[("iptables", "-s 1.0.1.0/24 -p tcp -m tcp --dport 443 -j ACCEPT")],
    );
    let outcome = pbx.ask("preview", &asking(&[way(HOME, "tcp", 443), way("9.9.9.9", "tcp", 22)]));
    let answers = &outcome.data()["addresses"];
    let rule = answers[0]["passage"]["rule"].as_str().unwrap_or_default();
    assert!(rule.contains("-s 1.0.1.0/24") && rule.ends_with("-j ACCEPT"), "{outcome:?}");
    assert_eq!(answers[1]["passage"]["outcome"], "dropped", "{outcome:?}");
    assert_eq!(answers[1]["passage"]["decided_by"], "rule_behind", "{outcome:?}");
}

#[test]
fn ipv6_uses_its_own_rules_and_a_mapped_address_those_of_ipv4() {
    let rules = [
        ("ip6tables", "-s 2a00::/64 -p tcp -m tcp --dport 443 -j ACCEPT"),
        ("iptables", "-s 1.0.1.0/24 -p udp -m udp --dport 5060 -j ACCEPT"),
    ];
    let pbx = Pbx::with_input(Flavour::Legacy, &rules);
    pbx.assert_passage(HOME_V6, "tcp", 443, "accepted", "rule_before");
    pbx.assert_passage(HOME_V6, "udp", 5060, "dropped", "filter");
    pbx.assert_passage("2a00:0:0:1::1", "tcp", 443, "dropped", "filter");
    pbx.assert_passage("::ffff:1.0.1.1", "udp", 5060, "accepted", "rule_before");
    pbx.assert_passage("::ffff:1.0.1.1", "tcp", 443, "dropped", "filter");
}

#[test]
fn the_policy_in_question_decides_and_one_that_only_counts_drops_nobody() {
    let pbx = Pbx::with_input(Flavour::Legacy, &[]);
    for (policy, outcome) in [
        (json!({"mode": "block", "countries": ["DE"]}), "accepted"),
        (json!({"mode": "block", "countries": ["CN"], "action": "count"}), "accepted"),
        (json!({"mode": "block", "countries": ["CN"], "exceptions": [{"subnet": "1.0.1.1"}]}), "accepted"),
        (json!({"mode": "allow", "countries": ["DE"]}), "dropped"),
    ] {
        let request =
            json!({"v": 1, "source": "dbip", "policy": policy, "addresses": [way(HOME, "tcp", 443)]});
        for operation in ["preview", "explain"] {
            assert_eq!(passage(&pbx.ask(operation, &request)).0, outcome, "{operation}: {policy}");
        }
    }
}

#[test]
fn an_address_without_a_port_gets_the_same_answer_beside_a_connection() {
    let pbx = Pbx::with_input(Flavour::Legacy, &[]);
    let outcome = pbx.ask("preview", &asking(&[HOME.into(), way(HOME, "tcp", 443)]));
    let answers = outcome.data()["addresses"].as_array().unwrap();
    for field in ["protocol", "port", "passage"] {
        assert!(answers[0].get(field).is_none(), "{field}: {outcome:?}");
        assert!(answers[1].get(field).is_some(), "{field}: {outcome:?}");
    }
    assert_eq!((&answers[1]["protocol"], &answers[1]["port"]), (&json!("tcp"), &json!(443)));
    assert_eq!(answers[0]["verdict"], answers[1]["verdict"]);
}

#[test]
fn if_the_rules_cannot_be_read_the_answer_is_left_open() {
    let pbx = Pbx::with_input(Flavour::Legacy, &[]);
    let helper = |operation| pbx.lab.pbx.wrap(&powerless(&pbx.helper(operation)));
    for operation in ["preview", "explain"] {
        let outcome = ask(helper(operation), &asking(&[way(HOME, "tcp", 443), HOME.into()]));
        let answers = &outcome.data()["addresses"];
        assert_eq!(answers[0]["verdict"], "drop", "the policy is known all the same");
        assert_eq!((&answers[0]["passage"], &answers[0]["port"]), (&Value::Null, &json!(443)));
        assert_eq!(outcome.warnings(), ["firewall.permission"], "{operation}");
        let silent = ask(helper(operation), &asking(&[HOME.into()]));
        assert!(silent.warnings().is_empty(), "nobody asked for the rules: {silent:?}");
    }
}

#[test]
fn thousands_of_connections_need_one_reading_of_the_rules() {
    let rule = "-s 1.0.1.0/24 -p udp -m udp --dport 5060 -j ACCEPT";
    let pbx = Pbx::with_input(Flavour::Legacy, &[("iptables", rule)]);
    let looks = pbx.world.file("looks");
    let script =
        format!("echo look >> {}\nexec /usr/sbin/xtables-legacy-multi iptables \"$@\"", looks.display());
    pbx.replace_tool("iptables", &script);
    let address = |number: usize| format!("1.0.{}.{}", number / 250, number % 250 + 1);
    let ways: Vec<Value> = (0..2000).map(|number| way(&address(number), "udp", 5060)).collect();
    for operation in ["preview", "explain"] {
        let _ = fs::remove_file(&looks);
        let begin = Instant::now();
        let outcome = pbx.ask(operation, &asking(&ways));
        let answers = outcome.data()["addresses"].as_array().unwrap();
        assert!(answers.iter().all(|answer| answer["passage"]["outcome"].is_string()), "{operation}");
        assert_eq!((answers.len(), fs::read_to_string(&looks).unwrap().lines().count()), (2000, 1));
        // It takes a quarter of a second; the limit is for busy machines.
        assert!(begin.elapsed() < Duration::from_secs(20), "{operation}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_question_as_an_argument_is_answered_as_a_sentence() {
    let pbx = Pbx::with_input(Flavour::Legacy, &[]);
    let mut command = pbx.helper("explain");
    command.args(["1.0.1.1:443/tcp", "[2a00::1]:5060/udp"]);
    // `script` gives the helper a terminal.
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = words.iter().map(|word| format!("'{}'", word.to_str().unwrap())).collect::<Vec<_>>().join(" ");
    let mut terminal = pbx.command("script");
    terminal.args(["-qec", &line, "/dev/null"]);
    let text = String::from_utf8(pbx.lab.pbx.wrap(&terminal).output().unwrap().stdout).unwrap();
    assert!(text.contains("A new connection to TCP port 443 is not accepted; the filter decides"), "{text}");
    assert!(text.contains("A new connection to UDP port 5060 is not accepted; the filter decides"), "{text}");
}
