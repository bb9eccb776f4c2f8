//! Changes on trial: confirmed, rolled back, replaced, and with damaged records.

use std::fs;

use serde_json::json;

use super::bench::{Bench, apply, apply_on_trial, named, plain};
use crate::error::Code;
use crate::ops::{
    ApplyRequest, AttachRequest, ConfirmRequest, DetachRequest, HealRequest, RollbackRequest, StatusRequest,
};
use crate::records::TrialState;

fn on_trial() -> Bench {
    let bench = Bench::blocking(&["CN"]);
    bench.run::<ApplyRequest>(&apply_on_trial(&["DE"], "one")).unwrap();
    bench.assert_blocked(&["DE"]);
    assert_eq!(bench.watchers.started(), 1);
    bench
}

#[test]
fn a_change_that_is_confirmed_in_time_stays() {
    let bench = on_trial();
    bench.pass_time(59);
    assert_eq!(bench.run::<ConfirmRequest>(&named("one")).unwrap().state, TrialState::Confirmed);
    bench.pass_time(1000);
    bench.run::<HealRequest>(&plain()).unwrap();
    bench.assert_blocked(&["DE"]);
    assert_eq!(bench.run::<RollbackRequest>(&named("one")).unwrap_err().code(), Code::ChangeConfirmed);
}

#[test]
fn any_operation_after_the_time_to_confirm_restores_the_former_policy() {
    type Comer = fn(&Bench);
    let comers: [Comer; 5] = [
        |bench| drop(bench.run::<AttachRequest>(&plain()).unwrap()),
        |bench| drop(bench.run::<HealRequest>(&plain()).unwrap()),
        |bench| drop(bench.run::<StatusRequest>(&plain()).unwrap()),
        |bench| {
            assert_eq!(
                bench.run::<ConfirmRequest>(&named("one")).unwrap_err().code(),
                Code::ChangeRolledBack
            );
        },
        |bench| {
            assert_eq!(bench.run::<RollbackRequest>(&named("one")).unwrap().state, TrialState::RolledBack);
        },
    ];
    for comer in comers {
        let bench = on_trial();
        bench.watch_agreed_verdicts(&["CN"], &["DE"]);
        bench.pass_time(60);
        comer(&bench);
        bench.assert_blocked(&["CN"]);
        assert_eq!(
            bench.run::<StatusRequest>(&plain()).unwrap().change.unwrap().state,
            TrialState::RolledBack
        );
    }
}

#[test]
fn a_reboot_or_a_clock_that_is_set_back_does_not_prolong_a_trial() {
    let bench = on_trial();
    bench.clock.reboot();
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
    let bench = on_trial();
    bench.clock.set("1970-01-01T00:00:00Z");
    bench.pass_time(60);
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
}

#[test]
fn a_policy_applied_during_a_trial_belongs_to_it_and_a_rollback_skips_unconfirmed_policies() {
    let bench = on_trial();
    bench.run::<ApplyRequest>(&apply(&["DE", "JP"])).unwrap();
    bench.run::<ApplyRequest>(&apply_on_trial(&["JP"], "two")).unwrap();
    bench.assert_blocked(&["JP"]);
    bench.pass_time(60);
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
}

#[test]
fn applying_the_same_change_again_does_not_prolong_its_trial() {
    let bench = on_trial();
    bench.pass_time(50);
    bench.run::<ApplyRequest>(&apply_on_trial(&["DE"], "one")).unwrap();
    bench.pass_time(10);
    let late = bench.run::<ApplyRequest>(&apply_on_trial(&["DE"], "one"));
    assert_eq!(late.unwrap_err().code(), Code::ChangeRolledBack);
    bench.assert_blocked(&["CN"]);
}

#[test]
fn without_a_watcher_no_trial_begins() {
    let bench = Bench::blocking(&["CN"]);
    bench.watchers.fail();
    let refused = bench.run::<ApplyRequest>(&apply_on_trial(&["DE"], "one"));
    assert_eq!(refused.unwrap_err().code(), Code::StateIo);
    bench.assert_blocked(&["CN"]);
    bench.assert_tidy();
    assert_eq!(bench.in_force().trial, None);
}

#[test]
fn any_single_damaged_file_still_allows_the_rollback() {
    for name in ["in-force.json", "in-force-rolled-back.json", "plan"] {
        let bench = on_trial();
        let state = bench.state();
        for file in
            state.files().filter(|file| file.name().starts_with(name) && file.name().len() <= name.len() + 21)
        {
            fs::write(&file, "damaged").unwrap();
        }
        bench.pass_time(60);
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_blocked(&["CN"]);
        let status = bench.run::<StatusRequest>(&plain()).unwrap();
        assert_eq!((status.active, status.change.unwrap().state), (true, TrialState::RolledBack), "{name}");
    }
}

#[test]
fn what_is_damaged_cannot_be_confirmed_and_goes_back_in_time() {
    let bench = on_trial();
    fs::write(bench.state().file("in-force.json"), "damaged").unwrap();
    assert_eq!(bench.run::<ConfirmRequest>(&named("one")).unwrap_err().code(), Code::StateDamaged);
    bench.pass_time(60);
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
    // Applied once more in time, it can be.
    let bench = on_trial();
    fs::write(bench.state().file("in-force.json"), "damaged").unwrap();
    bench.run::<ApplyRequest>(&apply_on_trial(&["DE"], "one")).unwrap();
    bench.run::<ConfirmRequest>(&named("one")).unwrap();
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["DE"]);
}

#[test]
fn a_first_policy_on_trial_goes_back_to_none() {
    let bench = Bench::new();
    bench.run::<ApplyRequest>(&apply_on_trial(&["CN"], "one")).unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
    bench.pass_time(60);
    assert_eq!(bench.run::<AttachRequest>(&plain()).unwrap_err().code(), Code::PolicyNone);
    bench.assert_blocked(&[]);
    assert_eq!(bench.kernel.state().chain_names(), Vec::<&str>::new());
}

#[test]
fn after_a_detach_nothing_is_restored() {
    let bench = on_trial();
    bench.run::<DetachRequest>(&plain()).unwrap();
    bench.pass_time(60);
    assert_eq!(bench.run::<AttachRequest>(&plain()).unwrap_err().code(), Code::PolicyNone);
    let unknown = bench.run::<ConfirmRequest>(&json!({"v": 1, "token": "one"}));
    assert_eq!(unknown.unwrap_err().code(), Code::ChangeUnknown);
}
