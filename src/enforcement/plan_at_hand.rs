//! The plan of the applied policy: from its file, or computed again from the country data.

use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::records::{Applied, InForce, plan_files};
use crate::warning::WarningCode;

/// The record of the policy that should be in force.
///
/// # Errors
/// `policy.none`, `state.*`.
pub(crate) fn wanted(context: &Context<'_>) -> Result<Applied> {
    context.wanted()?.ok_or_else(|| Error::new(Code::PolicyNone, "no policy is applied"))
}

/// The plan from its file. If the file is damaged, the plan is computed again and recorded.
///
/// # Errors
/// `database.*`, `state.io`.
pub(crate) fn stored(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match plan_files::load(applied, &context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => rebuilt(context, applied, &damage),
    }
}

/// As [`stored`], but nothing is written.
///
/// # Errors
/// `database.*`.
pub(crate) fn usable(context: &mut Context<'_>, applied: &Applied) -> Result<(Applied, Plan)> {
    match plan_files::load(applied, &context.state) {
        Ok(plan) => Ok((applied.clone(), plan)),
        Err(damage) => computed(context, applied, &damage),
    }
}

/// Computes the plan from the present data, and replaces the damaged file and the record.
///
/// # Errors
/// `database.*`, `state.io`.
pub(crate) fn rebuilt(
    context: &mut Context<'_>,
    applied: &Applied,
    damage: &Error,
) -> Result<(Applied, Plan)> {
    let (renewed, plan) = computed(context, applied, damage)?;
    plan_files::stage(&renewed, &plan, &context.state)?.put_in_place()?;
    InForce::load(&context.state)?.with_applied(renewed.clone()).save(&context.state)?;
    Ok((renewed, plan))
}

fn computed(context: &mut Context<'_>, applied: &Applied, damage: &Error) -> Result<(Applied, Plan)> {
    let database = context.store().open(applied.source)?;
    // Without a list or the networks it would be another policy. Those that are gone for good are left out.
    let judge = match context.judge(&applied.policy) {
        Err(error) if error.code() == Code::StateIo => return Err(error),
        _ => context.usable_judge(&applied.policy),
    };
    let plan = Plan::new(&database, &judge)?;
    context.warn(WarningCode::PlanRebuilt, damage.message());
    let renewed = Applied::new(applied.source, &applied.policy, &plan, context.now());
    let mut renewed = renewed.in_place_of(applied.wanted_source());
    renewed.follow(Some(applied), context.now());
    Ok((renewed, plan))
}

/// The problem of a plan file that is missing or damaged.
pub(crate) fn plan_unusable(damage: &Error) -> Error {
    Error::new(Code::StatePlanUnusable, damage.message())
}
