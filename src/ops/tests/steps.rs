//! Every step of an operation fails once, or from that step on.

use super::bench::{Bench, apply, apply_on_trial, assert_agreed, plain};
use crate::ops::{ApplyRequest, AttachRequest, DetachRequest, HealRequest, StatusRequest};

const OLD: [&str; 2] = ["CN", "JP"];
const NEW: [&str; 2] = ["DE", "JP"];
/// More changes than any operation makes.
const MANY: usize = 500;

#[test]
fn an_address_with_the_same_verdict_before_and_after_keeps_it_after_every_step() {
    for (from, to) in [(&["CN"][..], &["CN", "DE"][..]), (&["CN", "DE"], &["DE"]), (&OLD, &NEW), (&NEW, &OLD)]
    {
        let bench = Bench::blocking(from);
        bench.watch_agreed_verdicts(from, to);
        bench.run::<ApplyRequest>(&apply(to)).unwrap();
        bench.assert_blocked(to);
        bench.assert_tidy();
    }
}

#[test]
fn an_apply_with_one_failing_step_is_done_or_undone() {
    let steps = (0..MANY).find(|step| {
        let bench = Bench::blocking(&OLD);
        bench.kernel.fail(*step..step + 1);
        bench.watch_agreed_verdicts(&OLD, &NEW);
        let done = bench.run::<ApplyRequest>(&apply(&NEW));
        let has_failed = bench.kernel.recover();
        let expected = if done.is_ok() { &NEW } else { &OLD };
        bench.assert_blocked(expected);
        let in_force = bench.in_force();
        let recorded = in_force.applied().unwrap().unwrap().policy.countries.iter().map(ToString::to_string);
        assert_eq!(recorded.collect::<Vec<_>>(), *expected, "step {step}");
        assert!(
            bench.run::<HealRequest>(&plain()).unwrap().repaired.is_empty() || done.is_err(),
            "step {step}"
        );
        bench.assert_blocked(expected);
        bench.assert_tidy();
        !has_failed
    });
    assert!(steps.is_some_and(|steps| steps > 15), "{steps:?} steps");
}

#[test]
fn an_apply_that_fails_from_some_step_on_drops_nobody_whom_neither_policy_drops() {
    for step in 0..40 {
        let bench = Bench::blocking(&OLD);
        bench.watch_agreed_verdicts(&OLD, &NEW);
        bench.kernel.fail(step..MANY);
        let _ = bench.run::<ApplyRequest>(&apply(&NEW));
        bench.kernel.recover();
        assert_agreed(&bench.kernel.state(), &OLD, &NEW);
        // The next operation repairs the kernel, according to the record.
        bench.run::<HealRequest>(&plain()).unwrap();
        let is_new = bench.in_force().applied().unwrap().unwrap().policy.countries
            == ["DE", "JP"].map(|code| code.parse().unwrap());
        bench.assert_blocked(if is_new { &NEW } else { &OLD });
        bench.run::<ApplyRequest>(&apply(&NEW)).unwrap();
        bench.assert_blocked(&NEW);
        bench.assert_tidy();
    }
}

#[test]
fn a_trial_with_a_failing_step_has_not_begun_or_is_pending() {
    for step in 0..40 {
        let bench = Bench::blocking(&OLD);
        bench.kernel.fail(step..step + 1);
        bench.watch_agreed_verdicts(&OLD, &NEW);
        let done = bench.run::<ApplyRequest>(&apply_on_trial(&NEW, "one"));
        bench.kernel.recover();
        let waits = bench.in_force().pending().is_some();
        assert_eq!(waits, done.is_ok(), "step {step}");
        bench.assert_blocked(if waits { &NEW } else { &OLD });
        bench.pass_time(61);
        bench.run::<HealRequest>(&plain()).unwrap();
        bench.assert_blocked(&OLD);
    }
}

#[test]
fn an_attach_after_a_reboot_with_a_failing_step_is_repaired_by_the_next() {
    for step in 0..40 {
        let bench = Bench::blocking(&OLD);
        bench.kernel.reboot();
        bench.kernel.fail(step..step + 1);
        bench.watch_agreed_verdicts(&OLD, &[]);
        let _ = bench.run::<AttachRequest>(&plain());
        bench.kernel.recover();
        bench.run::<AttachRequest>(&plain()).unwrap();
        bench.assert_blocked(&OLD);
        assert!(bench.run::<StatusRequest>(&plain()).unwrap().active, "step {step}");
    }
}

#[test]
fn a_detach_with_a_failing_step_lets_everybody_in_or_reports_it() {
    for step in 0..60 {
        let bench = Bench::blocking(&OLD);
        bench.kernel.fail(step..step + 1);
        bench.watch_agreed_verdicts(&OLD, &[]);
        let (done, warnings) = bench.run_with_warnings::<DetachRequest>(&plain());
        bench.kernel.recover();
        if done.is_ok() && warnings.is_empty() {
            bench.assert_blocked(&[]);
            assert_eq!(bench.in_force().applied().unwrap(), None, "step {step}");
        }
        bench.run::<DetachRequest>(&plain()).unwrap();
        bench.assert_blocked(&[]);
        let state = bench.kernel.state();
        assert_eq!((state.set_names(), state.chain_names()), (Vec::new(), Vec::new()), "step {step}");
    }
}

#[test]
fn a_plan_that_a_killed_helper_left_is_removed_by_the_next() {
    let bench = Bench::blocking(&OLD);
    std::fs::write(bench.state().file("plan-0123456789abcdef.bin"), "left behind").unwrap();
    bench.run::<AttachRequest>(&plain()).unwrap();
    let plans = bench.state().files().filter(|file| file.name().starts_with("plan-")).count();
    assert_eq!(plans, 1);
}
