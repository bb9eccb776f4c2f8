//! `detach`: removes the filter from the kernel completely.

use serde::{Deserialize, Serialize};

use super::operation::NoFlags;
use super::{Operation, Text};
use crate::activity::Baseline;
use crate::context::Context;
use crate::enforcement::{FirewallLock, counting};
use crate::error::{Code, Error, Result};
use crate::firewall::{self, Opening, SystemKernel};
use crate::protocol::Version;
use crate::records::InForce;
use crate::storage::StateDir;

/// Remove the filter from the kernel and forget the applied policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DetachRequest {
    /// The protocol version.
    pub v: Version,
}

/// Data of `detach`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DetachData {
    /// True if anything of ours was in the kernel.
    pub changed: bool,
}

impl Operation for DetachRequest {
    type Flags = NoFlags;
    type Data = DetachData;

    fn from_flags(_: NoFlags) -> Result<Self> {
        Ok(Self { v: Version })
    }

    /// Removes jump, chains and sets, and forgets the applied policy, so that nothing restores them. What other rules
    /// use is emptied and reported in a warning.
    ///
    /// # Errors
    /// `state.busy`; `firewall.*` and `state.*` if a step failed, after all other steps are done.
    fn run(&self, context: &mut Context<'_>) -> Result<DetachData> {
        let lock = FirewallLock::take(context);
        if let Some(busy) = lock.as_ref().err().filter(|error| error.code() == Code::StateBusy) {
            return Err(busy.clone());
        }
        // If the lock cannot be taken for another reason, continue: people who are locked out must get in.
        let detachment = firewall::switch_off(&*context.kernel);
        let is_off = detachment.is_off();
        if is_off {
            store_last_counts(context);
        }
        let detached = detachment.clean_up();
        // While the filter may still be in force, keep the record, so that a pending change can still be rolled back.
        let forgotten = if is_off { forget(&context.state) } else { Ok(()) };
        let detached = detached?;
        context.warnings.extend(detached.warnings);
        lock.and(forgotten).map(|()| DetachData { changed: detached.changed })
    }

    /// Switches the filter off nevertheless.
    fn run_without_state(&self, reason: Error) -> Error {
        if let Err(error) = firewall::detach(&SystemKernel) {
            log::error!("{error}");
        }
        reason
    }
}

fn forget(state: &StateDir) -> Result<()> {
    let counters = Baseline::forget(state);
    counters.and(InForce::forget(state))
}

/// Stores the last counts before the counters are removed. A failure does not stop the removal.
fn store_last_counts(context: &mut Context<'_>) {
    let opened = Opening::wait(&context.kernel, &mut Vec::new());
    let collected = opened.and_then(|(firewall, found)| counting::collect(context, &firewall, &found));
    collected.unwrap_or_else(|error| log::warn!("cannot store the packet counts: {error}"));
}

impl Text for DetachData {
    fn text(&self) -> String {
        if self.changed { "removed\n".into() } else { "there was nothing to remove\n".into() }
    }
}
