//! `detach`: leave no trace in the kernel.

use super::{Context, activity, enforce};
use crate::activity::Baseline;
use crate::applied::Applied;
use crate::change::Change;
use crate::error::Result;
use crate::firewall::{self, Firewall};
use crate::protocol::{DetachData, DetachRequest};

/// Removes jump, chain and sets, and forgets the applied policy, so that nothing brings them back.
///
/// # Errors
/// `firewall.*`, `state.*`.
pub fn detach(context: &mut Context<'_>, _: &DetachRequest) -> Result<DetachData> {
    let _lock = enforce::plain_lock(context)?;
    collect_the_last(context);
    // Forgotten first: a reboot in between must not bring back what is being removed. Whoever is locked out by a
    // disk that takes no change is let in all the same.
    let forgotten = Change::forget(&context.state).and_then(|()| Applied::forget(&context.state));
    let changed = firewall::detach()?;
    Baseline::forget(&context.state)?;
    forgotten.map(|()| DetachData { changed })
}

/// What was counted goes into the memory before the counters go. Nothing is removed later for it.
fn collect_the_last(context: &mut Context<'_>) {
    let opened = Firewall::open(&mut Vec::new());
    let collected = opened.and_then(|(firewall, found)| activity::collect(context, &firewall, &found));
    collected.unwrap_or_else(|error| log::warn!("what was counted is lost: {error}"));
}
