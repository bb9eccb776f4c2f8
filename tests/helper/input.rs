//! The model of INPUT against rules of other programs, with the real tools and real packets.

use std::collections::HashSet;
use std::net::IpAddr;

use serde_json::json;

use crate::pbx::{BOTH, Flavour, Pbx};
use crate::world::{Outcome, block_request, plain_request};

const TOOLS: [(&str, &str); 2] = [("iptables", "GEOIP_CHECK"), ("ip6tables", "GEOIP_CHECK_V6")];
/// Addresses of the blocked country: one that no rule names, and one that rules of these tests name.
const BLOCKED: [&str; 2] = ["1.0.6.7", "2a00:0:8::1"];
const NAMED: [&str; 2] = ["1.0.7.7", "2a00:0:7::1"];
/// Addresses of another country.
const OTHERS: [&str; 2] = ["9.9.9.9", "2a00:100::7"];
/// Placeholders for an address of the family in the lines of these tests.
const WORDS: [(&str, [&str; 2]); 3] = [
    ("NAMED", NAMED),
    ("RANGE", ["1.0.7.1-1.0.7.9", "2a00:0:7::1-2a00:0:7::9"]),
    ("ECHO", ["icmp", "ipv6-icmp"]),
];

fn check(pbx: &Pbx) -> Outcome {
    pbx.ask("check", &json!({"v": 1, "settle_seconds": 0}))
}

impl Pbx {
    fn blocking(flavour: Flavour) -> Self {
        let pbx = Self::new(flavour);
        pbx.apply(&["CN"]);
        pbx
    }

    /// Builds INPUT of both families from these lines, and attaches.
    fn attach_to(&self, lines: &[&str]) -> Outcome {
        for (place, (tool, _)) in TOOLS.into_iter().enumerate() {
            self.iptables(tool, "-F INPUT");
            for line in lines {
                let line =
                    WORDS.iter().fold((*line).to_owned(), |line, (word, by)| line.replace(word, by[place]));
                self.iptables(tool, &line);
            }
        }
        self.attach()
    }

    /// The sources from which a UDP packet to the SIP port arrives.
    fn getting_in(&self, sources: &[&str]) -> HashSet<IpAddr> {
        self.lab.arriving(&sources.iter().map(|source| source.parse().unwrap()).collect::<Vec<_>>())
    }

    fn assert_well(&self, what: &str) {
        let status = self.ask("status", &plain_request());
        assert_eq!(status.data()["problems"], json!([]), "{what}");
        assert!(check(self).is_ok(), "{what}");
        assert_eq!(self.ask("heal", &plain_request()).data()["repaired"], json!([]), "{what}");
        assert_eq!(self.attach().data()["changed"], false, "{what}: attach is not stable");
    }
}

#[test]
fn an_open_rule_lets_no_unnamed_source_past_the_filter() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        for tool in ["iptables", "ip6tables"] {
            pbx.iptables(tool, "-N web");
            pbx.iptables(tool, "-A web -p udp --dport 5060 -j ACCEPT");
        }
        for open in [
            "-A INPUT -p udp -m state --state NEW,ESTABLISHED -m udp --dport 5060 -j ACCEPT",
            "-A INPUT -p udp -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -i cable -p udp -m udp --dport 5060 -j ACCEPT",
            "-A INPUT -i cab+ -j ACCEPT",
            "-A INPUT ! -s NAMED -j ACCEPT",
            "-A INPUT -p udp -m limit --limit 900/sec -j ACCEPT",
            "-A INPUT -p udp -j web",
            "-A INPUT -p udp -g web",
        ] {
            pbx.attach_to(&["-A INPUT -s NAMED -p udp -j ACCEPT", open, "-A INPUT -j DROP"]);
            let expected = NAMED.iter().chain(&OTHERS).map(|source| source.parse().unwrap()).collect();
            let asked = [BLOCKED, NAMED, OTHERS].concat();
            assert_eq!(pbx.getting_in(&asked), expected, "{flavour:?}: {open}");
            pbx.assert_well(open);
            assert_eq!(check(&pbx).warnings(), [""; 0], "{open}");
        }
    }
}

#[test]
fn named_sources_get_in_wherever_their_rule_is() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        pbx.lab.pbx.run_lines(&format!(
            "ipset create phones4 hash:ip\nipset create phones6 hash:ip family inet6\nipset add phones4 {}\nipset add phones6 {}",
            NAMED[0], NAMED[1]
        ));
        for (tool, set) in [("iptables", "phones4"), ("ip6tables", "phones6")] {
            pbx.iptables(tool, "-N phones");
            pbx.iptables(tool, &format!("-A phones -p udp -m set --match-set {set} src -j ACCEPT"));
        }
        let open = "-A INPUT -p udp -m udp --dport 5060 -j ACCEPT";
        for trusting in [
            "-A INPUT -s NAMED -m comment --comment own -j ACCEPT",
            "-A INPUT -m iprange --src-range RANGE -j ACCEPT",
            "-A INPUT -i cable -s NAMED -p udp -m udp --dport 5060 -j ACCEPT",
            "-A INPUT -j phones",
            "-A INPUT -p udp -m multiport --dports 5060,5061 -g phones",
        ] {
            for lines in [
                [trusting, open, "-A INPUT -j DROP"],
                [open, trusting, "-A INPUT -j DROP"],
                [open, "-A INPUT -p ECHO -j DROP", trusting],
            ] {
                pbx.attach_to(&lines);
                let expected = NAMED.iter().chain(&OTHERS).map(|source| source.parse().unwrap()).collect();
                assert_eq!(
                    pbx.getting_in(&[BLOCKED, NAMED, OTHERS].concat()),
                    expected,
                    "{flavour:?}: {lines:?}"
                );
                pbx.assert_well(&format!("{flavour:?}: {lines:?}"));
            }
        }
        let by_mac = "-A INPUT -m mac --mac-source 02:00:00:00:00:02 -j ACCEPT";
        pbx.attach_to(&[open, by_mac, "-A INPUT -j DROP"]);
        assert_eq!(pbx.getting_in(&BLOCKED).len(), 2, "{flavour:?}: by MAC address");
        pbx.assert_well(by_mac);
    }
}

#[test]
fn a_new_or_removed_trusting_rule_after_the_filter_is_drift_and_heals() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        pbx.attach_to(&["-A INPUT -p udp -m udp --dport 5060 -j ACCEPT", "-A INPUT -j DROP"]);
        for (change, gets_in) in
            [("-I INPUT 3 -s 1.0.7.7 -j ACCEPT", true), ("-D INPUT -s 1.0.7.7 -j ACCEPT", false)]
        {
            pbx.iptables("iptables", change);
            assert_eq!(check(&pbx).code(), "firewall.chain_drifted", "{flavour:?}: {change}");
            let healed = pbx.ask("heal", &plain_request());
            let message = healed.data()["repaired"][0]["message"].as_str().unwrap();
            assert!(message.contains("\"-s 1.0.7.7/32 -j RETURN\""), "{message}");
            assert_eq!(pbx.getting_in(&["1.0.7.7"]).len(), usize::from(gets_in), "{flavour:?}: {change}");
            pbx.assert_well(change);
        }
    }
}

#[test]
fn counts_survive_a_change_of_a_trusting_rule() {
    let pbx = Pbx::blocking(Flavour::Legacy);
    pbx.attach_to(&["-A INPUT -p udp -m udp --dport 5060 -j ACCEPT", "-A INPUT -j DROP"]);
    pbx.getting_in(&["1.0.6.7", "1.0.6.8"]);
    pbx.iptables("iptables", "-I INPUT 3 -s 1.0.7.7 -j ACCEPT");
    pbx.attach();
    let rules = pbx.iptables("iptables", "-v -S GEOIP_VERDICT");
    assert!(rules.lines().last().unwrap().contains("-c 2 "), "{rules}");
}

#[test]
fn an_open_rule_before_the_filter_is_reported_and_repaired() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        pbx.attach_to(&["-A INPUT -s NAMED -j ACCEPT", "-A INPUT -j DROP"]);
        pbx.iptables("iptables", "-I INPUT -p udp -m udp --dport 5060 -j ACCEPT");
        assert_eq!(pbx.getting_in(&["1.0.6.7"]).len(), 1);
        let status = pbx.ask("status", &plain_request());
        assert_eq!(status.data()["active"], false);
        let problems = status.data()["problems"].to_string();
        assert!(problems.contains("firewall.not_attached"), "{problems}");
        assert!(problems.contains("a rule before the filter accepts everybody"), "{problems}");
        pbx.ask("heal", &plain_request());
        assert_eq!(pbx.getting_in(&["1.0.6.7", "1.0.7.7"]), HashSet::from(["1.0.7.7".parse().unwrap()]));
        pbx.assert_well("mended");
    }
}

#[test]
fn unclear_rules_are_reported_and_change_nothing() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        let outcome = pbx.attach_to(&[
            "-A INPUT -m mark --mark 0x7 -j ACCEPT",
            "-A INPUT -m u32 --u32 0=1 -j DROP",
            "-A INPUT -j DROP",
        ]);
        assert_eq!(outcome.warnings(), ["firewall.rule_not_understood"; 2], "one for each family");
        let message = outcome.reply["warnings"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("IPv4: rule 1 of INPUT, \"-A INPUT -m mark --mark 0x7 -j ACCEPT\""),
            "{message}"
        );
        pbx.assert_well("rules that are not understood");
    }
}

#[test]
fn quoted_line_breaks_and_comments_of_the_tool_are_no_rules() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        for (tool, chain) in TOOLS {
            let comment = format!("two\n-A INPUT -j {chain}\n-A INPUT -s 1.2.3.4/32 -j ACCEPT");
            let mut command = pbx.command(tool);
            command.args([
                "-A",
                "INPUT",
                "-p",
                "tcp",
                "--dport",
                "22",
                "-m",
                "comment",
                "--comment",
                &comment,
                "-j",
                "ACCEPT",
            ]);
            assert!(pbx.lab.pbx.wrap(&command).status().unwrap().success());
            let genuine = std::fs::read_link(pbx.tools.join(tool)).unwrap();
            pbx.replace_tool(
                tool,
                &format!("echo '# it'\"'\"'s \"odd'; exec {} {tool} \"$@\"", genuine.display()),
            );
        }
        assert_eq!(pbx.attach().data()["attached"], true);
        assert_eq!(pbx.getting_in(&[BLOCKED, OTHERS].concat()).len(), 2, "{flavour:?}");
        pbx.assert_well("a comment of several lines");
        assert!(pbx.ask("detach", &plain_request()).is_ok());
        assert_eq!(pbx.getting_in(&BLOCKED).len(), 2, "{flavour:?}");
    }
}

#[test]
fn a_failing_ip6tables_does_not_count_as_a_system_without_ipv6() {
    let pbx = Pbx::blocking(Flavour::Legacy);
    pbx.attach();
    let genuine = std::fs::read_link(pbx.tools.join("ip6tables")).unwrap();
    let restore = || {
        let _ = std::fs::remove_file(pbx.tools.join("ip6tables"));
        std::os::unix::fs::symlink(&genuine, pbx.tools.join("ip6tables")).unwrap();
    };
    pbx.iptables("ip6tables", "-D INPUT -j GEOIP_CHECK_V6");
    pbx.replace_tool("ip6tables", "echo 'ip6tables: table incompatible, use nft tool' >&2; exit 1");
    for operation in ["attach", "heal", "detach"] {
        let outcome = pbx.ask(operation, &plain_request());
        assert_eq!(outcome.code(), "firewall.command", "{operation}: {outcome:?}");
        assert_eq!(outcome.reply["error"]["retryable"], true);
        pbx.apply_again_after(operation, &restore);
        pbx.replace_tool("ip6tables", "echo 'ip6tables: table incompatible, use nft tool' >&2; exit 1");
    }
    assert_eq!(check(&pbx).code(), "firewall.command");
    restore();
    pbx.ask("heal", &plain_request());
    assert_eq!(pbx.getting_in(&BLOCKED).len(), 0);
    // A kernel without the table has no IPv6, which is no error unless IPv6 was filtered before.
    pbx.replace_tool("ip6tables", "echo \"can't initialize ip6tables table: Table does not exist (do you need to insmod?)\" >&2; exit 3");
    assert_eq!(pbx.attach().warnings(), ["firewall.no_ipv6"]);
    let status = pbx.ask("status", &plain_request());
    assert_eq!(status.data()["active"], false, "{status:?}");
    let fresh = Pbx::new(Flavour::Legacy);
    fresh.replace_tool("ip6tables", "echo \"can't initialize ip6tables table: Table does not exist (do you need to insmod?)\" >&2; exit 3");
    fresh.apply(&["CN"]);
    assert_eq!(fresh.attach().warnings(), ["firewall.no_ipv6"]);
    assert_eq!(fresh.ask("status", &plain_request()).data()["active"], true);
}

impl Pbx {
    /// Applies again after `operation`. What `detach` removed is restored; other operations removed nothing.
    fn apply_again_after(&self, operation: &str, restore: &impl Fn()) {
        if operation == "detach" {
            restore();
            self.apply(&["CN"]);
            self.attach();
        }
    }
}

#[test]
fn the_pbx_reaches_itself_at_any_of_its_addresses() {
    for flavour in BOTH {
        let pbx = Pbx::blocking(flavour);
        pbx.lab
            .pbx
            .run_lines("ip address add 1.0.6.99/32 dev lo\nip address add 2a00:0:8::99/128 dev lo nodad");
        pbx.attach();
        pbx.lab.pbx.enter(|| {
            for address in ["1.0.6.99", "2a00:0:8::99"] {
                let address: IpAddr = address.parse().unwrap();
                let listener = std::net::TcpListener::bind((address, 0)).unwrap();
                let to = listener.local_addr().unwrap();
                let connected = std::net::TcpStream::connect_timeout(&to, std::time::Duration::from_secs(1));
                assert!(connected.is_ok(), "{flavour:?}: the PBX cannot reach itself at {address}");
            }
        });
    }
}

#[test]
fn a_rule_that_the_kernel_refuses_is_reported_and_does_not_stop_the_filter() {
    let pbx = Pbx::blocking(Flavour::Legacy);
    // It refuses rules with RETURN, like a kernel that lacks a match.
    pbx.replace_tool(
        "iptables-restore",
        "cat > $0.in; if grep -q '1.0.7.7/32 -j RETURN' $0.in; then echo 'iptables-restore: line 3 failed' >&2; exit 1; fi; \
         exec /usr/sbin/iptables-legacy-restore \"$@\" < $0.in",
    );
    let lines = [
        "-A INPUT -p udp -j ACCEPT",
        "-A INPUT -s NAMED -j ACCEPT",
        "-A INPUT -s 10.7.7.7/32 -j ACCEPT",
        "-A INPUT -j DROP",
    ];
    for line in lines {
        pbx.iptables("iptables", &line.replace("NAMED", "1.0.7.7"));
    }
    let outcome = pbx.attach();
    assert_eq!(outcome.warnings(), ["firewall.trust_not_honoured"]);
    assert!(
        outcome.reply["warnings"][0]["message"].as_str().unwrap().contains("-s 1.0.7.7/32"),
        "{outcome:?}"
    );
    assert!(pbx.iptables("iptables", "-S GEOIP_VERDICT").contains("-s 10.7.7.7/32 -j RETURN"));
    assert_eq!(pbx.getting_in(&["1.0.6.7", "1.0.7.7"]).len(), 0);
    pbx.assert_well("a refused return");
}

#[test]
fn a_failing_ip6tables_is_reported_and_does_not_stop_ipv4() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    pbx.iptables("iptables", "-D INPUT -j GEOIP_CHECK");
    pbx.replace_tool(
        "ip6tables",
        "cat >/dev/null; echo 'ip6tables: Resource temporarily unavailable' >&2; exit 4",
    );
    for operation in ["heal", "attach"] {
        let outcome = pbx.ask(operation, &plain_request());
        assert_eq!(outcome.code(), "firewall.command", "{operation}: {outcome:?}");
        pbx.assert_filtering(&["1.0.64.0"], &["1.0.0.0"]);
    }
    let before = pbx.iptables("iptables", "-S");
    let outcome = pbx.ask("apply", &block_request(&["DE"]));
    assert_eq!((outcome.code(), pbx.iptables("iptables", "-S")), ("firewall.command", before), "{outcome:?}");
    let status = pbx.ask("status", &plain_request());
    assert_eq!(status.data()["active"], false, "{status:?}");
}
