//! A change on trial always ends, whatever happens to its records, watcher, disk and helper, even with two faults at
//! once.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::damage::Damage;
use super::killing::Step;
use super::{Stand, chosen, policy};
use crate::world::plain_request;

/// An address of JP in half a /24 block. It is blocked before the change on trial but not by it.
const BLOCKED_BEFORE: &str = "20.0.0.7";

/// The change from blocking CN and JP to blocking only CN.
fn change(turn: usize) -> Value {
    let mut request = policy(1);
    request["confirm"] = json!({"token": format!("turn-{turn}"), "seconds": 1});
    request
}

impl Stand {
    /// Whether the policy before the change is in force, as read from the kernel.
    fn is_back(&self) -> bool {
        let mut ask = Command::new("ipset");
        ask.args(["-q", "test", "geoip_specific_v4", BLOCKED_BEFORE]);
        self.pbx.lab.pbx.wrap(&ask).status().unwrap().success()
    }

    /// Waits for the former policy, without running the helper.
    fn wait_until_it_is_back(&self, after: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.is_back() {
            assert!(Instant::now() < deadline, "{after}: the unconfirmed policy stays");
            sleep(Duration::from_millis(20));
        }
    }

    /// The record files of a trial, and the plans.
    fn records(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.pbx.world.state()).unwrap().map(|file| file.unwrap().path());
        let is_record = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            ["in-force", "plan"].iter().any(|record| name.starts_with(record))
        };
        files.filter(is_record).collect()
    }

    /// Asserts that what an administrator would do next repairs everything.
    fn assert_mended(&self, after: &str) {
        for outcome in [self.apply(0), self.attach()] {
            assert!(outcome.is_ok(), "{after}: {outcome:?}");
        }
        assert!(self.is_back(), "{after}: the policy of all points is not in force");
        let status = self.ask("status", &plain_request());
        assert_eq!(status.data()["active"], true, "{after}: {status:?}");
    }
}

/// Each record is truncated or changed at many places during a trial. Every other time there is no watcher, so that the
/// next operation must roll back.
#[test]
fn records_damaged_while_a_change_waits() {
    let stand = Stand::usual();
    let points: Vec<usize> = (0..60).collect();
    for turn in chosen(points, 4) {
        stand.at_point(|| {
            let outcome = stand.ask("apply", &change(turn));
            assert!(outcome.is_ok(), "{outcome:?}");
            let records = stand.records();
            let record = &records[turn % records.len()];
            let content = fs::read(record).unwrap();
            let damages = Damage::all(content.len(), 12);
            let damage = damages[turn % damages.len()];
            damage.inflict(record, &content);
            let after = format!("{damage:?} in {}", record.display());
            if turn % 2 == 0 {
                stand.pbx.kill_watchers();
                sleep(Duration::from_secs(1));
                assert!(stand.attach().is_ok(), "{after}");
            }
            stand.wait_until_it_is_back(&after);
            stand.assert_mended(&after);
        });
    }
    stand.report(
        "a record damaged while a change waits, with and without its watcher",
        "the former policy returns in time",
    );
}

/// If it is killed at any step, a change on trial has either not begun or ends by itself.
#[test]
fn a_change_on_trial_that_is_killed_at_any_step() {
    let stand = Stand::usual();
    let steps = Step::all(&stand, "apply", &change(1000));
    stand.wait_until_it_is_back("a change that nobody confirms");
    for (turn, step) in chosen(steps, 4).into_iter().enumerate() {
        stand.at_point(|| {
            step.strike(&stand, "KILL", "apply", &change(turn));
            sleep(Duration::from_millis(1200));
            // A watcher that was killed with the helper is replaced by the next operation.
            assert!(stand.attach().is_ok(), "{step:?}");
            stand.wait_until_it_is_back(&format!("{step:?}"));
            stand.assert_mended(&format!("{step:?}"));
        });
    }
    stand.report("SIGKILL in an `apply` on trial", "not begun, or the former policy returns");
}

/// The rollback meets a tool that fails for a while, and a watcher that was killed.
#[test]
fn a_tool_that_fails_when_the_time_is_up() {
    let stand = Stand::usual();
    let tools = ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"];
    let points = tools.iter().flat_map(|tool| [false, true].map(|killed| (*tool, killed)));
    for (turn, (tool, killed)) in chosen(points.collect(), 4).into_iter().enumerate() {
        stand.at_point(|| {
            let outcome = stand.ask("apply", &change(turn));
            assert!(outcome.is_ok(), "{outcome:?}");
            let genuine = fs::read_link(stand.pbx.tools.join(tool)).unwrap();
            stand.pbx.replace_tool(
                tool,
                "cat >/dev/null; echo 'Another app is currently holding the xtables lock' >&2; exit 4",
            );
            if killed {
                stand.pbx.kill_watchers();
            }
            sleep(Duration::from_secs(2));
            fs::remove_file(stand.pbx.tools.join(tool)).unwrap();
            symlink(genuine, stand.pbx.tools.join(tool)).unwrap();
            if killed {
                assert!(stand.attach().is_ok(), "{tool}");
            }
            stand.wait_until_it_is_back(tool);
            stand.assert_mended(tool);
        });
    }
    stand.report(
        "a tool that fails when the time of a change is up, with and without its watcher",
        "tried again until the former policy is back",
    );
}
