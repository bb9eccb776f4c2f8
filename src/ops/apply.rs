//! `apply`: make the kernel hold a policy.

use super::check_countries;
use crate::context::Context;
use crate::database::CountryRanges;
use crate::enforcement::{enforcer, trial};
use crate::error::Result;
use crate::plan::Plan;
use crate::protocol::{ApplyRequest, Enforcement};
use crate::records::Applied;

/// Computes the plan of a policy and puts it in force. The jump from INPUT is left to `attach`.
///
/// While an earlier change waits for its confirmation, it goes on waiting: whatever is applied goes with it.
///
/// # Errors
/// `database.*` without usable data, `request.unknown_country`, `plan.too_large`, `change.rolled_back`, `firewall.*`; what is in force
/// then stays.
pub fn apply(context: &mut Context<'_>, request: &ApplyRequest) -> Result<Enforcement> {
    let lock = enforcer::lock(context)?;
    let applied = enforcer::apply(context, lock, request.confirm.as_ref(), |context, loader| {
        let database = context.store().open(request.source)?;
        check_countries(&request.policy, &database.holders().all_countries())?;
        context.warn_of_missing_families(database.metadata());
        let plan = Plan::new_with(&database, &request.policy, |plan| loader.load_early(plan))?;
        context.say_what_is_left_undone(&request.policy, &plan, &database)?;
        Ok((Applied::new(request.source, &request.policy, &plan), plan))
    })?;
    trial::forget_unreadable(context);
    Ok(applied)
}
