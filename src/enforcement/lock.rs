//! The firewall lock, which tools inherit and watchers do not.

use std::time::Duration;

use crate::context::Context;
use crate::error::Result;
use crate::storage::{Lock, LockKind};

/// How long to wait for another helper that is changing the firewall.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The lock for every change of the kernel or of the record of what is in force. Policy and data are also read under
/// it, so that no helper applies what another one has replaced.
#[derive(Debug)]
pub(crate) struct FirewallLock(Lock);

impl FirewallLock {
    /// Waits for the lock.
    ///
    /// The tools inherit it. If a helper is killed, the next one does not begin before its tools have ended.
    ///
    /// # Errors
    /// `state.busy` if another helper holds it all the time; `state.io`, `state.unsafe`.
    pub(crate) fn take(context: &Context<'_>) -> Result<Self> {
        let lock = context.state.lock(LockKind::Firewall, LOCK_TIMEOUT)?;
        lock.set_inherited(true)?;
        context.state.remove_stale_files(&lock);
        Ok(Self(lock))
    }

    /// Runs `start` so that processes started by it do not inherit the lock.
    ///
    /// # Errors
    /// `state.io`.
    pub(super) fn without_inheritance<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        self.0.set_inherited(false)?;
        let started = start();
        self.0.set_inherited(true)?;
        Ok(started)
    }
}
