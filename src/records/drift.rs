//! The memory of drift in the kernel: what was reported already, and what was repaired last.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::storage::record::{self, Record};
use crate::storage::{self, LockKind, StateDir};

const LAST_REPAIR: &str = "last-repair.json";
const REPORTED: &str = "reported-drift.json";

/// How many times in a row the same drift is reported at once. After that it is reported once per [`QUIET`].
const IMMEDIATE_REPORTS: u32 = 3;
/// The time between further reports of the same drift.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// A difference between the kernel and what it should hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Drift {
    /// The stable code, which is one of the error codes.
    pub code: String,
    /// The object, and how it differed.
    pub message: String,
}

/// The last repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Healed {
    /// When it was repaired, RFC 3339 in UTC.
    pub healed_at: String,
    /// What was repaired.
    pub repaired: Vec<Drift>,
    /// Number of repairs in a row of the same kind of drift, each less than two hours after the one before.
    pub times: u32,
}

/// Drift that was reported already, so that not every check reports it again.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    drifts: Vec<Drift>,
    reports: u32,
    /// When it was last reported, RFC 3339 in UTC.
    last: String,
}

impl Record for Healed {
    const FORMAT: u32 = 1;
}

impl Record for Known {
    const FORMAT: u32 = 1;
}

impl From<&Error> for Drift {
    fn from(error: &Error) -> Self {
        Self { code: error.code().as_str().to_owned(), message: error.message().to_owned() }
    }
}

impl Healed {
    /// The last repair. `None` if there was none, or if its record is unreadable.
    pub fn load(state: &StateDir) -> Option<Self> {
        record::load_or_forget(&state.file(LAST_REPAIR))
    }

    /// Records a repair made at `now`.
    ///
    /// # Errors
    /// `state.io`.
    pub fn record(state: &StateDir, repaired: Vec<Drift>, now: Timestamp) -> Result<Self> {
        let again = Self::load(state).filter(|last| last.is_followed_by(&repaired, now));
        let times = again.map_or(0, |last| last.times).saturating_add(1);
        let healed = Self { healed_at: now.to_string(), repaired, times };
        record::save(&state.file(LAST_REPAIR), LockKind::Firewall, &healed)?;
        Ok(healed)
    }

    fn is_followed_by(&self, repaired: &[Drift], now: Timestamp) -> bool {
        is_recent(&self.healed_at, now, QUIET * 2) && codes(&self.repaired).eq(codes(repaired))
    }
}

/// True if this drift must be reported now: it is new, or its last report is long ago. Records the report.
///
/// # Errors
/// `state.io`.
pub fn must_report(state: &StateDir, drifts: &[Drift], now: Timestamp) -> Result<bool> {
    let file = state.file(REPORTED);
    let known: Option<Known> = record::load_or_forget(&file);
    let reports = match known {
        Some(known) if codes(&known.drifts).eq(codes(drifts)) => {
            if known.reports >= IMMEDIATE_REPORTS && is_recent(&known.last, now, QUIET) {
                return Ok(false);
            }
            known.reports.saturating_add(1)
        }
        _ => 1,
    };
    record::save(
        &file,
        LockKind::Firewall,
        &Known { drifts: drifts.to_vec(), reports, last: now.to_string() },
    )?;
    Ok(true)
}

/// Forgets reported drift, because the kernel is in order again.
///
/// # Errors
/// `state.io`.
pub fn forget(state: &StateDir) -> Result<()> {
    storage::remove(&state.file(REPORTED))
}

fn codes(drifts: &[Drift]) -> impl Iterator<Item = &str> {
    drifts.iter().map(|drift| drift.code.as_str())
}

/// True if `then` is less than `span` before `now`. A time in the future is not recent.
fn is_recent(then: &str, now: Timestamp, span: SignedDuration) -> bool {
    let elapsed = then.parse().map(|then| now.duration_since(then));
    elapsed.is_ok_and(|elapsed| !elapsed.is_negative() && elapsed < span)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn drift(code: &str) -> [Drift; 1] {
        [Drift { code: code.into(), message: "somewhere".into() }]
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-29T{time}Z").parse().unwrap()
    }

    #[test]
    fn drift_that_stays_is_reported_three_times_and_then_once_an_hour() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let reports = |code, time| must_report(&state, &drift(code), at(time)).unwrap();
        let five_minutes_apart = ["10:00:00", "10:05:00", "10:10:00", "10:15:00", "10:20:00"];
        assert_eq!(five_minutes_apart.map(|time| reports("a.b", time)), [true, true, true, false, false]);
        assert!(reports("a.c", "10:20:00"), "other drift is news");
        assert_eq!(
            ["10:25:00", "10:30:00", "10:35:00"].map(|time| reports("a.c", time)),
            [true, true, false]
        );
        assert_eq!(
            ["11:29:59", "11:30:00"].map(|time| reports("a.c", time)),
            [false, true],
            "an hour has passed"
        );
        forget(&state).unwrap();
        assert!(reports("a.c", "11:35:00"), "it was gone in between");
    }

    #[test]
    fn a_clock_that_was_set_back_silences_no_report() {
        let now = at("10:00:00");
        let then = [now + QUIET, now].map(|then| is_recent(&then.to_string(), now, QUIET));
        assert_eq!(then, [false, true]);
    }

    #[test]
    fn repairs_of_the_same_kind_in_a_row_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let times = |code| Healed::record(&state, drift(code).to_vec(), at("10:00:00")).unwrap().times;
        assert_eq!([times("a.b"), times("a.b"), times("a.c"), times("a.c")], [1, 2, 1, 2]);
        fs::write(state.file(LAST_REPAIR), "damaged").unwrap();
        assert_eq!((Healed::load(&state), times("a.c")), (None, 1));
    }
}
