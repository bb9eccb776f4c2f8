//! The firewall's lock.

use std::time::Duration;

use crate::context::Context;
use crate::error::Result;
use crate::storage::{Lock, LockKind};

/// How long to wait for another helper that is changing the firewall.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Held by whoever changes the kernel or the record of what is in force. Policy and data are read under it, so that no
/// helper applies what another has replaced meanwhile.
#[derive(Debug)]
pub(crate) struct FirewallLock(Lock);

impl FirewallLock {
    /// Waits for the lock.
    ///
    /// The tools hold it, too: what is left of them when a helper is killed is over before the next begins.
    ///
    /// # Errors
    /// `state.busy` when another helper holds it all the time, `state.io`, `state.unsafe`.
    pub(crate) fn take(context: &Context<'_>) -> Result<Self> {
        let lock = context.state.lock(LockKind::Firewall, LOCK_TIMEOUT)?;
        lock.set_inherited(true)?;
        context.state.remove_stale_files(&lock);
        Ok(Self(lock))
    }

    /// Runs `start` so that what it starts does not hold the lock.
    ///
    /// # Errors
    /// `state.io`.
    pub(super) fn keep_from<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        self.0.set_inherited(false)?;
        let started = start();
        self.0.set_inherited(true)?;
        Ok(started)
    }
}
