//! `detach`: leave no trace in the kernel.

use crate::activity::Baseline;
use crate::context::Context;
use crate::enforcement::{counting, enforcer};
use crate::error::{Code, Error, Result};
use crate::firewall::{self, Firewall};
use crate::protocol::{DetachData, DetachRequest};
use crate::records::Applied;
use crate::records::Change;
use crate::storage::StateDir;

/// Removes jump, chains and sets, and forgets the applied policy, so that nothing brings them back. What others hold is
/// emptied, and a warning names it.
///
/// # Errors
/// `state.busy`; `firewall.*`, `state.*` for what could not be done, when all else is done.
pub fn detach(context: &mut Context<'_>, _: &DetachRequest) -> Result<DetachData> {
    let lock = enforcer::plain_lock(context);
    if let Some(busy) = lock.as_ref().err().filter(|error| error.code() == Code::StateBusy) {
        return Err(busy.clone());
    }
    // Where the lock cannot be had at all, nobody stays locked out for it.
    let detachment = firewall::switch_off();
    let is_off = detachment.is_off();
    if is_off {
        collect_the_last(context);
    }
    let detached = detachment.clear_away();
    // While the filter may still be in force, the record says by which policy, and a change on trial returns by itself.
    let forgotten = if is_off { forget(&context.state) } else { Ok(()) };
    let detached = detached?;
    context.warnings.extend(detached.warnings);
    lock.and(forgotten).map(|()| DetachData { changed: detached.changed })
}

/// Switches the filter off although the state directory is of no use, for the reason given, which is returned.
pub fn detach_without_state(reason: Error) -> Error {
    if let Err(error) = firewall::detach() {
        log::error!("{error}");
    }
    reason
}

/// The record goes last: without a trial there is nothing to go back to, without the record nothing to come back.
fn forget(state: &StateDir) -> Result<()> {
    let trial = Change::forget(state);
    let counters = Baseline::forget(state);
    trial.and(counters).and(Applied::forget(state))
}

/// What was counted goes into the memory before the counters go. Nothing is removed later for it.
fn collect_the_last(context: &mut Context<'_>) {
    let opened = Firewall::open(&mut Vec::new());
    let collected = opened.and_then(|(firewall, found)| counting::collect(context, &firewall, &found));
    collected.unwrap_or_else(|error| log::warn!("what was counted is lost: {error}"));
}
