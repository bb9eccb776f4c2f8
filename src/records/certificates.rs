//! The way through the firewall by which certificates are renewed: a module of MikoPBX opens it before all other rules,
//! for some minutes. That is no hole, unless it stays open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::storage::record::{self, Record};
use crate::storage::{self, BootTime, LockKind, StateDir};

const RECORD: &str = "certificate-renewal.json";
/// Twice as long as a renewal may take.
const TOO_LONG: Duration = Duration::from_secs(600);

/// Between which moments of a boot the way was seen open.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    first: BootTime,
    last: BootTime,
}

impl Record for Open {
    const FORMAT: u32 = 1;
}

/// Notes what a check saw `now`; the firewall's lock is held.
///
/// # Errors
/// `state.io`.
pub fn note(state: &StateDir, is_open: bool, now: BootTime) -> Result<()> {
    let file = state.file(RECORD);
    if !is_open {
        return storage::remove(&file);
    }
    let first = load(state, &now).map_or_else(|| now.clone(), |open| open.first);
    record::save(&file, LockKind::Firewall, &Open { first, last: now })
}

/// What is to be said of a way that is open: two checks have seen it, longer apart than any renewal lasts.
pub fn problem(state: &StateDir, is_open: bool, now: &BootTime) -> Option<Error> {
    let open = load(state, now).filter(|_| is_open)?;
    let minutes = open.last.left(&open.first).unwrap_or_default().as_secs() / 60;
    let message = format!(
        "the first rule of INPUT lets everybody in to TCP port 80 before the filter, as for the renewal of a certificate, \
         but has done so for {minutes} minutes"
    );
    (minutes >= TOO_LONG.as_secs() / 60).then(|| Error::new(Code::FirewallAcceptedBefore, message))
}

/// What was noted in this boot.
fn load(state: &StateDir, now: &BootTime) -> Option<Open> {
    record::load_or_forget(&state.file(RECORD)).filter(|open: &Open| open.first.boot == now.boot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> BootTime {
        BootTime { boot: "one".to_owned(), milliseconds: seconds * 1000 }
    }

    #[test]
    fn only_what_two_checks_saw_ten_minutes_apart_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let check = |is_open, seconds| {
            note(&state, is_open, at(seconds)).unwrap();
            problem(&state, is_open, &at(seconds)).is_some()
        };
        assert_eq!([check(true, 100), check(true, 400), check(true, 699)], [false; 3]);
        assert!(check(true, 700) && problem(&state, false, &at(700)).is_none());
        assert!(!check(false, 800) && !check(true, 801), "another renewal");
    }

    #[test]
    fn a_record_of_another_boot_or_a_damaged_one_tells_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        note(&state, true, BootTime { boot: "another".to_owned(), milliseconds: 0 }).unwrap();
        note(&state, true, at(900)).unwrap();
        assert!(problem(&state, true, &at(900)).is_none());
        std::fs::write(state.file(RECORD), "damaged").unwrap();
        note(&state, true, at(1800)).unwrap();
        assert!(problem(&state, true, &at(1800)).is_none());
    }
}
