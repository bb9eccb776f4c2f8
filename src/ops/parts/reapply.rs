//! Puts the policy in force again after the data that it rests on has changed.

use super::policy::warn_of_unknown_networks;
use crate::context::Context;
use crate::enforcement::{self, FirewallLock, KernelData, rollback};
use crate::error::Result;
use crate::firewall::Opening;
use crate::plan::{Judge, Plan};
use crate::records::publisher_notes::{PublisherNotes, Subject};
use crate::records::{Applied, InForce};
use crate::stage::Stage;
use crate::warning::Warning;

/// Puts the policy in force again if the change `concerns` it. `plan` computes what the kernel must hold.
///
/// # Errors
/// Those of `plan`, `list.missing`, `network.missing`, `state.*`, `firewall.*`. What is in force then stays.
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
    let judge = context.judge(&applied.policy)?;
    warn_of_unknown_networks(context, &judge);
    let plan = plan(&mut opening, &applied, &judge)?;
    let now = context.now();
    let new = Applied::new(applied.source, &applied.policy_now(now), &plan, now);
    let new = new.in_place_of(applied.wanted_source());
    enforcement::apply(context, &lock, opening, (new, &plan), None).map(Some)
}

/// Puts the policy in force again if what the `notes` say has changed `concerns` it, and notes that it is.
///
/// # Errors
/// As [`reapply`], and `database.*`. The notes then stay, so that the next run tries again.
pub(in crate::ops) fn reapply_changed<K: Subject + PartialEq>(
    context: &mut Context<'_>,
    notes: &mut PublisherNotes<K>,
    concerns: impl Fn(&Applied, &PublisherNotes<K>) -> bool,
) -> Result<Option<KernelData>> {
    let databases = context.store();
    let applied = reapply(
        context,
        |applied| concerns(applied, notes),
        |opening, applied, judge| opening.plan(&databases.open(applied.source)?, judge),
    );
    // A change that waits may bring back a plan that rests on the data of before.
    if applied.is_ok() && InForce::load(&context.state).is_ok_and(|in_force| in_force.pending().is_none()) {
        notes.note_in_force();
    }
    if *notes != PublisherNotes::load(&context.state) {
        notes.save(&context.state).unwrap_or_else(|error| context.warnings.push(Warning::from(&error)));
    }
    applied
}
