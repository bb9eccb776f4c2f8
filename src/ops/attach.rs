//! `attach`: chain and jump in their place, sets restored if the kernel has none. Core's firewall hook calls it.

use super::Context;
use super::enforce::{self, Enforcer};
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::plan::{KernelSet, Plan};
use crate::protocol::{AttachRequest, Enforcement};
use crate::warning::WarningCode;

/// Brings back what was applied last.
///
/// # Errors
/// `policy.none` if nothing was applied, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`.
pub fn attach(context: &mut Context<'_>, _: &AttachRequest) -> Result<Enforcement> {
    let lock = enforce::lock(context)?;
    let applied = applied(context)?;
    let (enforcer, stored) = Enforcer::open_while(context, lock, |context, loader| {
        if loader.found().hold(KernelSet::ALL, |set| applied.entries(set)) {
            let needs_plan = loader.found().lack_shortcut();
            let plan = needs_plan.then(|| applied.load_plan(&context.state).ok()).flatten();
            return Ok(plan.map(|plan| (applied.clone(), plan)));
        }
        let (applied, plan) = stored_plan(context, &applied)?;
        loader.load_early(&plan)?;
        Ok(Some((applied, plan)))
    })?;
    let (applied, plan) = stored.map_or((applied, None), |(renewed, plan)| (renewed, Some(plan)));
    enforcer.attach(context, &applied, plan.as_ref())
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

/// The policy's plan by the data at hand, with its new record, in the place of one that is of no use.
pub(super) fn rebuilt_plan(
    context: &mut Context<'_>,
    applied: &Applied,
    damage: &Error,
) -> Result<(Applied, Plan)> {
    let database = context.store().open(applied.source)?;
    let plan = Plan::new(&database, &applied.policy)?;
    context.warn(WarningCode::PlanRebuilt, damage.message());
    let mut renewed = Applied::new(applied.source, &applied.policy, &plan);
    renewed.follow(Some(applied));
    renewed.prepare(&plan, &context.state)?.put_in_place()?;
    Ok((renewed, plan))
}
