//! `attach`: chain and jump in their place, sets restored if the kernel has none. Core's firewall hook calls it.

use super::Context;
use super::enforce::{self, Enforcer};
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::plan::{KernelSet, Plan};
use crate::protocol::{AttachRequest, Enforcement};
use crate::warning::WarningCode;

/// Sets with so many entries together are compared one by one in a few milliseconds, so they always are.
const ALWAYS_COMPARED: u64 = 10_000;

/// Brings back what was applied last.
///
/// Others may have restored sets of ours that they saved once. More entries than a few are believed to be ours if the
/// headers say so and our chains are there, too.
///
/// # Errors
/// `policy.none` if nothing was applied, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`.
pub fn attach(context: &mut Context<'_>, _: &AttachRequest) -> Result<Enforcement> {
    let lock = enforce::lock(context)?;
    let applied = applied(context)?;
    let (enforcer, stored) = Enforcer::open_while(context, lock, |context, loader| {
        let found = loader.found();
        let holds = found.hold(KernelSet::ALL, |set| applied.entries(set))
            && found.bear(KernelSet::ALL, |set| applied.mark(set));
        if holds {
            let compares = applied.all_entries() <= ALWAYS_COMPARED || found.lack_shortcut();
            return Ok(compares.then(|| plan_to_compare(context, &applied)).flatten());
        }
        let (applied, plan) = stored_plan(context, &applied)?;
        loader.load_early(&plan)?;
        Ok(Some((applied, plan)))
    })?;
    let stored = match stored {
        None if !enforcer.has_chains() => plan_to_compare(context, &applied),
        stored => stored,
    };
    let (applied, plan) = stored.map_or((applied, None), |(renewed, plan)| (renewed, Some(plan)));
    enforcer.attach(context, &applied, plan.as_ref())
}

/// The plan of sets that seem to be right; none if there is nothing to compare them with.
fn plan_to_compare(context: &Context<'_>, applied: &Applied) -> Option<(Applied, Plan)> {
    let plan = applied.load_plan(&context.state);
    plan.map_err(|error| log::warn!("{error}")).ok().map(|plan| (applied.clone(), plan))
}

/// The record of what was applied last.
pub(super) fn applied(context: &Context<'_>) -> Result<Applied> {
    Applied::load(&context.state)?.ok_or_else(|| Error::new(Code::PolicyNone, "no policy is applied"))
}

/// The plan from disk; if it is damaged, the policy's plan by the data at hand, with its new record.
pub(super) fn stored_plan(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match applied.load_plan(&context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => rebuilt_plan(context, applied, &damage),
    }
}

/// As [`stored_plan`]; nothing is written.
pub(super) fn usable_plan(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match applied.load_plan(&context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => computed_plan(context, applied, &damage),
    }
}

/// The policy's plan by the data at hand, with its new record, in the place of one that is of no use.
pub(super) fn rebuilt_plan(
    context: &mut Context<'_>,
    applied: &Applied,
    damage: &Error,
) -> Result<(Applied, Plan)> {
    let (renewed, plan) = computed_plan(context, applied, damage)?;
    renewed.prepare(&plan, &context.state)?.put_in_place()?;
    Ok((renewed, plan))
}

fn computed_plan(context: &mut Context<'_>, applied: &Applied, damage: &Error) -> Result<(Applied, Plan)> {
    let database = context.store().open(applied.source)?;
    let plan = Plan::new(&database, &applied.policy)?;
    context.warn(WarningCode::PlanRebuilt, damage.message());
    let mut renewed = Applied::new(applied.source, &applied.policy, &plan);
    renewed.follow(Some(applied));
    Ok((renewed, plan))
}
