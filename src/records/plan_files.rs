//! The plans that were applied, one file each, so that the sets can be restored after a reboot without computing them.

use super::Applied;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::storage::{self, LockKind, StagedReplacement, StateDir, StateFile};

const PREFIX: &str = "plan-";

/// Loads the plan that belongs to a record.
///
/// # Errors
/// `database.corrupt` or `database.version` if the file is damaged or from another version; `state.io`, `state.unsafe`.
pub fn load(applied: &Applied, state: &StateDir) -> Result<Plan> {
    let file = file(applied, state);
    let missing = || Error::new(Code::StateIo, format!("{} is missing", file.display()));
    let opened = storage::open(&file)?.ok_or_else(missing)?;
    let plan = Plan::read_checked(opened)
        .map_err(|error| error.describe(file.path(), Code::DatabaseCorrupt, Code::DatabaseVersion))?;
    if plan.digest() == applied.digest() {
        Ok(plan)
    } else {
        Err(Error::new(Code::DatabaseCorrupt, format!("{} is not the applied plan", file.display())))
    }
}

/// Writes the plan to a staged file. Other plans stay until [`prune`].
///
/// # Errors
/// `state.io`.
pub fn stage(applied: &Applied, plan: &Plan, state: &StateDir) -> Result<StagedReplacement> {
    StagedReplacement::write(&file(applied, state), LockKind::Firewall, |output| plan.write(output))
}

/// Removes all plans except those of these records.
pub fn prune<'a>(state: &StateDir, needed: impl IntoIterator<Item = &'a Applied>) {
    let needed: Vec<_> = needed.into_iter().map(|applied| file(applied, state).name().to_owned()).collect();
    let plans = state.files().filter(|file| file.name().starts_with(PREFIX));
    for plan in plans.filter(|plan| !needed.iter().any(|name| name == plan.name())) {
        storage::remove(&plan).unwrap_or_else(|error| log::warn!("{error}"));
    }
}

fn file(applied: &Applied, state: &StateDir) -> StateFile {
    // The record may be manipulated, so only hexadecimal digits of it become part of a path.
    let name: String = applied.digest().chars().filter(char::is_ascii_hexdigit).take(16).collect();
    state.file(&format!("{PREFIX}{name}.bin"))
}
