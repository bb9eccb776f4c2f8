//! Faults while packets flow: blocked sources stay blocked, nobody else is dropped, and the next undisturbed operation
//! repairs what is left.
//!
//! Every sweep tries some of its points, the same ones in each run. With `GEOIP_FAULTS=all` it tries all points, and
//! writes its figures to `target/tmp/faults` for `bin/faults`.

mod clock;
mod crowd;
mod damage;
mod disk;
mod killing;
mod memory;
mod others;
mod tools;
mod trial;

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::pbx::{Flavour, Pbx, ROWS};
use crate::world::{NETLINK, Outcome, exceptions, gzip, plain_request, update_request};

/// Blocked by all policies and data of these tests.
const BLOCKED: [&str; 4] = ["1.0.0.7", "1.0.65.9", "1.1.0.5", "2a00:1::7"];
/// Addresses of countries that are never blocked, and addresses without a country.
const ALLOWED: [&str; 5] = ["1.0.64.7", "1.1.0.4", "9.9.9.9", "2a00:100::7", "3000::1"];
/// Addresses of the blocked country that INPUT accepts or that are exceptions.
const TRUSTED: [&str; 5] = ["1.0.7.7", "1.0.8.8", "2a00:0:7::1", "1.0.9.1", "2a00:0:9::1"];

/// A PBX with the filter in force, on which faults are tried.
struct Stand {
    pbx: Pbx,
    /// What the helper leaves behind if everything works.
    whole: Trace,
    packets: AtomicU64,
    points: AtomicUsize,
}

/// What the helper leaves behind: names of sets, and names of files without their digests.
#[derive(Debug, PartialEq, Eq)]
struct Trace {
    sets: BTreeSet<String>,
    files: Vec<String>,
}

impl Stand {
    fn new(flavour: Flavour, backend: &'static str) -> Self {
        Self::with(Pbx { backend, ..Pbx::new(flavour) })
    }

    /// As [`Self::new`], with the tools that most systems have.
    fn usual() -> Self {
        Self::new(Flavour::Legacy, NETLINK)
    }

    fn with(pbx: Pbx) -> Self {
        for edition in EDITIONS {
            fs::write(pbx.world.file(edition), gzip(rows(edition).as_bytes())).unwrap();
        }
        let whole = Trace { sets: BTreeSet::new(), files: Vec::new() };
        let mut stand = Self { pbx, whole, packets: AtomicU64::new(0), points: AtomicUsize::new(0) };
        assert!(stand.update(0).is_ok());
        assert!(stand.apply(0).is_ok());
        stand.build_input();
        stand.whole = stand.trace();
        stand
    }

    /// Builds INPUT like Core, including the call of the hook.
    fn build_input(&self) {
        self.pbx.build_input_up_to_the_hook();
        assert!(self.attach().is_ok());
        self.pbx.finish_input_behind_the_hook();
    }

    fn ask(&self, operation: &str, request: &Value) -> Outcome {
        self.pbx.ask(operation, request)
    }

    /// Applies one of two policies in turns.
    fn apply(&self, turn: usize) -> Outcome {
        self.ask("apply", &policy(turn))
    }

    /// Updates to one of two editions of the data in turns.
    fn update(&self, turn: usize) -> Outcome {
        self.ask("update", &self.edition(turn))
    }

    fn edition(&self, turn: usize) -> Value {
        update_request(&self.pbx.world.file(EDITIONS[turn % EDITIONS.len()]))
    }

    fn attach(&self) -> Outcome {
        self.ask("attach", &plain_request())
    }

    /// Causes drift for `attach` to repair that does not affect any verdict.
    fn drift(&self) {
        self.pbx.lab.pbx.run_lines(
            "ipset del -exist geoip_blocked_v4 20.0.0.0/25
             ipset del -exist geoip_blocked_v6 2c00::/64",
        );
        for (tool, chain) in [("iptables", "GEOIP_CHECK"), ("ip6tables", "GEOIP_CHECK_V6")] {
            self.pbx.iptables(tool, &format!("-A INPUT -j {chain}"));
        }
    }

    /// Empties the kernel like a reboot, and builds INPUT like Core before its hook.
    fn reboot(&self) {
        for tool in ["iptables", "ip6tables"] {
            self.pbx.iptables(tool, "-F");
            self.pbx.iptables(tool, "-X");
        }
        self.pbx.lab.pbx.run("ipset", &["destroy"]);
        self.pbx.build_input_up_to_the_hook();
    }

    /// Does `work` while packets from all sources flow, and checks the verdict on each.
    fn watched<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.watch(&BLOCKED, work)
    }

    /// As [`Self::watched`], with other blocked addresses.
    fn watch<T: Send>(&self, blocked: &[&str], work: impl FnOnce() -> T + Send) -> T {
        const PAUSE: Duration = Duration::from_micros(500);
        let parse = |text: &&str| text.parse().unwrap();
        let passing: HashSet<IpAddr> = ALLOWED.iter().chain(&TRUSTED).map(parse).collect();
        let everybody: Vec<IpAddr> = passing.iter().copied().chain(blocked.iter().map(parse)).collect();
        thread::scope(|scope| {
            let working = scope.spawn(work);
            loop {
                let is_last = working.is_finished();
                let arrived = self.pbx.lab.arriving(&everybody);
                assert!(
                    arrived == passing,
                    "dropped: {:?}; let through: {:?}",
                    passing.difference(&arrived),
                    arrived.difference(&passing)
                );
                self.packets.fetch_add(everybody.len() as u64, Ordering::Relaxed);
                if is_last {
                    return working.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                }
                thread::sleep(PAUSE);
            }
        })
    }

    /// Tries a fault at one more point while packets flow.
    fn at_point<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.points.fetch_add(1, Ordering::Relaxed);
        self.watched(work)
    }

    /// As [`Self::at_point`], while nobody is blocked.
    fn at_point_unfiltered<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.points.fetch_add(1, Ordering::Relaxed);
        self.watch(&[], work)
    }

    /// What the helper leaves behind now.
    fn trace(&self) -> Trace {
        let sets = self.pbx.lab.pbx.run("ipset", &["list", "-n"]);
        let files = fs::read_dir(self.pbx.world.state()).unwrap().map(|file| file.unwrap().file_name());
        let plain = |name: String| if name.starts_with("plan-") { "plan".to_owned() } else { name };
        let mut files: Vec<String> = files.map(|name| plain(name.into_string().unwrap())).collect();
        files.sort();
        Trace { sets: sets.lines().map(str::to_owned).collect(), files }
    }

    /// Asserts that the filter is in force and that the fault left nothing behind.
    fn assert_whole(&self, after: &str) {
        let status = self.ask("status", &plain_request());
        assert_eq!(status.data()["active"], true, "{after}: {status:?}");
        assert_eq!(self.trace(), self.whole, "{after}");
    }

    /// Writes the figures of a sweep that succeeded.
    fn report(&self, fault: &str, result: &str) {
        let (points, packets) = (self.points.load(Ordering::Relaxed), self.packets.load(Ordering::Relaxed));
        assert!(points > 0 && packets > 0, "{fault}: nothing was tried");
        println!("{fault}: {points} points, {packets} packets: {result}");
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
        fs::create_dir_all(&directory).unwrap();
        let name: String = fault.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        fs::write(directory.join(name), format!("| {fault} | {points} | {packets} | {result} |\n")).unwrap();
    }
}

/// The two policies: both block CN with exceptions, and one of them also JP.
fn policy(turn: usize) -> Value {
    let countries: &[&str] = if turn.is_multiple_of(2) { &["CN", "JP"] } else { &["CN"] };
    let exceptions = exceptions(&["1.0.9.0/24", "2a00:0:9::/48"]);
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": countries, "exceptions": exceptions}})
}

const EDITIONS: [&str; 2] = ["dbip-country-lite-first.csv.gz", "dbip-country-lite-second.csv.gz"];

/// Data with so much of JP that a set takes several messages to the kernel. The second edition has more of it.
fn rows(edition: &str) -> String {
    let many = if edition == EDITIONS[0] { 7000 } else { 8000 };
    let v4 = (0..many).map(|n| format!("20.{}.{}.0,20.{}.{}.127,JP\n", n >> 8, n & 255, n >> 8, n & 255));
    let v6 = (0..many / 8).map(|n| format!("2c00:0:{n:x}::,2c00:0:{n:x}:0:ffff:ffff:ffff:ffff,JP\n"));
    ROWS.to_owned() + &v4.chain(v6).collect::<String>()
}

/// The `points` that this run tries: all of them, or some from the first to the last.
fn chosen<T>(points: Vec<T>, usually: usize) -> Vec<T> {
    if std::env::var_os("GEOIP_FAULTS").is_some_and(|chosen| chosen == "all") {
        return points;
    }
    let stride = points.len().div_ceil(usually).max(1);
    points.into_iter().step_by(stride).collect()
}

/// Runs a command with a request on stdin. Returns true if it succeeded.
fn run_anyhow(mut command: Command, request: &Value) -> bool {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // A command that is killed at once does not read it.
    let _ = serde_json::to_writer(child.stdin.take().unwrap(), request);
    child.wait().unwrap().success()
}

/// The command of the helper, started by another program inside the PBX.
fn behind(stand: &Stand, program: &str, arguments: &[&str], operation: &str) -> Command {
    let helper = stand.pbx.helper(operation);
    let mut command = Command::new(program);
    command.args(arguments).arg(helper.get_program()).args(helper.get_args());
    command.envs(helper.get_envs().filter_map(|(key, value)| Some((key, value?))));
    stand.pbx.lab.pbx.wrap(&command)
}
