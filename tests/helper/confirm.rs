//! Changes on trial with the real kernel and real packets.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{Flavour, Pbx, ROWS};
use crate::world::{Outcome, ask, block_request, plain_request, update_request};

pub fn change_to(countries: &[&str], token: &str, seconds: u64) -> Value {
    let mut request = block_request(countries);
    request["confirm"] = json!({"token": token, "seconds": seconds});
    request
}

pub fn named(token: &str) -> Value {
    json!({"v": 1, "token": token})
}

impl Pbx {
    /// A PBX that blocks DE by a confirmed policy.
    pub fn blocking_de() -> Self {
        let pbx = Self::new(Flavour::Legacy);
        pbx.apply(&["DE"]);
        pbx.attach();
        pbx
    }

    pub fn change(&self, countries: &[&str], token: &str, seconds: u64) {
        let outcome = self.ask("apply", &change_to(countries, token, seconds));
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    pub fn status(&self) -> Outcome {
        self.ask("status", &plain_request())
    }

    /// The last change, as `status` reports it.
    pub fn change_state(&self) -> Value {
        self.status().data()["change"]["state"].clone()
    }

    pub fn assert_de_alone_is_blocked(&self) {
        self.assert_filtering(&["1.0.0.7", "2a00:1::7"], &["1.0.64.7", "2a00:100::7"]);
        let status = self.status();
        assert_eq!(status.data()["active"], true, "{status:?}");
        assert_eq!(status.data()["applied"]["policy"]["countries"], json!(["DE"]));
    }

    pub fn assert_cn_alone_is_blocked(&self) {
        self.assert_filtering(&["1.0.64.7", "2a00:100::7"], &["1.0.0.7", "2a00:1::7"]);
    }

    /// Ends the time to confirm now, so that the test does not depend on the speed of the machine.
    pub fn let_time_run_out(&self) {
        self.world.edit_record(|record| record["trial"]["deadline"]["milliseconds"] = 1.into());
    }

    /// Waits until the watcher has rolled the change back. It reads the record, because the helper itself would roll
    /// back.
    pub fn wait_for_the_watcher_to_roll_back(&self) {
        wait_until("rolled back", || self.world.record()["trial"]["state"] == "rolled_back");
    }

    pub fn wait_for_watchers(&self, number: usize) {
        wait_until("as many watchers", || self.watchers().len() == number);
    }

    /// The watcher processes.
    pub fn watchers(&self) -> Vec<Pid> {
        let state = self.world.state().canonicalize().unwrap();
        let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        let is_watcher = |process: &PathBuf| {
            let words = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
            words.contains("rollback") && words.contains(state.to_str().unwrap())
        };
        let number = |process: PathBuf| Pid::from_raw(process.file_name()?.to_str()?.parse().ok()?);
        processes.filter(is_watcher).filter_map(number).collect()
    }

    pub fn kill_watchers(&self) {
        for watcher in self.watchers() {
            kill_process(watcher, Signal::KILL).unwrap();
        }
    }
}

/// Waits, for as long as even a slow machine may need.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "never {what}");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn without_a_confirmation_the_former_policy_comes_back_by_itself() {
    let pbx = Pbx::blocking_de();
    let begun = Instant::now();
    pbx.change(&["CN"], "one", 8);
    pbx.assert_cn_alone_is_blocked();
    let change = pbx.status().data()["change"].clone();
    assert_eq!((&change["token"], &change["state"]), (&json!("one"), &json!("pending")));
    assert!((1..=8).contains(&change["seconds_left"].as_u64().unwrap()), "{change}");
    pbx.wait_for_the_watcher_to_roll_back();
    assert!(begun.elapsed() >= Duration::from_secs(8), "before its time");
    // No other operation has run since.
    pbx.assert_filtering(&["1.0.0.7", "2a00:1::7"], &["1.0.64.7", "2a00:100::7"]);
    assert_eq!(pbx.change_state(), "rolled_back");
    pbx.assert_de_alone_is_blocked();
    assert_eq!(pbx.ask("confirm", &named("one")).code(), "change.rolled_back");
    pbx.wait_for_watchers(0);
}

#[test]
fn a_confirmed_change_stays() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    assert_eq!(pbx.ask("confirm", &named("another")).code(), "change.unknown");
    assert_eq!(pbx.ask("confirm", &named("one")).data()["state"], "confirmed");
    assert!(pbx.ask("confirm", &named("one")).is_ok(), "said twice");
    assert_eq!(pbx.ask("rollback", &named("one")).code(), "change.confirmed");
    pbx.let_time_run_out();
    pbx.wait_for_watchers(0);
    pbx.attach();
    pbx.assert_cn_alone_is_blocked();
    assert_eq!(pbx.change_state(), "confirmed");
    let files = fs::read_dir(pbx.world.state()).unwrap().map(|file| file.unwrap().path());
    let plans = files.filter(|path| path.extension().is_some_and(|end| end == "bin")).count();
    assert_eq!(plans, 1, "the former plan is no longer needed");
}

#[test]
fn the_watcher_outlives_its_caller_and_keeps_nothing_of_it() {
    let pbx = Pbx::blocking_de();
    // The caller's process group is killed as soon as the change is made.
    let request = pbx.world.file("request.json");
    fs::write(&request, change_to(&["CN"], "one", 600).to_string()).unwrap();
    let helper = pbx.world.helper("apply");
    let words: Vec<_> = helper.get_args().map(|word| word.to_str().unwrap()).collect();
    let program = helper.get_program().to_str().unwrap();
    let script = format!("{program} {} <{} >/dev/null; kill -KILL 0", words.join(" "), request.display());
    let mut caller = Command::new("setsid");
    caller.args(["--wait", "sh", "-c", &script]);
    let ended = pbx.lab.pbx.wrap(&caller).output().unwrap();
    assert!(!ended.status.success(), "the caller was killed");
    pbx.assert_cn_alone_is_blocked();
    let [watcher] = pbx.watchers()[..] else { panic!("no watcher, or several") };
    let process = PathBuf::from(format!("/proc/{}", watcher.as_raw_nonzero()));
    for stream in 0..=2 {
        assert_eq!(fs::read_link(process.join(format!("fd/{stream}"))).unwrap(), PathBuf::from("/dev/null"));
    }
    let stat = fs::read_to_string(process.join("stat")).unwrap();
    let session = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(3).unwrap().to_owned();
    assert_eq!(session, watcher.as_raw_nonzero().to_string(), "it leads a session of its own");
    pbx.let_time_run_out();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
}

/// As in a container that is entered from outside, where the session id of the caller is 0.
#[test]
fn a_caller_with_a_session_outside_its_pid_namespace_can_change_the_policy() {
    let pbx = Pbx::blocking_de();
    for (countries, token) in [(["CN"], "one"), (["DE"], "two"), (["CN"], "three")] {
        let helper = pbx.helper("apply");
        let mut inside = Command::new("unshare");
        inside.args(["--pid", "--fork", "--mount-proc"]).arg(helper.get_program()).args(helper.get_args());
        inside.envs(helper.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let outcome = ask(pbx.lab.pbx.wrap(&inside), &change_to(&countries, token, 600));
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    pbx.assert_cn_alone_is_blocked();
    assert_eq!(pbx.change_state(), "pending");
}

#[test]
fn if_the_watcher_was_killed_the_next_operation_restores_the_former_policy() {
    for operation in ["status", "attach", "update"] {
        let pbx = Pbx::blocking_de();
        pbx.change(&["CN"], "one", 600);
        pbx.kill_watchers();
        pbx.let_time_run_out();
        pbx.assert_cn_alone_is_blocked();
        let bundle = pbx.world.bundle("more.csv.gz", &format!("{ROWS}3000::,3000::ffff,DE\n"));
        let request = if operation == "update" { update_request(&bundle) } else { plain_request() };
        assert!(pbx.ask(operation, &request).is_ok(), "{operation}");
        pbx.assert_de_alone_is_blocked();
        assert_eq!(pbx.change_state(), "rolled_back", "{operation}");
    }
}

#[test]
fn a_reboot_ends_a_trial() {
    let mut pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    pbx.kill_watchers();
    pbx.lab = Lab::new();
    // The record names another boot.
    pbx.world.edit_record(|record| record["trial"]["deadline"]["boot"] = "another".into());
    pbx.attach();
    pbx.assert_de_alone_is_blocked();
    assert_eq!(pbx.change_state(), "rolled_back");
}

#[test]
fn after_two_unconfirmed_changes_the_policy_before_both_comes_back() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 1);
    pbx.change(&["CN", "DE"], "two", 600);
    assert_eq!(pbx.ask("confirm", &named("one")).code(), "change.unknown");
    sleep(Duration::from_secs(2));
    pbx.wait_for_watchers(1);
    pbx.assert_filtering(&["9.9.9.9"], &["1.0.0.7", "1.0.64.7"]);
    pbx.let_time_run_out();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
}

#[test]
fn applying_a_change_again_does_not_prolong_it_and_is_refused_when_it_is_over() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    let deadline = pbx.world.record()["trial"]["deadline"].clone();
    sleep(Duration::from_secs(1));
    pbx.change(&["CN"], "one", 600);
    assert_eq!(pbx.world.record()["trial"]["deadline"], deadline);
    pbx.let_time_run_out();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
    assert_eq!(pbx.ask("apply", &change_to(&["CN"], "one", 600)).code(), "change.rolled_back");
    pbx.assert_de_alone_is_blocked();
}

#[test]
fn a_policy_applied_during_a_trial_belongs_to_it() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    pbx.apply(&["CN", "DE"]);
    let moved = ROWS.replace("1.0.64.0,1.0.64.255,DE", "1.0.64.0,1.0.64.255,CN");
    let bundle = pbx.world.bundle("moved.csv.gz", &moved);
    assert!(pbx.ask("update", &update_request(&bundle)).is_ok());
    assert_eq!(pbx.change_state(), "pending");
    assert_eq!(pbx.ask("rollback", &named("one")).data()["state"], "rolled_back");
    pbx.assert_filtering(&["1.0.0.7"], &["1.1.0.4"]);
    assert_eq!(pbx.status().data()["applied"]["policy"]["countries"], json!(["DE"]));
}

#[test]
fn a_rollback_of_the_first_policy_leaves_no_trace() {
    let pbx = Pbx::new(Flavour::Legacy);
    let before = pbx.kernel();
    pbx.change(&["CN"], "one", 600);
    pbx.attach();
    pbx.assert_cn_alone_is_blocked();
    assert!(pbx.ask("rollback", &named("one")).is_ok());
    assert_eq!(pbx.kernel(), before);
    assert_eq!(pbx.ask("attach", &plain_request()).code(), "policy.none");
}

#[test]
fn a_change_that_fails_leaves_nothing_to_confirm() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    pbx.replace_tool("iptables", "echo 'iptables: Permission denied (you must be root)' >&2; exit 4");
    assert_eq!(pbx.ask("apply", &change_to(&["DE", "CN"], "two", 600)).code(), "firewall.permission");
    assert_eq!(pbx.status().data()["change"]["token"], "one");
    assert_eq!(pbx.ask("apply", &change_to(&["QQ"], "two", 600)).code(), "request.unknown_country");
    assert_eq!(pbx.status().data()["change"]["token"], "one");
}

#[test]
fn detach_forgets_a_pending_change() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    assert!(pbx.ask("detach", &plain_request()).is_ok());
    pbx.wait_for_watchers(0);
    assert_eq!(pbx.status().data()["change"], Value::Null);
    assert_eq!(pbx.ask("attach", &plain_request()).code(), "policy.none");
}

#[test]
fn invalid_tokens_and_times_are_refused_with_their_field() {
    let pbx = Pbx::blocking_de();
    for (token, seconds, place) in [
        ("../x", 90, "confirm.token"),
        ("", 90, "confirm.token"),
        ("x", 0, "confirm.seconds"),
        ("x", 3601, "confirm.seconds"),
    ] {
        let outcome = pbx.ask("apply", &change_to(&["CN"], token, seconds));
        assert_eq!((outcome.status, outcome.code()), (2, "request.invalid"));
        assert!(outcome.message().starts_with(place), "{outcome:?}");
    }
    pbx.assert_de_alone_is_blocked();
}
