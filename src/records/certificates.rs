//! The way through the firewall by which certificates are renewed: a module of MikoPBX opens it before all other rules,
//! for some minutes. That is no hole, unless it stays open.

use std::io::Write;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::records::trial::this_boot;
use crate::storage::{self, LockKind, StateDir, write_atomically};
use crate::warning::{Warning, WarningCode};

const RECORD: &str = "certificates.json";
/// Twice as long as a renewal may take.
const TOO_LONG: Duration = Duration::from_secs(600);

/// Between which moments of a boot the way was seen open, in seconds since then.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    boot: String,
    first: u64,
    last: u64,
}

/// Notes what a check saw; the firewall's lock is held.
///
/// # Errors
/// `state.io`.
pub fn note(state: &StateDir, is_open: bool) -> Result<()> {
    note_at(state, is_open, seconds_since_boot())
}

fn note_at(state: &StateDir, is_open: bool, now: u64) -> Result<()> {
    let path = state.file(RECORD);
    if !is_open {
        return storage::remove(&path);
    }
    let first = load(state).map_or(now, |open| open.first);
    let open = Open { boot: this_boot(), first, last: now };
    write_atomically(&path, LockKind::Firewall, |file| file.write_all(&storage::json(&open)?))
}

/// What is to be said of a way that is open: two checks have seen it, longer apart than any renewal lasts.
pub fn warning(state: &StateDir, is_open: bool) -> Option<Warning> {
    let open = load(state).filter(|_| is_open)?;
    let minutes = open.last.saturating_sub(open.first) / 60;
    let message = format!(
        "the first rule of INPUT lets everybody in to TCP port 80 before the filter, as for the renewal of a certificate, \
         but has done so for {minutes} minutes"
    );
    (minutes >= TOO_LONG.as_secs() / 60).then(|| Warning::new(WarningCode::AcceptedBefore, message))
}

/// What was noted in this boot; a record that is damaged tells nothing.
fn load(state: &StateDir) -> Option<Open> {
    let open: Open = serde_json::from_slice(&storage::read(&state.file(RECORD)).ok()??).ok()?;
    (open.boot == this_boot()).then_some(open)
}

fn seconds_since_boot() -> u64 {
    u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_two_checks_saw_ten_minutes_apart_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let check = |is_open, now| {
            note_at(&state, is_open, now).unwrap();
            warning(&state, is_open).is_some()
        };
        assert_eq!([check(true, 100), check(true, 400), check(true, 699)], [false; 3]);
        assert!(check(true, 700) && warning(&state, true).is_some() && warning(&state, false).is_none());
        assert!(!check(false, 800) && !check(true, 801), "another renewal");
    }

    #[test]
    fn a_record_of_another_boot_or_a_damaged_one_tells_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        for record in [r#"{"boot": "another", "first": 0, "last": 900}"#, "damaged"] {
            std::fs::write(state.file(RECORD), record).unwrap();
            assert!(warning(&state, true).is_none());
            note_at(&state, true, 900).unwrap();
            assert!(warning(&state, true).is_none());
        }
    }
}
