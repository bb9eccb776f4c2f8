//! `detach`: leave no trace in the kernel.

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

/// Remove everything from the kernel and forget the applied policy.
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

    /// Removes jump, chains and sets, and forgets the applied policy, so that nothing brings them back. What others hold is
    /// emptied, and a warning names it.
    ///
    /// # Errors
    /// `state.busy`; `firewall.*`, `state.*` for what could not be done, when all else is done.
    fn run(&self, context: &mut Context<'_>) -> Result<DetachData> {
        let lock = FirewallLock::take(context);
        if let Some(busy) = lock.as_ref().err().filter(|error| error.code() == Code::StateBusy) {
            return Err(busy.clone());
        }
        // Where the lock cannot be had at all, nobody stays locked out for it.
        let detachment = firewall::switch_off(&*context.kernel);
        let is_off = detachment.is_off();
        if is_off {
            collect_the_last(context);
        }
        let detached = detachment.clean_up();
        // While the filter may still be in force, the record says by which policy, and a change on trial returns by itself.
        let forgotten = if is_off { forget(&context.state) } else { Ok(()) };
        let detached = detached?;
        context.warnings.extend(detached.warnings);
        lock.and(forgotten).map(|()| DetachData { changed: detached.changed })
    }

    /// Switches the filter off all the same.
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

/// What was counted goes into the memory before the counters go. Nothing is removed later for it.
fn collect_the_last(context: &mut Context<'_>) {
    let opened = Opening::wait(&context.kernel, &mut Vec::new());
    let collected = opened.and_then(|(firewall, found)| counting::collect(context, &firewall, &found));
    collected.unwrap_or_else(|error| log::warn!("what was counted is lost: {error}"));
}

impl Text for DetachData {
    fn text(&self) -> String {
        if self.changed { "removed\n".into() } else { "nothing was there\n".into() }
    }
}
