//! The way back from a change that nobody confirmed in time.

use super::enforcer::Enforcer;
use super::lock::FirewallLock;
use super::{plan_at_hand, watcher_process};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall;
use crate::plan::Plan;
use crate::records::{Applied, InForce, Trial, TrialState};
use crate::warning::Warning;

/// Brings back what was in force before a change: into the kernel first, then on the disk, which may take no change now.
/// `remembered` is what comes back, for a caller that knows it. Returns the change as it is then.
///
/// # Errors
/// `database.*` if neither the stored plan nor the data is usable, `firewall.*`, `state.*`.
pub(crate) fn bring_back(
    context: &mut Context<'_>,
    lock: &FirewallLock,
    trial: &Trial,
    remembered: Option<&(Applied, Plan)>,
) -> Result<Trial> {
    log::warn!("the change {} was not confirmed: the former policy returns", trial.token);
    let found;
    let back = match (&trial.former, remembered) {
        (None, _) => None,
        (Some(_), Some(remembered)) => Some(remembered),
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
    on_disk.map_err(|error| error.within("the former policy is in force again, but not on record yet"))?;
    InForce::load(&context.state)?.prune_plans(&context.state);
    Ok(trial.decided(TrialState::RolledBack))
}

/// Brings back what was in force before a change that nobody confirmed in time, for its watcher may be dead, and sees to
/// it that somebody watches over one that still waits. What prevents that is reported, and keeps nobody from working.
pub(crate) fn settle(context: &mut Context<'_>, lock: &FirewallLock) {
    if let Err(error) = try_to_settle(context, lock) {
        context.warnings.push(Warning::from(&error));
    }
}

fn try_to_settle(context: &mut Context<'_>, lock: &FirewallLock) -> Result<()> {
    let in_force = InForce::load(&context.state)?;
    in_force.remove_stale(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
    let Some(pending) = in_force.pending() else { return Ok(()) };
    // A watcher that is at work knows what a damaged record does not tell any more.
    if pending.is_unreadable() && watcher_process::is_at_work(&context.state) {
        return Ok(());
    }
    if pending.is_overdue(&*context.clock) {
        bring_back(context, lock, pending, None).map(drop)
    } else {
        watcher_process::start_if_none(context, lock, pending)
    }
}

/// What became of the last change, rolled back now if nobody confirmed it in time; none before the first.
///
/// # Errors
/// `state.*`.
pub(crate) fn settled(context: &mut Context<'_>) -> Result<Option<Trial>> {
    let last = InForce::load(&context.state)?.trial;
    if last.is_some_and(|trial| trial.is_overdue(&*context.clock)) {
        let lock = FirewallLock::take(context)?;
        settle(context, &lock);
    }
    let last = InForce::load(&context.state)?.trial;
    if last.as_ref().is_some_and(Trial::is_unreadable) {
        let message = "the record of a change on trial was damaged; what was before it, as far as that was known, is back";
        context.warnings.push(Warning::from(&Error::new(Code::StateDamaged, message)));
    }
    Ok(last)
}
