//! `attach`: restores the chains, the jump and missing sets. MikoPBX Core calls it whenever it rebuilds INPUT.

use serde::{Deserialize, Serialize};

use super::Operation;
use super::operation::NoFlags;
use crate::context::Context;
use crate::enforcement::{Enforcer, FirewallLock, KernelData, plan_at_hand, rollback};
use crate::error::Result;
use crate::firewall::Opening;
use crate::plan::{Plan, SetId};
use crate::protocol::Version;
use crate::records::{Applied, plan_files};

/// Sets with at most this many entries are always compared entry by entry, because that takes only milliseconds.
const ALWAYS_COMPARED: u64 = 10_000;

/// Restore chains and jump, and the sets if they are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AttachRequest {
    /// The protocol version.
    pub v: Version,
}

impl Operation for AttachRequest {
    type Flags = NoFlags;
    type Data = KernelData;

    fn from_flags(_: NoFlags) -> Result<Self> {
        Ok(Self { v: Version })
    }

    /// Restores the applied policy in the kernel.
    ///
    /// Other programs may have restored old copies of our sets. Large sets are trusted without comparing every entry,
    /// if their headers carry the right content hash and our chains exist.
    ///
    /// # Errors
    /// `policy.none` if no policy is applied, `database.*` if neither the stored plan nor the data is usable,
    /// `firewall.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<KernelData> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let applied = plan_at_hand::wanted(context)?;
        let mut opening = Opening::begin(&context.kernel)?;
        let plan = plan_if_needed(context, &mut opening, &applied)?;
        let enforcer = Enforcer::finish_opening(context, &lock, opening)?;
        let plan = match plan {
            None if !enforcer.has_chains() => plan_to_compare(context, &applied),
            plan => plan,
        };
        let (applied, plan) = plan.map_or((applied, None), |(renewed, plan)| (renewed, Some(plan)));
        enforcer.attach(context, &applied, plan.as_ref())
    }
}

/// The plan, if sets must be loaded or compared. `None` if their headers are right and they are large enough to trust.
fn plan_if_needed(
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

/// The plan of sets that seem to be right. `None` if the plan cannot be loaded.
fn plan_to_compare(context: &Context<'_>, applied: &Applied) -> Option<(Applied, Plan)> {
    let plan = plan_files::load(applied, &context.state);
    plan.map_err(|error| log::warn!("{error}")).ok().map(|plan| (applied.clone(), plan))
}
