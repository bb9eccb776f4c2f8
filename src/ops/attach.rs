//! `attach`: chain and jump in their place, sets restored if the kernel has none. Core's firewall hook calls it.

use serde::{Deserialize, Serialize};

use super::Operation;
use super::operation::NoFlags;
use crate::context::Context;
use crate::enforcement::{Enforcement, Enforcer, FirewallLock, plan_at_hand, rollback};
use crate::error::Result;
use crate::firewall::Opening;
use crate::plan::{Plan, SetId};
use crate::protocol::Version;
use crate::records::{Applied, plan_files};

/// Sets with so many entries together are compared one by one in a few milliseconds, so they always are.
const ALWAYS_COMPARED: u64 = 10_000;

/// Put chain and jump in place; restore the sets where the kernel has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AttachRequest {
    /// The protocol version.
    pub v: Version,
}

impl Operation for AttachRequest {
    type Flags = NoFlags;
    type Data = Enforcement;

    fn from_flags(_: NoFlags) -> Result<Self> {
        Ok(Self { v: Version })
    }

    /// Brings back what was applied last.
    ///
    /// Others may have restored sets of ours that they saved once. More entries than a few are believed to be ours if the
    /// headers say so and our chains are there, too.
    ///
    /// # Errors
    /// `policy.none` if nothing was applied, `database.*` if neither the stored plan nor the data is usable,
    /// `firewall.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<Enforcement> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let applied = plan_at_hand::wanted(context)?;
        let mut opening = Opening::begin(&context.kernel)?;
        let plan = plan_in_doubt(context, &mut opening, &applied)?;
        let enforcer = Enforcer::finish_opening(context, &lock, opening)?;
        let plan = match plan {
            None if !enforcer.has_chains() => plan_to_compare(context, &applied),
            plan => plan,
        };
        let (applied, plan) = plan.map_or((applied, None), |(renewed, plan)| (renewed, Some(plan)));
        enforcer.attach(context, &applied, plan.as_ref())
    }
}

/// The plan, where the sets are to be compared or loaded; none where their headers are right and many entries are believed.
fn plan_in_doubt(
    context: &mut Context<'_>,
    opening: &mut Opening,
    applied: &Applied,
) -> Result<Option<(Applied, Plan)>> {
    let found = opening.found();
    let is_right =
        found.hold(SetId::ALL, |set| applied.entries(set)) && found.bear(SetId::ALL, |set| applied.mark(set));
    if is_right {
        let compares = applied.all_entries() <= ALWAYS_COMPARED || found.lacks_shortcut();
        return Ok(compares.then(|| plan_to_compare(context, applied)).flatten());
    }
    let (applied, plan) = plan_at_hand::stored(context, applied)?;
    opening.preload(&plan)?;
    Ok(Some((applied, plan)))
}

/// The plan of sets that seem to be right; none if there is nothing to compare them with.
fn plan_to_compare(context: &Context<'_>, applied: &Applied) -> Option<(Applied, Plan)> {
    let plan = plan_files::load(applied, &context.state);
    plan.map_err(|error| log::warn!("{error}")).ok().map(|plan| (applied.clone(), plan))
}
