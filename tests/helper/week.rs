//! A week of a PBX in minutes: saves, updates, firewall reloads, reboots, tampering and killed helpers in random order.
//! After each event real packets are checked, and from time to time everything that could pile up is counted.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::Lab;

/// The events, with their frequency in percent.
const EVENTS: [(&str, u64); 7] =
    [("save", 62), ("reload", 15), ("meddling", 7), ("update", 5), ("kill", 5), ("reboot", 4), ("detach", 2)];
/// The longest time until a helper is killed, in milliseconds. Only an update takes longer.
const KILL_WITHIN: u64 = 120;
/// Number of random addresses that send packets after each event.
const PASSERS_BY: usize = 12;
/// What somebody else does to the filter.
const MEDDLING: [&str; 6] = [
    "iptables -F GEOIP_CHECK",
    "iptables -I GEOIP_CHECK -j RETURN",
    "iptables -D INPUT -j GEOIP_CHECK",
    "ip6tables -A INPUT -j GEOIP_CHECK_V6",
    "ipset create other hash:net family inet6
     ipset swap other geoip_blocked_v6
     ipset destroy other",
    "ipset create other bitmap:ip range 0.0.0.0-255.255.255.255 netmask 16 counters
     ipset swap other geoip_slash16_v4
     ipset destroy other",
];

/// Random numbers, the same for the same seed (`SplitMix64`: Steele, Lea, Flood, 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// The amount of everything that could pile up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub step: u64,
    pub sets: usize,
    pub entries: u64,
    pub set_bytes: u64,
    pub rules: usize,
    pub files: usize,
    pub file_bytes: u64,
    pub processes: usize,
    pub netlink_sockets: usize,
}

/// The activity of a day takes one file: a thousand senders, and 24 hours of all countries. Midnight may be included.
const MEMORY: u64 = 2 * 500_000;

/// The PBX and its week so far.
pub struct Week {
    helper: PathBuf,
    state: PathBuf,
    bundles: [PathBuf; 2],
    countries: Vec<String>,
    knocking: Vec<IpAddr>,
    lab: Lab,
    chance: Chance,
    pub events: BTreeMap<&'static str, u64>,
    pub packets: u64,
    pub samples: Vec<Sample>,
}

impl Week {
    /// A PBX that blocks the first of `countries`. The `knocking` addresses send packets after each event.
    pub fn new(
        helper: &Path,
        state: &Path,
        bundles: [PathBuf; 2],
        countries: &[&str],
        knocking: &[&str],
        seed: u64,
    ) -> Self {
        let mut week = Self {
            helper: helper.to_owned(),
            state: state.to_owned(),
            bundles,
            countries: countries.iter().map(|code| (*code).to_owned()).collect(),
            knocking: knocking.iter().map(|address| address.parse().unwrap()).collect(),
            lab: Lab::new(),
            chance: Chance(seed),
            events: BTreeMap::new(),
            packets: 0,
            samples: Vec::new(),
        };
        week.take_sample(0);
        week
    }

    /// Runs this many events and takes this many samples.
    pub fn live(&mut self, events: u64, samples: u64) {
        for step in 1..=events {
            let mut choice = self.chance.below(100);
            let (event, _) = EVENTS
                .into_iter()
                .find(|(_, share)| {
                    let is_it = choice < *share;
                    choice = choice.saturating_sub(*share);
                    is_it
                })
                .unwrap();
            *self.events.entry(event).or_default() += 1;
            self.happen(event);
            self.knock(&format!("{event}, the {step}th event"));
            if step.is_multiple_of((events / samples).max(1)) {
                self.take_sample(step);
            }
        }
    }

    /// Asserts that no amount has grown.
    pub fn assert_flat(&self) {
        let first = &self.samples[0];
        for sample in &self.samples {
            // The size of a hash varies a little, because the kernel hashes with a random seed.
            assert!(
                sample.set_bytes.abs_diff(first.set_bytes) * 5 <= first.set_bytes,
                "{sample:?} {first:?}"
            );
            assert!(sample.file_bytes.abs_diff(first.file_bytes) <= 64, "{sample:?} {first:?}");
            let counted = Sample {
                step: first.step,
                set_bytes: first.set_bytes,
                file_bytes: first.file_bytes,
                ..sample.clone()
            };
            assert_eq!(&counted, first);
        }
    }

    fn happen(&mut self, event: &str) {
        match event {
            "save" => self.save(),
            "reload" => self.reload(),
            "update" => self.update(),
            "reboot" => {
                self.empty_kernel();
                self.reload();
            }
            "detach" => {
                self.ask("detach", &json!({"v": 1}));
                assert_eq!(self.lab.pbx.run("ipset", &["list", "-n"]), "", "detached without a trace");
                self.save();
                self.ask("attach", &json!({"v": 1}));
            }
            "meddling" => {
                let lines = *self.chance.one_of(&MEDDLING);
                self.lab.pbx.run_lines(lines);
                let healed = self.ask("heal", &json!({"v": 1}));
                assert_ne!(healed["repaired"], json!([]));
            }
            _ => self.kill(),
        }
    }

    fn save(&mut self) {
        let request = self.some_policy();
        self.ask("apply", &request);
    }

    fn update(&mut self) {
        let bundle = self.chance.one_of(&self.bundles).clone();
        self.update_from(&bundle);
    }

    fn update_from(&self, bundle: &Path) {
        self.ask("update", &update_request(bundle));
    }

    /// Rebuilds INPUT like Core: flushes it, and calls our hook before the rules for everybody.
    fn reload(&self) {
        self.lab.pbx.run_lines(
            "iptables -w 5 -F INPUT
             ip6tables -w 5 -F INPUT
             iptables -w 5 -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
             iptables -w 5 -A INPUT -s 192.0.2.0/24 -p udp -m multiport --dport 5060 -j ACCEPT
             iptables -w 5 -A INPUT -s 127.0.0.1 -j ACCEPT
             ip6tables -w 5 -A INPUT -s ::1 -j ACCEPT",
        );
        self.ask("attach", &json!({"v": 1}));
        self.lab.pbx.run_lines(
            "iptables -w 5 -A INPUT -p udp -m multiport --dport 5060 -j ACCEPT
             ip6tables -w 5 -A INPUT -p udp -m multiport --dport 5060 -j ACCEPT
             iptables -w 5 -A INPUT -j DROP
             ip6tables -w 5 -A INPUT -j DROP",
        );
    }

    /// Empties the kernel, like a reboot.
    fn empty_kernel(&self) {
        for tool in ["iptables", "ip6tables"] {
            for arguments in [["-w", "5", "-F"], ["-w", "5", "-X"]] {
                self.lab.pbx.run(tool, &arguments);
            }
        }
        self.lab.pbx.run("ipset", &["destroy"]);
    }

    /// Kills a helper at a random moment. The next operation repairs everything.
    fn kill(&mut self) {
        let bundle = self.chance.one_of(&self.bundles).clone();
        let (operation, request) = match self.chance.below(4) {
            0 => ("update", update_request(&bundle)),
            1 => ("attach", json!({"v": 1})),
            2 => ("heal", json!({"v": 1})),
            _ => ("apply", self.some_policy()),
        };
        let mut child = self.start(operation, &request);
        sleep(Duration::from_millis(self.chance.below(KILL_WITHIN)));
        child.kill().unwrap();
        child.wait().unwrap();
        self.save();
        self.ask("attach", &json!({"v": 1}));
    }

    /// Sends a packet from each address and compares the result with `explain`.
    fn knock(&mut self, occasion: &str) {
        let mut addresses = self.knocking.clone();
        addresses.extend((0..PASSERS_BY).map(|number| self.passer_by(number)));
        let explained = self.ask("explain", &json!({"v": 1, "addresses": addresses}));
        let answers = addresses.iter().zip(explained["addresses"].as_array().unwrap());
        let expected: HashSet<IpAddr> =
            answers.filter(|(_, answer)| answer["verdict"] == "pass").map(|(address, _)| *address).collect();
        assert_eq!(self.lab.arriving(&addresses), expected, "after {occasion}");
        self.packets += addresses.len() as u64;
    }

    fn passer_by(&mut self, number: usize) -> IpAddr {
        let bits = self.chance.next();
        if number.is_multiple_of(2) {
            // No special-purpose addresses, from which a socket may not send.
            const FIRST_BYTES: [u8; 8] = [1, 5, 46, 77, 94, 123, 186, 202];
            let [_, second, third, fourth, ..] = bits.to_be_bytes();
            Ipv4Addr::new(*self.chance.one_of(&FIRST_BYTES), second, third, fourth).into()
        } else {
            const FIRST_BITS: [u128; 5] = [0x2001_4000, 0x2400_0000, 0x2600_0000, 0x2804_0000, 0x2a02_0000];
            let base = *self.chance.one_of(&FIRST_BITS) << 96;
            Ipv6Addr::from(base | u128::from(bits) << 40 | u128::from(bits)).into()
        }
    }

    /// Brings everything into the same state, then counts it.
    fn take_sample(&mut self, step: u64) {
        let reference = block_request(&self.countries[..1]);
        self.update_from(&self.bundles[0].clone());
        self.ask("apply", &reference);
        self.reload();
        self.lab.pbx.run_lines(MEDDLING[0]);
        self.ask("heal", &json!({"v": 1}));
        let checked = self.ask("check", &json!({"v": 1}));
        assert_eq!(checked["drifts"], json!([]));
        self.knock("a look at everything");

        let listing = self.lab.pbx.run("ipset", &["list", "-t"]);
        // The sender sets depend on chance; another test floods them.
        let lasting = || listing.split("\n\n").filter(|set| !set.starts_with("Name: geoip_senders"));
        let sum = |field: &str| -> u64 {
            let lines = lasting().flat_map(str::lines);
            lines.filter_map(|line| line.strip_prefix(field)?.trim().parse::<u64>().ok()).sum()
        };
        let rules = |tool| self.lab.pbx.run(tool, &["-S"]).lines().count();
        let (memory, files): (Vec<_>, Vec<_>) = (fs::read_dir(&self.state).unwrap())
            .map(|file| file.unwrap())
            .partition(|file| file.file_name().to_str().unwrap().starts_with("activity"));
        let sizes =
            |files: &[fs::DirEntry]| files.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>();
        assert!(sizes(&memory) < MEMORY, "{memory:?}");
        self.samples.push(Sample {
            step,
            sets: listing.lines().filter(|line| line.starts_with("Name: ")).count(),
            entries: sum("Number of entries: "),
            set_bytes: sum("Size in memory: "),
            rules: rules("iptables") + rules("ip6tables"),
            files: files.len(),
            file_bytes: sizes(&files),
            processes: self.processes(),
            netlink_sockets: self
                .lab
                .pbx
                .enter(|| fs::read_to_string("/proc/thread-self/net/netlink").unwrap().lines().count() - 1),
        });
    }

    /// Number of processes in the PBX's network namespace.
    fn processes(&self) -> usize {
        let own = self.lab.pbx.enter(|| fs::read_link("/proc/thread-self/ns/net").unwrap());
        let all = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        all.filter(|process| fs::read_link(process.join("ns/net")).is_ok_and(|found| found == own)).count()
    }

    fn some_policy(&mut self) -> Value {
        let picked: Vec<String> = (0..=self.chance.below(12))
            .map(|_| self.chance.one_of(&self.countries).clone())
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let mut request = block_request(&picked);
        if self.chance.below(4) == 0 {
            request["policy"]["mode"] = "allow".into();
        }
        if self.chance.below(2) == 0 {
            let bits = self.chance.next().to_be_bytes();
            let subnet = format!("{}.{}.0.0/16", bits[0] % 200 + 1, bits[1]);
            request["policy"]["exceptions"] = json!([{"subnet": subnet}]);
        }
        request
    }

    /// Runs the helper inside the PBX. It must succeed.
    fn ask(&self, operation: &str, request: &Value) -> Value {
        let output = self.start(operation, request).wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let reply: Value = serde_json::from_str(stdout.lines().last().expect("the helper replies")).unwrap();
        assert_eq!(reply["ok"], true, "{operation} {request}: {reply}");
        reply["data"].clone()
    }

    fn start(&self, operation: &str, request: &Value) -> Child {
        let mut helper = Command::new(&self.helper);
        helper.arg("--state-dir").arg(&self.state).args(["--json", operation]);
        let mut command = self.lab.pbx.wrap(&helper);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = pipes.spawn().expect("the helper starts");
        child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
        child
    }
}

fn block_request(countries: &[String]) -> Value {
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": countries}})
}

fn update_request(bundle: &Path) -> Value {
    json!({"v": 1, "source": "dbip", "bundle": bundle, "online": "never", "force": true})
}
