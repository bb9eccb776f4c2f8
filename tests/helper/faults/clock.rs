//! Wrong and jumping clocks: libfaketime gives the helper another time than the system's.

use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{Stand, policy};
use crate::world::{Outcome, ask, plain_request};

/// The path of the library on Debian, for any architecture.
fn library() -> String {
    let found =
        Command::new("sh").args(["-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1"]).output().unwrap();
    let path = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    assert!(!path.is_empty(), "libfaketime is missing: run bin/setup");
    path
}

/// Runs the helper at another time.
fn ask_at(stand: &Stand, time: &str, operation: &str, request: &Value) -> Outcome {
    let mut helper = stand.pbx.helper(operation);
    helper.env("LD_PRELOAD", library()).env("FAKETIME", time);
    ask(stand.pbx.lab.pbx.wrap(&helper), request)
}

#[test]
fn a_clock_set_to_any_time() {
    let stand = Stand::usual();
    let times =
        ["@1970-01-01 00:00:01", "@2001-09-09 01:46:40", "@2038-01-20 00:00:00", "@2106-02-08 00:00:00"];
    for (turn, time) in times.into_iter().enumerate() {
        stand.drift();
        stand.at_point(|| {
            for (operation, request) in [
                ("attach", plain_request()),
                ("update", stand.edition(turn + 1)),
                ("apply", policy(turn + 1)),
                ("attach", plain_request()),
            ] {
                let outcome = ask_at(&stand, time, operation, &request);
                assert!(outcome.is_ok(), "{time}: {operation}: {outcome:?}");
            }
        });
        stand.assert_whole(time);
    }
    stand.report("clock in 1970, 2001, 2038, 2106", "done");
}

/// With a clock that runs a thousand times too fast every deadline passes; with one that stands still, none does.
#[test]
fn a_clock_that_races_or_stands_still() {
    let stand = Stand::usual();
    for (turn, time) in
        ["+0 x1000", "@2026-06-01 00:00:00 x0.001", "-30d x50", "+30d x0.1"].into_iter().enumerate()
    {
        stand.drift();
        stand.at_point(|| {
            for (operation, request) in [("update", stand.edition(turn + 1)), ("apply", policy(turn + 1))] {
                let outcome = ask_at(&stand, time, operation, &request);
                let tells = outcome.is_ok() || ["firewall.timeout", "state.busy"].contains(&outcome.code());
                assert!(tells, "{time}: {operation}: {outcome:?}");
            }
            thread::sleep(Duration::from_millis(5));
            assert!(stand.attach().is_ok() && stand.update(turn + 1).is_ok());
        });
        stand.assert_whole(time);
    }
    stand.report("clock racing and nearly standing still", "done or `firewall.timeout`");
}
