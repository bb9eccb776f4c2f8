//! A change on trial ends, whatever happens to the record, the disk, the watcher and the tools.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};

use crate::confirm::{change_to, named, wait_until};
use crate::lab::run;
use crate::pbx::Pbx;
use crate::world::{IN_FORCE, block_request, flip_byte, plain_request};

/// The file that replaces the record in a rollback.
const WAY_BACK: &str = "in-force-rolled-back.json";

impl Pbx {
    fn damage(&self, name: &str) {
        let path = self.world.state().join(name);
        let middle = fs::metadata(&path).unwrap().len() / 2;
        flip_byte(&path, usize::try_from(middle).unwrap());
    }

    /// Asserts that another trial works, and that a confirmation ends it.
    fn assert_the_next_trial_works(&self) {
        self.change(&["CN"], "next", 600);
        assert!(self.ask("confirm", &named("next")).is_ok());
        self.assert_cn_alone_is_blocked();
    }
}

#[test]
fn a_record_damaged_in_any_byte_during_a_trial_does_not_prevent_the_rollback() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    let record = pbx.world.state().join(IN_FORCE);
    let whole = fs::read(&record).unwrap();
    for offset in (0..whole.len()).step_by(7) {
        fs::write(&record, &whole).unwrap();
        flip_byte(&record, offset);
        let change = pbx.ask("status", &json!({"v": 1, "quick": true})).data()["change"].clone();
        assert_eq!((&change["token"], &change["state"]), (&json!("one"), &json!("pending")), "{offset}");
    }
    assert_eq!(pbx.ask("rollback", &named("one")).data()["state"], "rolled_back");
    pbx.assert_de_alone_is_blocked();
    pbx.wait_for_watchers(0);
    pbx.assert_the_next_trial_works();
}

#[test]
fn the_watcher_needs_no_record() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 4);
    for name in [IN_FORCE, WAY_BACK] {
        pbx.damage(name);
    }
    for plan in fs::read_dir(pbx.world.state()).unwrap().map(|file| file.unwrap().path()) {
        if plan.extension().is_some_and(|end| end == "bin" || end == "geodb") {
            fs::write(plan, "damaged").unwrap();
        }
    }
    pbx.wait_for_watchers(0);
    pbx.assert_de_alone_is_blocked();
    assert_eq!(pbx.change_state(), "rolled_back");
}

#[test]
fn without_a_watcher_any_intact_copy_is_enough_and_without_one_the_filter_is_switched_off() {
    for damaged in [IN_FORCE, WAY_BACK] {
        let pbx = Pbx::blocking_de();
        pbx.change(&["CN"], "one", 1);
        pbx.kill_watchers();
        pbx.damage(damaged);
        sleep(Duration::from_secs(1));
        pbx.attach();
        pbx.assert_de_alone_is_blocked();
        assert_eq!(pbx.change_state(), "rolled_back", "{damaged}");
        pbx.assert_the_next_trial_works();
    }
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    pbx.kill_watchers();
    [IN_FORCE, WAY_BACK].iter().for_each(|name| pbx.damage(name));
    let status = pbx.status();
    assert!(status.warnings().contains(&"state.damaged"), "{status:?}");
    assert_eq!(status.data()["applied"], Value::Null);
    pbx.assert_filtering(&["1.0.0.7", "1.0.64.7"], &[]);
    pbx.apply(&["DE"]);
    pbx.attach();
    assert!(!pbx.status().warnings().contains(&"state.damaged"));
    pbx.assert_the_next_trial_works();
}

#[test]
fn a_change_that_fails_at_its_last_step_changes_nothing() {
    let pbx = Pbx::blocking_de();
    let mut counting = block_request(&["DE"]);
    counting["policy"]["action"] = "count".into();
    assert!(pbx.ask("apply", &counting).is_ok());
    let before = pbx.kernel();
    pbx.replace_tool("iptables-restore", "cat >/dev/null; echo 'holds the xtables lock' >&2; exit 4");
    let refused = pbx.ask("apply", &change_to(&["CN"], "one", 600));
    assert_eq!(refused.code(), "firewall.timeout", "{refused:?}");
    assert_eq!(pbx.kernel(), before);
    let status = pbx.status();
    assert_eq!(status.data()["applied"]["policy"]["countries"], json!(["DE"]));
    assert_eq!((&status.data()["change"], status.data()["active"].as_bool()), (&Value::Null, Some(true)));
    pbx.wait_for_watchers(0);
    // Again, without the failure: the rollback restores what was there before both.
    fs::remove_file(pbx.tools.join("iptables-restore")).unwrap();
    symlink("/usr/sbin/xtables-legacy-multi", pbx.tools.join("iptables-restore")).unwrap();
    pbx.change(&["CN"], "one", 600);
    pbx.assert_cn_alone_is_blocked();
    assert!(pbx.ask("rollback", &named("one")).is_ok());
    assert_eq!(pbx.kernel(), before);
}

#[test]
fn a_second_change_that_fails_leaves_one_watcher_for_the_first() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 5);
    let real = fs::read_link(pbx.tools.join("iptables")).unwrap();
    pbx.replace_tool("iptables", "sleep 2; echo 'Another app holds the xtables lock' >&2; exit 4");
    assert_eq!(pbx.ask("apply", &change_to(&["CN", "DE"], "two", 600)).code(), "firewall.timeout");
    assert_eq!(pbx.watchers().len(), 1);
    fs::remove_file(pbx.tools.join("iptables")).unwrap();
    symlink(real, pbx.tools.join("iptables")).unwrap();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
}

#[test]
fn a_killed_watcher_is_replaced_by_the_next_operation() {
    let pbx = Pbx::blocking_de();
    pbx.change(&["CN"], "one", 600);
    pbx.kill_watchers();
    pbx.attach();
    pbx.wait_for_watchers(1);
    pbx.let_time_run_out();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
}

/// A small file system mounted over the state directory.
struct Disk(PathBuf);

impl Disk {
    fn under(pbx: &Pbx) -> Self {
        let state = pbx.world.state();
        let kept = pbx.world.file("kept");
        fs::rename(&state, &kept).unwrap();
        fs::create_dir(&state).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=4m,mode=700", "none", state.to_str().unwrap()]);
        run("cp", &["-a", &format!("{}/.", kept.display()), state.to_str().unwrap()]);
        Self(state)
    }

    fn remount(&self, option: &str) {
        run("mount", &["-o", &format!("remount,{option}"), self.0.to_str().unwrap()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

#[test]
fn on_a_full_disk_the_former_policy_comes_back() {
    let pbx = Pbx::blocking_de();
    let disk = Disk::under(&pbx);
    pbx.change(&["CN"], "one", 3);
    fs::write(disk.0.join("ballast"), vec![0; 8 << 20]).unwrap_err();
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
    pbx.wait_for_watchers(0);
}

#[test]
fn on_a_read_only_disk_the_kernel_is_rolled_back_first_and_the_record_later() {
    let pbx = Pbx::blocking_de();
    let disk = Disk::under(&pbx);
    pbx.change(&["CN"], "one", 2);
    disk.remount("ro");
    let is_back = || !pbx.lab.arriving(&["1.0.0.7".parse().unwrap()]).is_empty();
    wait_until("back in the kernel", is_back);
    let status = pbx.status();
    let problems = status.data()["problems"].as_array().unwrap();
    let warned = status.warnings().contains(&"state.io");
    assert!(warned || problems.iter().any(|problem| problem["code"] == "state.io"), "{status:?}");
    assert_eq!(status.data()["applied"]["policy"]["countries"], json!(["DE"]));
    // A repair restores the former policy.
    pbx.ask("heal", &plain_request());
    pbx.assert_filtering(&["1.0.0.7"], &["1.0.64.7"]);
    disk.remount("rw");
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_de_alone_is_blocked();
    pbx.wait_for_watchers(0);
}

#[test]
fn the_watcher_keeps_none_of_its_callers_files_open() {
    let pbx = Pbx::blocking_de();
    let path = pbx.world.file("desired-state.lock");
    let lock = File::create(&path).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    fcntl_setfd(lock.as_fd(), FdFlags::empty()).unwrap();
    pbx.change(&["CN"], "one", 600);
    drop(lock);
    let [watcher] = pbx.watchers()[..] else { panic!("no watcher, or several") };
    let files = fs::read_dir(format!("/proc/{}/fd", watcher.as_raw_nonzero())).unwrap();
    let held: Vec<PathBuf> = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok()).collect();
    assert!(!held.contains(&path), "{held:?}");
    assert!(!held.iter().any(|file| file.ends_with("firewall.lock")), "{held:?}");
}
