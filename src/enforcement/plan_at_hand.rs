//! The plan of what was applied: from disk, or computed again.

use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::records::Applied;
use crate::warning::WarningCode;

/// The record of what was applied last.
pub(crate) fn applied(context: &Context<'_>) -> Result<Applied> {
    Applied::load(&context.state)?.ok_or_else(|| Error::new(Code::PolicyNone, "no policy is applied"))
}

/// The plan from disk; if it is damaged, the policy's plan by the data at hand, with its new record.
pub(crate) fn stored_plan(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match applied.load_plan(&context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => rebuilt_plan(context, applied, &damage),
    }
}

/// As [`stored_plan`]; nothing is written.
pub(crate) fn usable_plan(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match applied.load_plan(&context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => computed_plan(context, applied, &damage),
    }
}

/// The policy's plan by the data at hand, with its new record, in the place of one that is of no use.
pub(crate) fn rebuilt_plan(
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
