//! `apply`: make the kernel hold a policy.

use super::{Context, change, check_countries, enforce};
use crate::applied::Applied;
use crate::database::Holdings;
use crate::error::Result;
use crate::plan::Plan;
use crate::protocol::{ApplyRequest, Enforcement};

/// Computes the plan of a policy and puts it in force. The jump from INPUT is left to `attach`.
///
/// While an earlier change waits for its confirmation, it goes on waiting: whatever is applied goes with it.
///
/// # Errors
/// `database.*` without usable data, `request.unknown_country`, `change.rolled_back`, `firewall.*`; what is in force
/// then stays.
pub fn apply(context: &mut Context<'_>, request: &ApplyRequest) -> Result<Enforcement> {
    let lock = enforce::lock(context)?;
    let mut begun = None;
    let applied = enforce::apply(context, lock, |context, loader| {
        let database = context.store().open(request.source)?;
        check_countries(&request.policy, &database.holders().all_countries())?;
        let plan = Plan::new_with(&database, &request.policy, |plan| loader.load_early(plan))?;
        context.say_what_is_left_undone(&request.policy, &plan, &database)?;
        if let Some(confirm) = &request.confirm {
            begun = Some(change::begin(context, confirm)?);
        }
        Ok((Applied::new(request.source, &request.policy, &plan), plan))
    });
    if let (Err(_), Some(before)) = (&applied, &begun) {
        change::restore(context, before.as_ref()).unwrap_or_else(|error| log::warn!("{error}"));
    }
    applied
}
