//! The memory of drift in the kernel: what was reported already, and what was repaired last.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::storage::record::{self, Record};
use crate::storage::{self, LockKind, StateDir};

const LAST_REPAIR: &str = "last-repair.json";
const REPORTED: &str = "reported-drift.json";
const FOUND: &str = "found-drift.json";

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
    /// What of the filter differed; null for what is no drift.
    #[serde(default)]
    pub component: Option<Component>,
    /// The object, and how it differed.
    pub message: String,
}

/// The parts of the filter that can drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Component {
    /// The stored plan.
    Plan,
    /// The sets.
    Sets,
    /// The rules of our chains.
    Rules,
    /// The place of the jump in INPUT.
    Place,
}

impl Component {
    /// What differs if this is the problem. `None` if it is no drift.
    pub fn of(code: Code) -> Option<Self> {
        match code {
            Code::StatePlanUnusable => Some(Self::Plan),
            Code::FirewallSetsDrifted | Code::FirewallSetOptionsDrifted => Some(Self::Sets),
            Code::FirewallChainDrifted => Some(Self::Rules),
            Code::FirewallNotAttached => Some(Self::Place),
            _ => None,
        }
    }
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

/// What the last full comparison found wrong with the stored plan or in the sets. A quick one does not see it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// The digest of the plan.
    plan: String,
    drifts: Vec<Drift>,
}

impl Record for Found {
    const FORMAT: u32 = 1;
}

impl Record for Healed {
    const FORMAT: u32 = 1;
}

impl Record for Known {
    const FORMAT: u32 = 1;
}

impl From<&Error> for Drift {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().as_str().to_owned(),
            component: Component::of(error.code()),
            message: error.message().to_owned(),
        }
    }
}

impl Drift {
    /// The problem that it was. `None` for a code of another version.
    fn problem(&self) -> Option<Error> {
        let code = Code::ALL.iter().find(|code| code.as_str() == self.code)?;
        Some(Error::new(*code, self.message.as_str()))
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

/// Records what a full comparison with the plan of this digest found and a quick one does not see. The caller holds the
/// firewall lock.
///
/// # Errors
/// `state.io`.
pub fn note_found(state: &StateDir, plan: &str, problems: &[Error]) -> Result<()> {
    if problems.is_empty() {
        return forget_found(state);
    }
    let drifts = problems.iter().map(Drift::from).collect();
    record::save(&state.file(FOUND), LockKind::Firewall, &Found { plan: plan.to_owned(), drifts })
}

/// What the last full comparison with this plan found.
pub fn found(state: &StateDir, plan: &str) -> Vec<Error> {
    let found = record::load_or_forget(&state.file(FOUND)).filter(|found: &Found| found.plan == plan);
    found.map(|found| found.drifts.iter().filter_map(Drift::problem).collect()).unwrap_or_default()
}

/// Forgets what was found, because the sets have been loaded since.
///
/// # Errors
/// `state.io`.
pub fn forget_found(state: &StateDir) -> Result<()> {
    storage::remove(&state.file(FOUND))
}

/// Forgets what was found wrong with the stored plan, because it has been written anew.
///
/// # Errors
/// `state.io`.
pub fn forget_found_plan(state: &StateDir) -> Result<()> {
    let Some(mut found) = record::load_or_forget::<Found>(&state.file(FOUND)) else { return Ok(()) };
    let before = found.drifts.len();
    found.drifts.retain(|drift| drift.component != Some(Component::Plan));
    match found.drifts.len() {
        0 => forget_found(state),
        left if left < before => record::save(&state.file(FOUND), LockKind::Firewall, &found),
        _ => Ok(()),
    }
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
    use crate::remedy::Remedy;

    fn drift(code: &str) -> [Drift; 1] {
        [Drift { code: code.into(), component: None, message: "somewhere".into() }]
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
    fn what_heal_repairs_is_a_component_of_the_filter() {
        for code in Code::ALL {
            let is_repaired = code.remedy() == Some(Remedy::Heal);
            assert_eq!(Component::of(*code).is_some(), is_repaired, "{}", code.as_str());
        }
    }

    #[test]
    fn what_was_found_is_known_for_its_plan_until_the_sets_are_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let problems = [Error::new(Code::FirewallSetsDrifted, "a member is missing")];
        let known = |plan| found(&state, plan).iter().map(ToString::to_string).collect::<Vec<_>>();
        note_found(&state, "one", &problems).unwrap();
        assert_eq!(known("one"), ["a member is missing [firewall.sets_drifted]"]);
        assert_eq!(known("two"), [""; 0]);
        forget_found(&state).unwrap();
        assert_eq!(known("one"), [""; 0]);
        note_found(&state, "one", &problems).unwrap();
        note_found(&state, "one", &[]).unwrap();
        assert_eq!(known("one"), [""; 0]);
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
