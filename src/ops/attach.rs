//! `attach`: chain and jump in their place, sets restored if the kernel has none. Core's firewall hook calls it.

use super::Context;
use super::enforce::{self, Enforcer};
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::protocol::{AttachRequest, Enforcement};
use crate::warning::WarningCode;

/// Brings back what was applied last.
///
/// # Errors
/// `policy.none` if nothing was applied, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`.
pub fn attach(context: &mut Context<'_>, _: &AttachRequest) -> Result<Enforcement> {
    let lock = enforce::lock(context)?;
    let applied =
        Applied::load(&context.state)?.ok_or_else(|| Error::new(Code::PolicyNone, "no policy is applied"))?;
    let enforcer = Enforcer::open(context, lock)?;
    if enforcer.holds(&applied) {
        return enforcer.attach(context, &applied, None);
    }
    let (applied, plan) = stored_plan(context, applied)?;
    enforcer.attach(context, &applied, Some(&plan))
}

/// The plan from disk; if it is damaged, the policy's plan by the data at hand, with its new record.
fn stored_plan(context: &mut Context<'_>, applied: Applied) -> Result<(Applied, Plan)> {
    let damage = match applied.load_plan(&context.state) {
        Ok(plan) => return Ok((applied, plan)),
        Err(error) => error,
    };
    let database = context.store().load(applied.source)?;
    let plan = Plan::new(&database, &applied.policy);
    context.warn(WarningCode::PlanRebuilt, damage.message());
    let renewed = Applied::new(applied.source, &applied.policy, &plan);
    renewed.save(&plan, &context.state)?;
    Ok((renewed, plan))
}
