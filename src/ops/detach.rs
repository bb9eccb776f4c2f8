//! `detach`: leave no trace in the kernel.

use std::time::Duration;

use super::Context;
use crate::applied::Applied;
use crate::error::Result;
use crate::firewall;
use crate::protocol::{DetachData, DetachRequest};
use crate::state::Guarded;

/// Removes jump, chain and sets, and forgets the applied policy, so that nothing brings them back.
///
/// # Errors
/// `firewall.*`, `state.*`.
pub fn detach(context: &mut Context<'_>, _: &DetachRequest) -> Result<DetachData> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let _lock = context.state.lock(Guarded::Firewall, PATIENCE)?;
    // Forgotten first: a reboot in between must not bring back what is being removed.
    Applied::forget(&context.state)?;
    Ok(DetachData { changed: firewall::detach()? })
}
