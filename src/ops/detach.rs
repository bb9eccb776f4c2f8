//! `detach`: leave no trace in the kernel.

use super::{Context, enforce};
use crate::applied::Applied;
use crate::change::Change;
use crate::error::Result;
use crate::firewall;
use crate::protocol::{DetachData, DetachRequest};

/// Removes jump, chain and sets, and forgets the applied policy, so that nothing brings them back.
///
/// # Errors
/// `firewall.*`, `state.*`.
pub fn detach(context: &mut Context<'_>, _: &DetachRequest) -> Result<DetachData> {
    let _lock = enforce::plain_lock(context)?;
    // Forgotten first: a reboot in between must not bring back what is being removed.
    Change::forget(&context.state)?;
    Applied::forget(&context.state)?;
    Ok(DetachData { changed: firewall::detach()? })
}
