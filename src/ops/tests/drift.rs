//! Changes that others make in the kernel are found, reported and repaired.

use serde_json::json;

use super::bench::{Bench, plain};
use crate::firewall::fake::State;
use crate::net::Family;
use crate::ops::{AttachRequest, CheckRequest, HealRequest, StatusRequest};

#[test]
fn every_kind_of_drift_is_reported_with_its_code_and_repaired() {
    type Meddle = fn(&mut State);
    let kinds: [(Meddle, &str); 5] = [
        (|state| state.add_member("geoip_blocked_v4", "9.9.9.9/32"), "firewall.sets_drifted"),
        (|state| state.add_member("geoip_slash16_v4", "9.9.0.0/16"), "firewall.sets_drifted"),
        (|state| state.insert_rule(Family::V4, "GEOIP_CHECK", "-j RETURN"), "firewall.chain_drifted"),
        (|state| state.insert_rule(Family::V6, "GEOIP_VERDICT_V6", "-j ACCEPT"), "firewall.chain_drifted"),
        (|state| state.insert_rule(Family::V4, "INPUT", "-p tcp -j ACCEPT"), "firewall.not_attached"),
    ];
    for (meddle, code) in kinds {
        let bench = Bench::blocking(&["CN"]);
        bench.kernel.meddle(meddle);
        let status = bench.run::<StatusRequest>(&plain()).unwrap();
        assert_eq!(status.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [code]);
        let check = bench.run::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0}));
        assert_eq!(check.unwrap_err().code().as_str(), code);
        let healed = bench.run::<HealRequest>(&plain()).unwrap();
        assert_eq!(healed.repaired.iter().map(|drift| drift.code.as_str()).collect::<Vec<_>>(), [code]);
        bench.assert_blocked(&["CN"]);
        assert!(bench.run::<HealRequest>(&plain()).unwrap().repaired.is_empty());
    }
}

#[test]
fn a_kernel_without_drift_is_not_changed() {
    let bench = Bench::blocking(&["CN"]);
    bench.kernel.fail(0..1);
    assert!(!bench.run::<AttachRequest>(&plain()).unwrap().changed);
    assert!(bench.run::<HealRequest>(&plain()).unwrap().repaired.is_empty());
    assert!(!bench.kernel.recover());
}

#[test]
fn missing_sets_and_chains_are_restored() {
    let bench = Bench::blocking(&["CN"]);
    bench.kernel.reboot();
    bench.kernel.meddle(|state| state.insert_rule(Family::V4, "INPUT", "-s 192.0.2.1/32 -j ACCEPT"));
    let attached = bench.run::<AttachRequest>(&plain()).unwrap();
    assert!(attached.attached && attached.changed);
    bench.assert_blocked(&["CN"]);
    assert_eq!(bench.kernel.state().input(Family::V4).len(), 2);
}
