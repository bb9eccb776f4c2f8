//! A change on trial: it stays only if somebody says so in time.

use std::time::Duration;

use super::{enforcer, plan_at_hand, watcher};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall;
use crate::plan::Plan;
use crate::protocol::{ChangeData, ChangeState, ConfirmWithin, Token};
use crate::records::Applied;
use crate::records::Change;
use crate::storage::{Lock, StateDir};
use crate::warning::Warning;

/// What became of the last change, rolled back now if nobody confirmed it in time; none before the first.
pub(crate) fn settled(context: &mut Context<'_>) -> Result<Option<ChangeData>> {
    if Change::load(&context.state)?.is_some_and(|change| change.is_overdue()) {
        enforcer::lock(context)?;
    }
    let last = Change::load(&context.state)?;
    if last.as_ref().is_some_and(Change::is_unreadable) {
        let message = "the record of a change on trial was damaged; what was before it, as far as that was known, is back";
        context.warnings.push(Warning::from(&Error::new(Code::StateDamaged, message)));
    }
    Ok(last.as_ref().map(describe))
}

/// Before a new policy is put in force: keeps the former one at hand and has a watcher at work. Returns the change before
/// it, for the case that the new policy cannot be put in force.
///
/// # Errors
/// `change.rolled_back` for a change that is over, `state.damaged` if it cannot be told what to go back to, `state.io`,
/// also if no watcher can be started.
pub(crate) fn begin(context: &Context<'_>, lock: &Lock, confirm: &ConfirmWithin) -> Result<Option<Change>> {
    let before = Change::load(&context.state)?;
    if let Some(same) = before.as_ref().filter(|before| before.token == confirm.token) {
        if !same.is_pending() || same.is_overdue() {
            return if same.state == ChangeState::Confirmed { Ok(before) } else { Err(rolled_back(same)) };
        }
        watcher::start_if_none(&context.state, lock, same)?;
        return Ok(before);
    }
    // What was never confirmed is nothing to go back to.
    let former = match &before {
        Some(pending) if pending.is_pending() => pending.former.clone(),
        _ => Applied::recorded(&context.state)?,
    };
    let change = Change::begin(confirm, former);
    change.save(&context.state)?;
    watcher::start_if_none(&context.state, lock, &change).inspect_err(|_| {
        restore(context, before.as_ref()).unwrap_or_else(|error| log::warn!("{error}"));
    })?;
    Ok(before)
}

/// Makes the change before a failed one the last one again.
pub(crate) fn restore(context: &Context<'_>, before: Option<&Change>) -> Result<()> {
    before.map_or_else(|| Change::forget(&context.state), |before| before.save(&context.state))
}

/// Whoever applied a policy knows by now what a damaged record made of the one before.
pub(crate) fn forget_unreadable(context: &Context<'_>) {
    let last = Change::load(&context.state);
    if last.is_ok_and(|last| last.is_some_and(|last| last.is_unreadable() && !last.is_pending())) {
        Change::forget(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
    }
}

/// Brings back what was in force before a change that nobody confirmed in time, and sees to it that somebody watches over
/// one that still waits.
pub(crate) fn settle(context: &mut Context<'_>, lock: Lock) -> Result<Option<Lock>> {
    match Change::load(&context.state)?.filter(Change::is_pending) {
        None => {
            Change::clear_away(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
            Ok(Some(lock))
        }
        // A watcher that is at work knows what a damaged record does not tell any more.
        Some(change) if change.is_unreadable() && watcher::is_at_work(&context.state) => Ok(Some(lock)),
        Some(overdue) if overdue.is_overdue() => bring_back(context, lock, &overdue, None).map(|_| None),
        Some(waiting) => {
            watcher::start_if_none(&context.state, &lock, &waiting)
                .unwrap_or_else(|error| context.warnings.push(Warning::from(&error)));
            Ok(Some(lock))
        }
    }
}

/// Brings back what was in force before a change: into the kernel first, then on the disk, which may take no change now.
pub(crate) fn bring_back(
    context: &mut Context<'_>,
    lock: Lock,
    change: &Change,
    remembered: Option<&(Applied, Plan)>,
) -> Result<ChangeData> {
    log::warn!("the change {} was not confirmed: the former policy returns", change.token);
    let state = context.state.clone();
    let found;
    let back = match (&change.former, remembered) {
        (None, _) => None,
        (Some(_), Some(remembered)) => Some(remembered),
        (Some(former), None) => {
            found = plan_at_hand::usable_plan(context, former)?;
            Some(&found)
        }
    };
    let _lock = match back {
        Some((former, plan)) => enforcer::bring_back(context, lock, former, plan)?,
        None => firewall::detach().map(|_| lock)?,
    };
    let on_disk = change.roll_back(back, &state);
    on_disk.map_err(|error| error.within("the former policy is in force again, but not on record yet"))?;
    if let Some((former, _)) = back {
        former.prune(&state);
    }
    Ok(describe(&change.decided(ChangeState::RolledBack)))
}

pub(crate) fn named(state: &StateDir, token: &Token) -> Result<Change> {
    Change::load(state)?
        .filter(|change| change.token == *token)
        .ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} is not the last change")))
}

pub(crate) fn rolled_back(change: &Change) -> Error {
    Error::new(Code::ChangeRolledBack, format!("the change {} was not confirmed in time", change.token))
}

pub(crate) fn describe(change: &Change) -> ChangeData {
    ChangeData {
        token: change.token.clone(),
        state: change.state,
        seconds_left: change.time_left().map(whole_seconds),
    }
}

/// A begun second counts.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
