//! `rollback`: the policy before a change comes back.

use crate::context::Context;
use crate::enforcement::trial::{bring_back, describe, named};
use crate::enforcement::{enforcer, watcher};
use crate::error::{Code, Error, Result};
use crate::protocol::{ChangeData, ChangeState, RollbackRequest};

/// Brings the policy before a change back: now, or as the watcher when nobody confirmed it in time.
///
/// # Errors
/// `change.confirmed`, `change.unknown`, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`, `state.*`.
pub fn rollback(context: &mut Context<'_>, request: &RollbackRequest) -> Result<ChangeData> {
    if request.when_due {
        return watcher::watch(context, &request.token);
    }
    let lock = enforcer::plain_lock(context)?;
    let change = named(&context.state, &request.token)?;
    match change.state {
        ChangeState::Pending => bring_back(context, lock, &change, None),
        ChangeState::RolledBack => Ok(describe(&change)),
        ChangeState::Confirmed => {
            Err(Error::new(Code::ChangeConfirmed, format!("the change {} is confirmed", change.token)))
        }
    }
}
