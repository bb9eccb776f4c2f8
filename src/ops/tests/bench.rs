//! The bench of these tests: a helper whose kernel, clock, watcher and name servers are in memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::context::{Context, Progress, WatcherLauncher};
use crate::database::{DatabaseBuilder, Metadata, Store};
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::firewall::fake::{FakeKernel, State};
use crate::net::{AddressRange, HostName};
use crate::ops::{ApplyRequest, AttachRequest, HealRequest, Operation};
use crate::protocol;
use crate::records::{InForce, Token};
use crate::resolver::{Answer, Answers, Resolver};
use crate::storage::StateDir;
use crate::storage::clock::TestClock;
use crate::warning::Warning;

/// Addresses in the test data with their countries; `--` means none. One /24 block and one /48 block are mixed.
pub(super) const ADDRESSES: [(&str, &str); 12] = [
    ("1.0.0.7", "CN"),
    ("1.0.255.255", "CN"),
    ("1.1.0.7", "DE"),
    ("1.2.3.4", "CN"),
    ("1.2.3.130", "DE"),
    ("1.3.0.7", "JP"),
    ("9.9.9.9", "--"),
    ("2a00::7", "CN"),
    ("2a00:1:2::7", "CN"),
    ("2a00:1:2:8000::7", "DE"),
    ("2a01::7", "JP"),
    ("2b00::7", "--"),
];
const RANGES: [(&str, &str, &str); 8] = [
    ("1.0.0.0", "1.0.255.255", "CN"),
    ("1.1.0.0", "1.1.255.255", "DE"),
    ("1.2.3.0", "1.2.3.127", "CN"),
    ("1.2.3.128", "1.2.3.255", "DE"),
    ("1.3.0.0", "1.3.0.255", "JP"),
    ("2a00::", "2a00:1:2:7fff:ffff:ffff:ffff:ffff", "CN"),
    ("2a00:1:2:8000::", "2a00:1:2:ffff:ffff:ffff:ffff:ffff", "DE"),
    ("2a01::", "2a01:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "JP"),
];

pub(super) struct Bench {
    directory: TempDir,
    pub(super) kernel: FakeKernel,
    pub(super) clock: Arc<TestClock>,
    pub(super) watchers: Arc<FakeWatchers>,
    pub(super) names: Arc<FakeNames>,
}

/// Counts how many watchers were started.
#[derive(Debug, Default)]
pub(super) struct FakeWatchers {
    started: AtomicUsize,
    fail: AtomicBool,
}

impl FakeWatchers {
    pub(super) fn started(&self) -> usize {
        self.started.load(Ordering::Relaxed)
    }

    pub(super) fn fail(&self) {
        self.fail.store(true, Ordering::Relaxed);
    }
}

impl WatcherLauncher for FakeWatchers {
    fn launch(&self, _: &StateDir, _: &Token) -> Result<()> {
        if self.fail.load(Ordering::Relaxed) {
            return Err(Error::new(Code::StateIo, "no process can be started"));
        }
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Name servers that answer as they are told, and are silent about other hosts.
#[derive(Debug, Default)]
pub(super) struct FakeNames {
    known: Mutex<HashMap<HostName, Answers>>,
    questions: AtomicUsize,
}

impl FakeNames {
    /// From now on they answer with these addresses.
    pub(super) fn answer(&self, host: &str, addresses: &[&str]) {
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = addresses.into_iter().partition(IpAddr::is_ipv4);
        self.say(host, Answers { v4: Answer::Addresses(v4), v6: Answer::Addresses(v6) });
    }

    /// From now on they do not answer.
    pub(super) fn fall_silent(&self) {
        self.known.lock().unwrap().clear();
    }

    pub(super) fn say(&self, host: &str, answers: Answers) {
        self.known.lock().unwrap().insert(host.parse().unwrap(), answers);
    }

    /// How many hosts they were asked about.
    pub(super) fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
    }
}

impl Resolver for FakeNames {
    fn resolve(&self, hosts: &[HostName], _: Duration) -> Vec<Answers> {
        self.questions.fetch_add(hosts.len(), Ordering::Relaxed);
        let silence = || Answer::Silence("silence".to_owned());
        let silent = || Answers { v4: silence(), v6: silence() };
        let known = self.known.lock().unwrap();
        hosts.iter().map(|host| known.get(host).cloned().unwrap_or_else(silent)).collect()
    }
}

impl Bench {
    /// The operations that restore the filter after a reboot.
    pub(super) const RESTORES: [fn(&Self); 2] = [
        |bench| drop(bench.run::<AttachRequest>(&plain()).unwrap()),
        |bench| drop(bench.run::<HealRequest>(&plain()).unwrap()),
    ];

    /// A helper with data and without a policy.
    pub(super) fn new() -> Self {
        Self::with_ranges(&RANGES)
    }

    /// A helper with this data, each range with its first and last address and its country.
    pub(super) fn with_ranges(ranges: &[(&str, &str, &str)]) -> Self {
        let bench = Self {
            directory: in_memory(),
            kernel: FakeKernel::default(),
            clock: TestClock::at("2026-11-29T10:00:00Z"),
            watchers: Arc::default(),
            names: Arc::default(),
        };
        let mut builder = DatabaseBuilder::default();
        for (first, last, country) in ranges {
            let country = country.parse().unwrap();
            match (first.parse().unwrap(), last.parse().unwrap()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    builder
                        .push_v4(AddressRange::new(first.to_bits(), last.to_bits()).unwrap(), country)
                        .unwrap();
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    builder
                        .push_v6(AddressRange::new(first.to_bits(), last.to_bits()).unwrap(), country)
                        .unwrap();
                }
                _ => unreachable!("ranges are of one family"),
            }
        }
        let metadata = Metadata::new(SourceId::Dbip, "2026-11-01T00:00:00Z".to_owned(), Vec::new());
        Store::new(&bench.state()).save(&builder.finish(metadata).unwrap()).unwrap();
        bench
    }

    /// A helper with a policy in force that blocks these countries.
    pub(super) fn blocking(countries: &[&str]) -> Self {
        let bench = Self::new();
        bench.run::<ApplyRequest>(&apply(countries)).unwrap();
        bench.run::<AttachRequest>(&json!({"v": 1})).unwrap();
        bench.assert_blocked(countries);
        bench
    }

    pub(super) fn state(&self) -> StateDir {
        StateDir::open(&self.directory.path().join("state")).unwrap()
    }

    pub(super) fn in_force(&self) -> InForce {
        InForce::load(&self.state()).unwrap()
    }

    /// Runs a request.
    pub(super) fn run<O: Operation>(&self, request: &Value) -> Result<O::Data> {
        self.run_with_warnings::<O>(request).0
    }

    pub(super) fn run_with_warnings<O: Operation>(&self, request: &Value) -> (Result<O::Data>, Vec<Warning>) {
        let mut listener = |_, _, _, _: &str| {};
        let mut context = Context::new(self.state(), self.watchers.clone(), Progress::new(&mut listener));
        context.clock = self.clock.clone();
        context.kernel = Arc::new(self.kernel.clone());
        context.resolver = self.names.clone();
        let request: O = protocol::parse(request.to_string().as_bytes()).unwrap();
        let done = request.run(&mut context);
        (done, context.warnings)
    }

    pub(super) fn pass_time(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Asserts that exactly the addresses of these countries are dropped.
    pub(super) fn assert_blocked(&self, countries: &[&str]) {
        let state = self.kernel.state();
        for (address, country) in ADDRESSES {
            assert_eq!(state.lets_in(address), !countries.contains(&country), "{address} with {countries:?}");
        }
    }

    /// Asserts after each further change of the kernel that addresses with the same verdict in both policies have it.
    pub(super) fn watch_agreed_verdicts(&self, one: &[&'static str], other: &[&'static str]) {
        let (one, other) = (one.to_vec(), other.to_vec());
        self.kernel.observe(move |state| assert_agreed(state, &one, &other));
    }

    /// Asserts that no `next` sets are left.
    pub(super) fn assert_tidy(&self) {
        let state = self.kernel.state();
        let next = state.set_names().into_iter().filter(|name| name.starts_with("geoip_next_"));
        assert_eq!(next.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

/// A temporary directory in memory, if possible, because it is faster.
fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

/// Asserts that addresses with the same verdict in both policies have it.
pub(super) fn assert_agreed(state: &State, one: &[&str], other: &[&str]) {
    for (address, country) in ADDRESSES {
        let blocked = (one.contains(&country), other.contains(&country));
        if blocked.0 == blocked.1 {
            assert_eq!(state.lets_in(address), !blocked.0, "{address} between {one:?} and {other:?}");
        }
    }
}

/// A request that blocks these countries.
pub(super) fn apply(countries: &[&str]) -> Value {
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": countries}})
}

/// A request that blocks these countries, on trial for a minute.
pub(super) fn apply_on_trial(countries: &[&str], token: &str) -> Value {
    let mut request = apply(countries);
    request["confirm"] = json!({"token": token, "seconds": 60});
    request
}

pub(super) fn plain() -> Value {
    json!({"v": 1})
}

pub(super) fn named(token: &str) -> Value {
    json!({"v": 1, "token": token})
}
