//! `apply`: make the kernel hold a policy.

use super::{Context, check_countries, enforce};
use crate::applied::Applied;
use crate::error::Result;
use crate::plan::Plan;
use crate::protocol::{ApplyRequest, Enforcement};

/// Computes the plan of a policy and puts it in force. The jump from INPUT is left to `attach`.
///
/// # Errors
/// `database.*` without usable data, `request.unknown_country`, `firewall.*`; what is in force then stays.
pub fn apply(context: &mut Context<'_>, request: &ApplyRequest) -> Result<Enforcement> {
    let lock = enforce::lock(context)?;
    enforce::apply(context, lock, |context| {
        let database = context.store().load(request.source)?;
        check_countries(&request.policy, &database.holders.all_countries())?;
        let plan = Plan::new(&database, &request.policy);
        Ok((Applied::new(request.source, &request.policy, &plan), plan))
    })
}
