//! `confirm`: a change stays.

use crate::context::Context;
use crate::enforcement::enforcer;
use crate::enforcement::trial::{describe, named, rolled_back};
use crate::error::Result;
use crate::protocol::{ChangeData, ChangeState, ConfirmRequest};
use crate::records::Applied;

/// Lets a change stay.
///
/// # Errors
/// `change.rolled_back` if it came too late, `change.unknown`, `state.*`.
pub fn confirm(context: &mut Context<'_>, request: &ConfirmRequest) -> Result<ChangeData> {
    let _lock = enforcer::lock(context)?;
    let change = named(&context.state, &request.token)?;
    match change.state {
        ChangeState::RolledBack => Err(rolled_back(&change)),
        ChangeState::Pending if change.is_overdue() => Err(rolled_back(&change)),
        ChangeState::Confirmed => Ok(describe(&change)),
        ChangeState::Pending => {
            let confirmed = change.decided(ChangeState::Confirmed);
            confirmed.save(&context.state)?;
            if let Some(applied) = Applied::load(&context.state)? {
                applied.prune(&context.state);
            }
            Ok(describe(&confirmed))
        }
    }
}
