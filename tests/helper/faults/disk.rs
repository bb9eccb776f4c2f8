//! A state directory on a disk that is full, out of inodes or read-only.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::{Stand, chosen};
use crate::lab::run;
use crate::pbx::{Flavour, Pbx};
use crate::world::plain_request;

/// Number of files that fit on the small disk.
const INODES: usize = 64;

/// A small file system mounted over the state directory.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts a disk with room for a few editions of the data.
    fn under(pbx: &Pbx) -> Self {
        let path = pbx.world.state();
        fs::remove_dir_all(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let disk = Self { path };
        disk.mount(&format!("size=4m,nr_inodes={INODES},mode=700"));
        disk
    }

    fn mount(&self, options: &str) {
        run("mount", &["-t", "tmpfs", "-o", options, "none", self.path.to_str().unwrap()]);
    }

    fn remount(&self, option: &str) {
        run("mount", &["-o", &format!("remount,{option}"), self.path.to_str().unwrap()]);
    }

    /// Fills the disk up to `spare` bytes.
    fn fill(&self, spare: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = [0; 4096];
        while ballast.write_all(&block).is_ok() {}
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length.saturating_sub(spare)).unwrap();
    }

    /// Uses up all inodes except `spare`.
    fn fill_inodes(&self, spare: usize) {
        fs::create_dir(self.ballast()).unwrap();
        let taken =
            (0..INODES).take_while(|n| File::create(self.ballast().join(n.to_string())).is_ok()).count();
        (taken - spare.min(taken)..taken)
            .for_each(|n| fs::remove_file(self.ballast().join(n.to_string())).unwrap());
    }

    fn empty(&self) {
        let _ = fs::remove_file(self.ballast());
        let _ = fs::remove_dir_all(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l", self.path.to_str().unwrap()]);
    }
}

/// A PBX with its state directory on a small disk.
fn stand() -> (Disk, Stand) {
    let pbx = Pbx::new(Flavour::Legacy);
    let disk = Disk::under(&pbx);
    (disk, Stand::with(pbx))
}

/// Runs everything that writes on a bad disk. Failures are reported, and the filter is repaired without writing.
fn suffer(stand: &Stand, turn: usize, is_hopeless: bool) {
    for outcome in [stand.update(turn), stand.apply(turn)] {
        assert!(outcome.is_ok() || outcome.code() == "state.io", "{outcome:?}");
        assert!(!(is_hopeless && outcome.is_ok()), "{outcome:?}");
    }
    let status = stand.ask("status", &plain_request());
    assert_eq!(status.data()["active"], true, "{status:?}");
    stand.drift();
    let outcome = stand.attach();
    assert!(outcome.is_ok(), "{outcome:?}");
}

fn recover(stand: &Stand, turn: usize, after: &str) {
    let outcomes = [stand.update(turn), stand.apply(turn)];
    assert!(outcomes.iter().all(super::Outcome::is_ok), "{after}: {outcomes:?}");
    stand.assert_whole(after);
}

#[test]
fn a_disk_that_fills_up_at_any_page() {
    let (disk, stand) = stand();
    let spare: Vec<u64> = (0..160).collect();
    for (turn, pages) in chosen(spare, 4).into_iter().enumerate() {
        stand.at_point(|| {
            disk.fill(pages * 4096);
            suffer(&stand, turn + 1, pages == 0);
            disk.empty();
            recover(&stand, turn + 1, &format!("{pages} pages"));
        });
    }
    stand.report("disk full, from no page left on", "`state.io` or done; `attach` works all the same");
}

#[test]
fn a_disk_without_inodes() {
    let (disk, stand) = stand();
    for (turn, spare) in (0..4).enumerate() {
        stand.at_point(|| {
            disk.fill_inodes(spare);
            suffer(&stand, turn + 1, spare == 0);
            disk.empty();
            recover(&stand, turn + 1, &format!("{spare} inodes"));
        });
    }
    stand.report("no inodes left", "`state.io` or done; `attach` works all the same");
}

#[test]
fn a_disk_that_became_read_only() {
    let (disk, stand) = stand();
    for turn in 1..3 {
        stand.at_point(|| {
            disk.remount("ro");
            suffer(&stand, turn, true);
            disk.remount("rw");
            recover(&stand, turn, "read-only");
        });
    }
    // After a reboot the filter is restored from such a disk, and it can be switched off.
    disk.remount("ro");
    stand.reboot();
    assert!(stand.attach().is_ok());
    stand.pbx.finish_input_behind_the_hook();
    stand.at_point(|| stand.assert_whole("rebooted on a read-only disk"));
    let outcome = stand.ask("detach", &plain_request());
    assert_eq!((outcome.code(), stand.trace().sets.len()), ("state.io", 0), "{outcome:?}");
    assert_eq!(stand.ask("status", &json!({"v": 1})).data()["attached"], false);
    stand.report("read-only disk", "`state.io`; `attach` works all the same, after a reboot too");
}
