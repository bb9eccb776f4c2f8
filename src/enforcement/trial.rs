//! Changes on trial: they stay in force only if they are confirmed in time.

use super::lock::FirewallLock;
use super::watcher_process;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::records::{ConfirmWithin, InForce, Trial, TrialState};

/// The trial that a new policy begins. With the token of a pending trial, it continues that one.
///
/// # Errors
/// `change.rolled_back` for a change that is over; `state.damaged` if the former policy is unknown.
pub(super) fn next(context: &Context<'_>, before: &InForce, confirm: &ConfirmWithin) -> Result<Trial> {
    let clock = &*context.clock;
    if let Ok(same) = before.named(&confirm.token) {
        let is_over = same.state == TrialState::RolledBack || same.is_overdue(clock);
        return if is_over { Err(rolled_back(same)) } else { Ok(same.clone()) };
    }
    // A rollback must not restore a policy that was itself never confirmed.
    let former = match before.pending() {
        Some(pending) => pending.former.clone(),
        None => before.applied()?.cloned(),
    };
    Ok(Trial::begin(confirm, former, clock))
}

/// Prepares the rollback before the new policy is put in force: records the former policy and starts a watcher.
///
/// # Errors
/// `state.io`, also if no watcher can be started. The record is then as before.
pub(super) fn begin(
    context: &Context<'_>,
    lock: &FirewallLock,
    before: &InForce,
    trial: &Trial,
) -> Result<()> {
    if !trial.is_pending() {
        return Ok(());
    }
    if before.trial.as_ref() != Some(trial) {
        before.with_trial(Some(trial.clone())).save(&context.state)?;
    }
    watcher_process::start_if_none(context, lock, trial).inspect_err(|_| {
        before.save(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
    })
}

/// Forgets a damaged record of a trial: whoever applies a new policy has seen the warning about it.
///
/// # Errors
/// `state.io`.
pub(crate) fn forget_unreadable(context: &Context<'_>) -> Result<()> {
    let in_force = InForce::load(&context.state)?;
    match &in_force.trial {
        Some(trial) if trial.is_unreadable() && !trial.is_pending() => {
            in_force.with_trial(None).save(&context.state)
        }
        _ => Ok(()),
    }
}

/// The error of a change that was not confirmed in time.
pub(crate) fn rolled_back(trial: &Trial) -> Error {
    Error::new(Code::ChangeRolledBack, format!("the change {} was not confirmed in time", trial.token))
}
