//! Truncated files and flipped bits: in databases, plans and records of the helper, and in bundles.

use std::fs;
use std::path::{Path, PathBuf};

use super::{EDITIONS, Stand, chosen};
use crate::world::update_request;

/// A kind of damage to a file of `length` bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Damage {
    Flip { byte: usize, bit: u8 },
    Cut { length: usize },
}

impl Damage {
    /// `count` of each kind, spread over the file.
    pub(super) fn all(length: usize, count: usize) -> Vec<Self> {
        let place = |n: usize| n * length / count;
        let flips = (0..count).map(|n| Self::Flip { byte: place(n), bit: u8::try_from(n * 5 % 8).unwrap() });
        let cuts = (0..count).step_by(4).map(|n| Self::Cut { length: place(n) });
        flips.chain(cuts).collect()
    }

    pub(super) fn inflict(self, file: &Path, content: &[u8]) {
        let mut damaged = content.to_vec();
        match self {
            Self::Flip { byte, bit } => damaged[byte] ^= 1 << bit,
            Self::Cut { length } => damaged.truncate(length),
        }
        fs::write(file, damaged).unwrap();
    }
}

/// The file of the state directory whose name starts with `beginning`.
fn state_file(stand: &Stand, beginning: &str) -> PathBuf {
    let files = fs::read_dir(stand.pbx.world.state()).unwrap().map(|file| file.unwrap().path());
    let is_meant = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(beginning);
    files.into_iter().find(is_meant).unwrap()
}

/// Damages a file at many points. Runs operations on it, and repairs it like an administrator would.
fn sweep(beginning: &str) {
    let stand = Stand::usual();
    let length = fs::read(state_file(&stand, beginning)).unwrap().len();
    for damage in chosen(Damage::all(length, 120), 5) {
        let file = state_file(&stand, beginning);
        stand.at_point(|| {
            damage.inflict(&file, &fs::read(&file).unwrap());
            stand.drift();
            // Each operation may fail, but must not change what the filter does.
            for outcome in [stand.attach(), stand.update(1)] {
                let tells = outcome.is_ok() || ["state.damaged", "state.io"].contains(&outcome.code());
                assert!(tells || outcome.code().starts_with("database."), "{damage:?}: {outcome:?}");
            }
            for outcome in [stand.update(0), stand.apply(0), stand.attach(), stand.update(0)] {
                assert!(outcome.is_ok() || outcome.code() == "state.damaged", "{damage:?}: {outcome:?}");
            }
        });
        stand.assert_whole(&format!("{damage:?} in {}", file.display()));
    }
    let what = beginning.trim_end_matches(['-', '.']);
    stand.report(
        &format!("`{what}` damaged on disk"),
        "noticed, or without effect; `update` and `apply` mend",
    );
}

#[test]
fn a_damaged_database() {
    sweep("dbip.");
}

#[test]
fn a_damaged_plan() {
    sweep("plan-");
}

#[test]
fn a_damaged_record() {
    sweep("in-force.");
}

#[test]
fn a_damaged_bundle() {
    let stand = Stand::usual();
    let good = fs::read(stand.pbx.world.file(EDITIONS[1])).unwrap();
    // Damage to the time and system fields of the gzip header has no effect.
    let bundle = stand.pbx.world.file("damaged.csv.gz");
    for damage in chosen(Damage::all(good.len(), 160), 6) {
        stand.at_point(|| {
            damage.inflict(&bundle, &good);
            let outcome = stand.ask("update", &update_request(&bundle));
            assert!(outcome.is_ok() || outcome.code() == "source.malformed", "{damage:?}: {outcome:?}");
        });
        stand.assert_whole(&format!("{damage:?} in a bundle"));
    }
    stand.report("bundle damaged", "`source.malformed`; the last good data stays");
}
