//! Puts the policy in force again after the data that it rests on has changed.

use crate::context::Context;
use crate::enforcement::{self, FirewallLock, KernelData, rollback};
use crate::error::Result;
use crate::firewall::Opening;
use crate::plan::{Judge, Plan};
use crate::records::Applied;
use crate::stage::Stage;

/// Puts the policy in force again if the change `concerns` it. `plan` computes what the kernel must hold.
///
/// # Errors
/// Those of `plan`, `list.missing`, `state.*`, `firewall.*`. What is in force then stays.
pub(in crate::ops) fn reapply(
    context: &mut Context<'_>,
    concerns: impl Fn(&Applied) -> bool,
    plan: impl FnOnce(&mut Opening, &Applied, &Judge) -> Result<Plan>,
) -> Result<Option<KernelData>> {
    let lock = FirewallLock::take(context)?;
    rollback::settle(context, &lock);
    let Some(applied) = context.wanted()?.filter(concerns) else { return Ok(None) };
    context.progress.report(Stage::Apply, 0, "kernel");
    let mut opening = Opening::begin(&context.kernel)?;
    let plan = plan(&mut opening, &applied, &context.judge(&applied.policy)?)?;
    let now = context.now();
    let new = Applied::new(applied.source, &applied.policy_now(now), &plan, now);
    let new = new.in_place_of(applied.wanted_source());
    enforcement::apply(context, &lock, opening, (new, &plan), None).map(Some)
}
