//! `attach`: chain and jump in their place, sets restored if the kernel has none. Core's firewall hook calls it.

use crate::context::Context;
use crate::enforcement::enforcer::{self, Enforcer};
use crate::enforcement::plan_at_hand::{applied, stored_plan};
use crate::error::Result;
use crate::plan::{Plan, SetId};
use crate::protocol::{AttachRequest, Enforcement};
use crate::records::Applied;

/// SetBackend with so many entries together are compared one by one in a few milliseconds, so they always are.
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
    let lock = enforcer::lock(context)?;
    let applied = applied(context)?;
    let (enforcer, stored) = Enforcer::open_while(context, lock, |context, loader| {
        let found = loader.found();
        let holds = found.hold(SetId::ALL, |set| applied.entries(set))
            && found.bear(SetId::ALL, |set| applied.mark(set));
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
