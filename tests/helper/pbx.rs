//! A PBX for tests: compiled data, and one flavour of iptables, in a laboratory of network namespaces.

use std::collections::HashSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::lab::Lab;
use crate::world::{IPSET_TOOL, NETLINK, Outcome, SET_BACKEND, World, ask, block_request, plain_request};

/// The two flavours of iptables on Linux systems. Their rules are stored in different places of the kernel.
#[derive(Clone, Copy, Debug)]
pub enum Flavour {
    Legacy,
    Nft,
}

pub const BOTH: [Flavour; 2] = [Flavour::Legacy, Flavour::Nft];
pub const TOOLS: [&str; 4] = ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"];

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

pub fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
