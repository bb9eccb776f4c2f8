//! Runs a week of a PBX with real data and prints how much of everything there is, as JSON lines.
//!
//! Usage: `soak HELPER STATE_DIRECTORY BUNDLE OTHER_BUNDLE EVENTS SEED`. `bin/soak` calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a soak ends where the world is not as expected")]

use std::path::PathBuf;

use serde_json::json;

#[path = "../tests/helper/lab.rs"]
#[allow(dead_code, unreachable_pub, reason = "the lab is the tests', which need more of it")]
mod lab;
#[path = "../tests/helper/week.rs"]
#[allow(unreachable_pub, reason = "the tests live through weeks too")]
mod week;

use week::Week;

const SAMPLES: u64 = 10;
/// The first one is blocked whenever a sample is taken.
const COUNTRIES: [&str; 24] = [
    "CN", "RU", "IR", "KP", "VN", "IN", "BR", "UA", "ID", "PK", "US", "DE", "FR", "GB", "NL", "SE", "JP",
    "KR", "ZA", "EG", "NG", "AR", "MX", "AU",
];
/// Well-known servers in many countries.
const KNOCKING: [&str; 12] = [
    "223.5.5.5",
    "77.88.8.8",
    "175.45.176.1",
    "8.8.8.8",
    "9.9.9.9",
    "194.25.0.60",
    "2400:3200::1",
    "2a02:6b8::feed:ff",
    "2001:4860:4860::8888",
    "2620:fe::fe",
    "2001:dc7::1",
    "1.1.1.1",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [helper, state, bundle, other, events, seed] = &arguments[..] else {
        panic!("usage: soak HELPER STATE_DIRECTORY BUNDLE OTHER_BUNDLE EVENTS SEED");
    };
    let bundles = [bundle, other].map(PathBuf::from);
    let seed = seed.parse().unwrap();
    let mut week = Week::new(helper.as_ref(), state.as_ref(), bundles, &COUNTRIES, &KNOCKING, seed);
    week.live(events.parse().unwrap(), SAMPLES);
    week.assert_flat();
    for sample in &week.samples {
        let line = json!({
            "step": sample.step,
            "sets": sample.sets,
            "entries": sample.entries,
            "set_bytes": sample.set_bytes,
            "rules": sample.rules,
            "files": sample.files,
            "file_bytes": sample.file_bytes,
            "processes": sample.processes,
            "netlink_sockets": sample.netlink_sockets,
        });
        println!("{line}");
    }
    println!("{}", json!({"events": week.events, "packets": week.packets}));
}
