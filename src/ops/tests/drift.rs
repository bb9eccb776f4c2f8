//! Changes that others make in the kernel are found, reported and repaired.

use serde_json::json;

use super::bench::{Bench, apply, plain};
use crate::firewall::fake::State;
use crate::net::Family;
use crate::ops::{ApplyRequest, AttachRequest, CheckRequest, DetachRequest, HealRequest, StatusRequest};

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
fn a_quick_status_knows_what_the_last_full_comparison_found_until_the_sets_are_loaded() {
    let quick = |bench: &Bench| {
        let status = bench.run::<StatusRequest>(&json!({"v": 1, "quick": true})).unwrap();
        assert!(!status.exact);
        status.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    let look = |bench: &Bench| drop(bench.run::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0})));
    let bench = Bench::blocking(&["CN"]);
    for mend in [
        |bench: &Bench| drop(bench.run::<HealRequest>(&plain()).unwrap()),
        |bench: &Bench| drop(bench.run::<ApplyRequest>(&apply(&["JP"])).unwrap()),
        |bench: &Bench| {
            bench.run::<DetachRequest>(&plain()).unwrap();
        },
    ] {
        bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.kernel.meddle(|state| state.exchange_member("geoip_blocked_v4", "9.9.9.9/32"));
        assert_eq!(quick(&bench), [""; 0], "the number of members is right");
        look(&bench);
        let found = quick(&bench);
        assert!(found.len() == 1 && found[0].starts_with("geoip_blocked_v4 lacks 1"), "{found:?}");
        mend(&bench);
        assert!(!quick(&bench).iter().any(|problem| problem.contains("lacks")));
    }
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(quick(&bench), [""; 0]);
}

#[test]
fn a_damaged_plan_that_was_found_is_forgotten_once_it_is_written_anew() {
    let codes = |bench: &Bench| {
        let status = bench.run::<StatusRequest>(&json!({"v": 1, "quick": true})).unwrap();
        status.problems.iter().map(|problem| problem.code).collect::<Vec<_>>()
    };
    let bench = Bench::blocking(&["CN"]);
    let state = bench.state();
    let plans = state.files().filter(|file| file.name().starts_with("plan-"));
    plans.for_each(|plan| std::fs::write(state.file(plan.name()), "damaged").unwrap());
    drop(bench.run::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0})));
    assert_eq!(codes(&bench), ["state.plan_unusable"]);
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    assert_eq!(codes(&bench), [""; 0]);
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
