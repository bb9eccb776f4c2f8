//! The filter in the real kernel, tested with real packets.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::{Lab, Namespace};
use crate::world::{
    IPSET_TOOL, NETLINK, Outcome, SET_BACKEND, World, ask, block_request, plain_request, powerless,
};

/// The two flavours of iptables on Linux systems. Their rules are stored in different places of the kernel.
#[derive(Clone, Copy, Debug)]
pub enum Flavour {
    Legacy,
    Nft,
}

pub const BOTH: [Flavour; 2] = [Flavour::Legacy, Flavour::Nft];
const TOOLS: [&str; 4] = ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"];

/// CN has 1.0.0.0/16 except for a hole of DE, and an odd range. DE has the rest of 1.0.0.0/8.
pub const ROWS: &str = "1.0.0.0,1.0.63.255,CN\n1.0.64.0,1.0.64.255,DE\n1.0.65.0,1.0.255.255,CN\n1.1.0.0,1.1.0.4,DE\n\
    1.1.0.5,1.1.0.9,CN\n1.1.0.10,1.255.255.255,DE\n\
    2a00::,2a00:ff:ffff:ffff:ffff:ffff:ffff:ffff,CN\n2a00:100::,2a00:100:0:ffff:ffff:ffff:ffff:ffff,DE\n\
    2a00:100:1::,2a00:1ff:ffff:ffff:ffff:ffff:ffff:ffff,CN\n";
/// Both sides of every boundary in `ROWS`, with the expected result of blocking CN.
pub const PASSING: [&str; 8] = [
    "1.0.64.0",
    "1.0.64.255",
    "1.1.0.4",
    "1.1.0.10",
    "1.255.255.255",
    "9.9.9.9",
    "2a00:100::",
    "2a00:100::ffff",
];
pub const BLOCKED: [&str; 10] = [
    "1.0.0.0",
    "1.0.63.255",
    "1.0.65.0",
    "1.0.255.255",
    "1.1.0.5",
    "1.1.0.9",
    "2a00::1",
    "2a00:ff:ffff::ffff",
    "2a00:100:1::",
    "2a00:1ff::1",
];

/// A PBX with compiled data in a lab, with one flavour of iptables first on its PATH.
pub struct Pbx {
    pub world: World,
    pub lab: Lab,
    pub tools: PathBuf,
    /// The set backend of the helper.
    pub backend: &'static str,
}

impl Pbx {
    pub fn new(flavour: Flavour) -> Self {
        let (world, lab) = (World::new(), Lab::new());
        let tools = world.file("tools");
        fs::create_dir(&tools).unwrap();
        let multi = match flavour {
            Flavour::Legacy => "/usr/sbin/xtables-legacy-multi",
            Flavour::Nft => "/usr/sbin/xtables-nft-multi",
        };
        for tool in TOOLS {
            symlink(multi, tools.join(tool)).unwrap();
        }
        world.update_from(&world.bundle("rows.csv.gz", ROWS));
        Self { world, lab, tools, backend: NETLINK }
    }

    /// As [`Self::new`], with the `ipset` tool as the set backend.
    pub fn with_ipset_tool(flavour: Flavour) -> Self {
        Self { backend: IPSET_TOOL, ..Self::new(flavour) }
    }

    /// A command inside the PBX that finds the chosen tools first.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.tools.display()));
        command
    }

    /// The helper inside the PBX, with the chosen tools and set backend.
    pub fn helper(&self, operation: &str) -> Command {
        let mut helper = self.world.helper(operation);
        helper.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.tools.display()));
        helper.env(SET_BACKEND, self.backend);
        helper
    }

    pub fn ask(&self, operation: &str, request: &Value) -> Outcome {
        ask(self.lab.pbx.wrap(&self.helper(operation)), request)
    }

    pub fn apply(&self, countries: &[&str]) -> Outcome {
        let outcome = self.ask("apply", &block_request(countries));
        assert!(outcome.is_ok(), "{outcome:?}");
        outcome
    }

    pub fn attach(&self) -> Outcome {
        let outcome = self.ask("attach", &plain_request());
        assert!(outcome.is_ok(), "{outcome:?}");
        outcome
    }

    /// Runs iptables or ip6tables with the arguments in `line`.
    pub fn iptables(&self, tool: &str, line: &str) -> String {
        let mut command = self.command(tool);
        command.args(["-w", "5"]).args(line.split_whitespace());
        let output = self.lab.pbx.wrap(&command).output().unwrap();
        assert!(output.status.success(), "{tool} {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Builds INPUT like MikoPBX Core up to its module hook: everything but catch-all accepts and final drop.
    pub fn build_input_up_to_the_hook(&self) {
        for line in [
            "-F INPUT",
            "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
            "-A INPUT -p udp -m state --state NEW --dport 5060 -m hashlimit --hashlimit-above 9000/sec \
             --hashlimit-burst 9000 --hashlimit-mode srcip --hashlimit-name SipAttacks -j DROP",
            "-A INPUT -s 1.0.7.0/24 -p udp -m multiport --dport 5060,10000:10200 -j ACCEPT",
            "-A INPUT -s 1.0.8.8 -p udp -m multiport --dport 5060,10000:10200 -j ACCEPT",
            "-A INPUT -s 127.0.0.1 -j ACCEPT",
        ] {
            self.iptables("iptables", line);
        }
        self.iptables("ip6tables", "-F INPUT");
        self.iptables(
            "ip6tables",
            "-A INPUT -s 2a00:0:7::/48 -p udp -m multiport --dport 5060,10000:10200 -j ACCEPT",
        );
        self.iptables("ip6tables", "-A INPUT -s ::1 -j ACCEPT");
    }

    pub fn finish_input_behind_the_hook(&self) {
        for tool in ["iptables", "ip6tables"] {
            self.iptables(tool, "-A INPUT -p udp -m multiport --dport 5060,10000:10200 -j ACCEPT");
            self.iptables(tool, "-A INPUT -p tcp -m multiport --dport 5060,5061 -j ACCEPT");
            self.iptables(tool, "-A INPUT -j DROP");
        }
    }

    /// The rules of INPUT, in order.
    pub fn input(&self, tool: &str) -> Vec<String> {
        self.iptables(tool, "-S INPUT").lines().skip(1).map(str::to_owned).collect()
    }

    /// The content of the kernel: both rule lists and the names of all sets.
    pub fn kernel(&self) -> (String, String, String) {
        (
            self.iptables("iptables", "-S"),
            self.iptables("ip6tables", "-S"),
            self.lab.pbx.run("ipset", &["list", "-n"]),
        )
    }

    pub fn assert_filtering(&self, passing: &[&str], blocked: &[&str]) {
        let (passing, blocked) = (addresses(passing), addresses(blocked));
        let all: Vec<IpAddr> = passing.iter().chain(&blocked).copied().collect();
        let arrived = self.lab.arriving(&all);
        assert_eq!(arrived, passing.into_iter().collect::<HashSet<_>>(), "of {all:?}");
    }

    /// Does `work` and checks with packets that these verdicts hold all the time.
    pub fn while_filtering(&self, passing: &[&str], blocked: &[&str], work: impl FnOnce() + Send) {
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let working = scope.spawn(|| {
                work();
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            while !stop.load(std::sync::atomic::Ordering::Relaxed) && !working.is_finished() {
                self.assert_filtering(passing, blocked);
            }
            working.join().unwrap();
        });
    }

    /// Puts a script in the place of a tool.
    pub fn replace_tool(&self, tool: &str, script: &str) {
        let path = self.tools.join(tool);
        let _ = fs::remove_file(&path);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

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
fn a_failing_tool_gives_its_code_and_leaves_the_filter_in_force() {
    // What the tool does, and the expected code.
    let cases = [
        ("ipset", "exit 1", "firewall.command"),
        (
            "ipset",
            "echo 'ipset v7.17: Kernel error received: Operation not permitted' >&2; exit 1",
            "firewall.permission",
        ),
        ("ipset", "echo 'ipset v7.17: Cannot open session to kernel.' >&2; exit 1", "firewall.ipset_missing"),
        (
            "ipset",
            "echo 'ipset v7.17: Kernel error received: set type not supported' >&2; exit 1",
            "firewall.unsupported",
        ),
        (
            "ipset",
            "echo 'ipset v7.17: Error in line 7: Kernel error received: Cannot allocate memory' >&2; exit 1",
            "firewall.memory",
        ),
        // Loads all entries but one and reports success.
        (
            "ipset",
            "[ \"$1\" = restore ] && { sed '$d' | /usr/sbin/ipset restore; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.unverified",
        ),
        // Fails only at the swap.
        (
            "ipset",
            "[ \"$1\" = restore ] && { cat >/tmp/$$; grep -q ^swap /tmp/$$ && { rm /tmp/$$; exit 1; }; /usr/sbin/ipset restore </tmp/$$; rm /tmp/$$; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.command",
        ),
        // Swaps two sets and fails at the third.
        (
            "ipset",
            "[ \"$1\" = restore ] && { cat >/tmp/$$; grep -q ^swap /tmp/$$ && [ $(wc -l </tmp/$$) -gt 2 ] && { head -2 /tmp/$$ | /usr/sbin/ipset restore; rm /tmp/$$; echo 'ipset v7.17: Error in line 3: Kernel error received: busy' >&2; exit 1; }; /usr/sbin/ipset restore </tmp/$$; rm /tmp/$$; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.command",
        ),
        (
            "iptables",
            "echo 'Another app is currently holding the xtables lock' >&2; exit 4",
            "firewall.timeout",
        ),
        (
            "iptables",
            "echo 'iptables: Permission denied (you must be root)' >&2; exit 4",
            "firewall.permission",
        ),
    ];
    for (tool, script, code) in cases {
        let pbx = Pbx::with_ipset_tool(Flavour::Legacy);
        pbx.apply(&["CN"]);
        pbx.attach();
        let before = pbx.kernel();
        let genuine = fs::read_link(pbx.tools.join(tool)).ok();
        pbx.replace_tool(tool, script);
        let outcome = pbx.ask("apply", &block_request(&["DE"]));
        assert_eq!(outcome.code(), code, "{tool}: {script}: {outcome:?}");
        fs::remove_file(pbx.tools.join(tool)).unwrap();
        if let Some(genuine) = genuine {
            symlink(genuine, pbx.tools.join(tool)).unwrap();
        }
        assert_eq!(pbx.kernel(), before, "{tool}: {script}");
        let status = pbx.ask("status", &plain_request());
        assert_eq!(status.data()["applied"]["policy"]["countries"], json!(["CN"]), "{tool}: {script}");
        assert_eq!(status.data()["active"], true, "{tool}: {script}: {status:?}");
        pbx.assert_filtering(&["1.1.0.4"], &["1.0.0.7"]);
    }
}

#[test]
fn missing_tools_are_reported_with_their_exit_status() {
    let pbx = Pbx::new(Flavour::Legacy);
    let bare = pbx.world.file("bare");
    fs::create_dir(&bare).unwrap();
    // A root directory in which the usual places of the tool are empty.
    let without = |tool: &str, backend: &str| {
        let hide = format!(
            "mount -t tmpfs none {} && mount --bind {} /usr/sbin && exec \"$@\"",
            bare.display(),
            bare.display()
        );
        let keep: String = ["ipset", "xtables-legacy-multi"]
            .iter()
            .filter(|kept| !kept.starts_with(tool))
            .map(|kept| format!("cp /usr/sbin/{kept} {} && ", bare.display()))
            .collect();
        let links: String = TOOLS
            .iter()
            .filter(|link| !link.starts_with(tool))
            .map(|link| format!("ln -s /usr/sbin/xtables-legacy-multi {}/{link} && ", bare.display()))
            .collect();
        let (mount, bind) = hide.split_once(" && ").unwrap();
        let script = format!("{mount} && {keep}{links}{bind}");
        let helper = pbx.world.helper("apply");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script, "sh"]).arg(helper.get_program()).args(helper.get_args());
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env(SET_BACKEND, backend);
        ask(pbx.lab.pbx.wrap(&command), &block_request(&["CN"]))
    };
    let outcome = without("ipset", IPSET_TOOL);
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.ipset_missing"));
    let outcome = without("iptables", NETLINK);
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.iptables_missing"));
    // With netlink, the tool is not needed.
    assert_eq!(without("ipset", NETLINK).warnings(), [""; 0]);
    let outcome = without("ip6tables", NETLINK);
    assert_eq!(outcome.warnings(), ["firewall.no_ipv6"]);
    let sets = outcome.data()["sets"].as_array().unwrap();
    assert_eq!(sets.iter().map(|set| &set["name"]).collect::<Vec<_>>(), ["geoip_blocked_v4"]);
}

#[test]
fn without_permission_the_code_says_so() {
    let world = World::new();
    world.update_from(&world.bundle("rows.csv.gz", ROWS));
    let namespace = Namespace::new("bare");
    let outcome = ask(namespace.wrap(&powerless(&world.helper("apply"))), &block_request(&["CN"]));
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.permission"), "{outcome:?}");
    let status = ask(namespace.wrap(&powerless(&world.helper("status"))), &plain_request());
    assert_eq!(status.data()["active"], false);
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
