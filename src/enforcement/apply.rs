//! Puts a new policy in force: loads its sets beside the old ones, records it, then swaps the sets.
//!
//! The record is written before the swap, so that a reboot in between restores the new policy, not the old one.

use std::thread;

use super::enforcer::Enforcer;
use super::exempt::ExemptChange;
use super::kernel_data::KernelData;
use super::lock::FirewallLock;
use super::trial;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::firewall::{KernelSnapshot, Opening};
use crate::net::Family;
use crate::plan::Plan;
use crate::records::{Applied, ConfirmWithin, InForce, drift, plan_files};
use crate::storage::{StagedReplacement, StateDir};
use crate::warning::WarningCode;

const HALF_DONE: &str = "The new policy is in force, at least in part. Run `heal` to complete it.";
const HALF_DONE_ON_TRIAL: &str = "The new policy is in force, at least in part, and waits for its confirmation. Without one, the former policy returns.";

/// Puts `new` with its plan in force; on trial, if it must be confirmed. A pending trial continues.
///
/// # Errors
/// `change.rolled_back`, `state.*`, `firewall.*`. The policy in force then stays, unless the hint says otherwise.
pub(crate) fn apply(
    context: &mut Context<'_>,
    lock: &FirewallLock,
    opening: Opening,
    (new, plan): (Applied, &Plan),
    confirm: Option<&ConfirmWithin>,
) -> Result<KernelData> {
    let before = InForce::load(&context.state).unwrap_or_else(|error| {
        log::warn!("{error}");
        InForce::default()
    });
    let waiting = match confirm {
        Some(confirm) => Some(trial::next(context, &before, confirm)?),
        None => None,
    };
    let enforcer = Enforcer::finish_opening(context, lock, opening)?;
    let trial = waiting.clone().or_else(|| before.trial.clone());
    let loaded = Loaded::load(context, enforcer, &before, &before.with_trial(trial), (new, plan))?;
    if let Some(waiting) = &waiting
        && let Err(error) = trial::begin(context, lock, &before, waiting)
    {
        loaded.abandon(context, &before);
        return Err(error);
    }
    loaded.put_in_force(context, &before, waiting.is_some())
}

/// A new policy whose sets are loaded beside those in force, and whose record and plan are staged on disk.
struct Loaded<'a> {
    enforcer: Enforcer<'a>,
    new: Applied,
    plan: &'a Plan,
    exempt: ExemptChange,
    /// True if this plan is in force already.
    is_there: bool,
    record: InForce,
    staged: Staged,
}

/// Plan and record, staged on disk.
struct Staged {
    plan: StagedReplacement,
    record: StagedReplacement,
}

impl<'a> Loaded<'a> {
    /// Loads the sets, unless they are in force already, and stages plan and record.
    fn load(
        context: &mut Context<'_>,
        mut enforcer: Enforcer<'a>,
        before: &InForce,
        record: &InForce,
        (mut new, plan): (Applied, &'a Plan),
    ) -> Result<Self> {
        if let Some(failed) = enforcer.found.failed_family() {
            return Err(failed);
        }
        let old = before.applied().unwrap_or_default();
        for over in new.follow(old, context.now()) {
            context.warn(WarningCode::ExceptionExpired, format!("the exception {over} has ended"));
        }
        let exempt = ExemptChange::between(context, old, &new, &enforcer.found);
        enforcer.close_counting_period(context, new.policy.action);
        let is_there =
            old.is_some_and(|old| old.same_plan(&new)) && enforcer.found.holds(|set| new.entries(set));
        let record = record.with_applied(new.clone());
        let staged = if is_there {
            Staged::write(&record, &new, plan, &context.state)
        } else {
            load_and_stage(&mut enforcer, &exempt, &record, (&new, plan), &context.state)
        };
        match staged {
            Ok(staged) => Ok(Self { enforcer, new, plan, exempt, is_there, record, staged }),
            Err(error) => {
                enforcer.restore_former_exempt(context, old);
                Err(error)
            }
        }
    }

    /// Restores the exceptions in the kernel. The loaded sets are removed with the enforcer.
    fn abandon(self, context: &Context<'_>, before: &InForce) {
        self.enforcer.restore_former_exempt(context, before.applied().unwrap_or_default());
    }

    /// Replaces the old policy by the new one, or undoes everything.
    fn put_in_force(
        self,
        context: &mut Context<'_>,
        before: &InForce,
        is_on_trial: bool,
    ) -> Result<KernelData> {
        let Self { mut enforcer, new, plan, exempt, is_there, record, staged } = self;
        let former = enforcer.found.clone();
        let done = staged.put_in_place();
        if done.is_ok() {
            drift::forget_found_plan(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
        }
        let done = done.and_then(|()| enforcer.put_in_force(context, &new, plan, is_there, &exempt));
        match done {
            Ok(done) => {
                record.prune(&context.state);
                Ok(done)
            }
            Err(error) => Err(match undo(context, &mut enforcer, &former, before) {
                Ok(()) => error,
                Err(stuck) => {
                    log::error!("cannot undo the first steps: {stuck}");
                    error.with_hint(if is_on_trial { HALF_DONE_ON_TRIAL } else { HALF_DONE })
                }
            }),
        }
    }
}

impl Staged {
    /// Writes both in parallel, so that the disk flushes them together.
    fn write(record: &InForce, applied: &Applied, plan: &Plan, state: &StateDir) -> Result<Self> {
        thread::scope(|scope| {
            let plan = scope.spawn(|| plan_files::stage(applied, plan, state));
            let record = record.stage(state);
            let plan = plan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(Self { plan: plan?, record: record? })
        })
    }

    /// Replaces the plan first. If a power failure loses it, it is computed again from the database.
    fn put_in_place(self) -> Result<()> {
        self.record.put_in_place_after(Some(self.plan))
    }
}

/// Loads the sets while plan and record are written to disk. Afterwards, an address with an exception in both policies
/// passes by the old or the new sets, until the new policy is in force.
fn load_and_stage(
    enforcer: &mut Enforcer<'_>,
    exempt: &ExemptChange,
    record: &InForce,
    (new, plan): (&Applied, &Plan),
    state: &StateDir,
) -> Result<Staged> {
    thread::scope(|scope| {
        let staged = scope.spawn(|| Staged::write(record, new, plan, state));
        let loaded = enforcer.firewall.load(&Family::ALL, plan);
        let loaded = loaded.and_then(|()| exempt.hold_both(&enforcer.firewall));
        let staged = staged.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        loaded.and(staged)
    })
}

/// Undoes everything: sets, rules, timed exceptions and record.
fn undo(
    context: &mut Context<'_>,
    enforcer: &mut Enforcer<'_>,
    former: &KernelSnapshot,
    before: &InForce,
) -> Result<(), Error> {
    enforcer.restore(former)?;
    enforcer.restore_former_exempt(context, before.applied().unwrap_or_default());
    before.save(&context.state)?;
    before.prune(&context.state);
    Ok(())
}
