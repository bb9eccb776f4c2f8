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
    // Forgotten first: a reboot in between must not bring back what is being removed. Whoever is locked out by a
    // disk that takes no change is let in all the same.
    let forgotten = Change::forget(&context.state).and_then(|()| Applied::forget(&context.state));
    let changed = firewall::detach()?;
    forgotten.map(|()| DetachData { changed })
}
