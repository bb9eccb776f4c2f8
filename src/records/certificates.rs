//! Watches the opening that MikoPBX makes for the renewal of certificates: a module of it accepts everybody on TCP port
//! 80 before all other rules, for some minutes. That is fine, unless the opening stays.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::storage::record::{self, Record};
use crate::storage::{self, BootTime, LockKind, StateDir};

const RECORD: &str = "certificate-renewal.json";
/// Twice the time that a renewal may take.
const TOO_LONG: Duration = Duration::from_secs(600);

/// When the port was first and last found open, in one boot.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    first: BootTime,
    last: BootTime,
}

impl Record for Open {
    const FORMAT: u32 = 1;
}

/// Records whether a check found the port open `now`. The caller holds the firewall lock.
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

/// The problem, if the port has been found open for longer than any renewal takes.
pub fn problem(state: &StateDir, is_open: bool, now: &BootTime) -> Option<Error> {
    let open = load(state, now).filter(|_| is_open)?;
    let minutes = open.last.left(&open.first).unwrap_or_default().as_secs() / 60;
    let message = format!(
        "the first rule of INPUT has accepted everybody on TCP port 80, before the filter, for {minutes} minutes; the \
         renewal of a certificate opens this port for a few minutes only"
    );
    (minutes >= TOO_LONG.as_secs() / 60).then(|| Error::new(Code::FirewallAcceptedBefore, message))
}

/// The record, if it is from this boot.
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
    fn a_port_that_two_checks_find_open_ten_minutes_apart_is_reported() {
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
    fn a_record_that_is_damaged_or_of_another_boot_is_ignored() {
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
