//! The rollback of a change that was not confirmed in time.

use super::enforcer::Enforcer;
use super::lock::FirewallLock;
use super::{plan_at_hand, watcher_process};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall;
use crate::plan::Plan;
use crate::records::{Applied, InForce, Trial, TrialState};
use crate::warning::Warning;

/// Restores the policy before a change: first in the kernel, then on disk, which may be full or read-only. `known`
/// is that policy with its plan, if the caller knows it. Returns the change in its new state.
///
/// # Errors
/// `database.*` if neither the stored plan nor the data is usable, `firewall.*`, `state.*`.
pub(crate) fn bring_back(
    context: &mut Context<'_>,
    lock: &FirewallLock,
    trial: &Trial,
    known: Option<&(Applied, Plan)>,
) -> Result<Trial> {
    log::warn!("the change {} was not confirmed in time: restoring the former policy", trial.token);
    let found;
    let back = match (&trial.former, known) {
        (None, _) => None,
        (Some(_), Some(known)) => Some(known),
        (Some(former), None) => {
            found = plan_at_hand::usable(context, former)?;
            Some(&found)
        }
    };
    match back {
        Some((former, plan)) => {
            let recorded = InForce::load(&context.state).unwrap_or_default();
            let recorded = recorded.applied().unwrap_or_default();
            Enforcer::open(context, lock)?.return_to(context, former, plan, recorded)?;
        }
        None => firewall::detach(&*context.kernel).map(drop)?,
    }
    let on_disk = InForce::roll_back(trial, back, &context.state);
    on_disk.map_err(|error| error.within("the former policy is in force again, but not recorded yet"))?;
    InForce::load(&context.state)?.prune(&context.state);
    Ok(trial.decided(TrialState::RolledBack))
}

/// Rolls back a change that is overdue, because its watcher may be dead. For a change that is still pending, ensures
/// that a watcher is running. A failure becomes a warning, so that the operation itself can continue.
pub(crate) fn settle(context: &mut Context<'_>, lock: &FirewallLock) {
    if let Err(error) = try_to_settle(context, lock) {
        context.warnings.push(Warning::from(&error));
    }
}

fn try_to_settle(context: &mut Context<'_>, lock: &FirewallLock) -> Result<()> {
    let in_force = InForce::load(&context.state)?;
    in_force.remove_stale(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
    if in_force.applied().is_ok() {
        // A killed helper leaves plans that nothing needs, and answers of name servers.
        in_force.prune(&context.state);
    }
    let Some(pending) = in_force.pending() else { return Ok(()) };
    // A running watcher still knows what the damaged record contained.
    if pending.is_unreadable() && watcher_process::is_running(&context.state) {
        return Ok(());
    }
    if pending.is_overdue(&*context.clock) {
        bring_back(context, lock, pending, None).map(drop)
    } else {
        watcher_process::start_if_none(context, lock, pending)
    }
}

/// The last change, rolled back now if it is overdue. `None` before the first change.
///
/// # Errors
/// `state.*`.
pub(crate) fn settled(context: &mut Context<'_>) -> Result<Option<Trial>> {
    let mut last = InForce::load(&context.state)?.trial;
    if last.as_ref().is_some_and(|trial| trial.is_overdue(&*context.clock)) {
        let lock = FirewallLock::take(context)?;
        settle(context, &lock);
        last = InForce::load(&context.state)?.trial;
    }
    if last.as_ref().is_some_and(Trial::is_unreadable) {
        let message = "the record of a change on trial was damaged; the policy before it, as far as it was known, is back in force";
        context.warnings.push(Warning::from(&Error::new(Code::StateDamaged, message)));
    }
    Ok(last)
}
