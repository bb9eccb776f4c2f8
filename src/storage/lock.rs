//! Locks between helpers, and the removal of files that a killed helper left behind.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};

use super::StateDir;
use super::file::open;
use crate::error::{Code, Error, Result};

/// What a lock protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// The databases: one update at a time.
    Data,
    /// The kernel objects and the record of what was applied.
    Firewall,
    /// The end of a change on trial: one watcher at a time.
    Trial,
}

/// A lock. It is released when the value is dropped or the process ends, even if it is killed.
#[derive(Debug)]
pub struct Lock {
    kind: LockKind,
    file: File,
}

impl LockKind {
    /// The prefix of file names that are staged under this lock. By it, the next owner of the lock recognises the files
    /// that a killed helper left behind.
    pub(super) fn staging_prefix(self) -> &'static str {
        match self {
            Self::Data => ".unfinished-data-",
            Self::Firewall => ".unfinished-firewall-",
            Self::Trial => ".unfinished-trial-",
        }
    }
}

impl Lock {
    /// Sets whether processes that are started from now on inherit the lock. It is free when the last process that has
    /// it ends.
    ///
    /// # Errors
    /// `state.io`.
    pub fn set_inherited(&self, is_inherited: bool) -> Result<()> {
        let flags = if is_inherited { FdFlags::empty() } else { FdFlags::CLOEXEC };
        fcntl_setfd(&self.file, flags).map_err(|error| {
            Error::new(Code::StateIo, format!("cannot change whether a lock is inherited: {error}"))
        })
    }
}

impl StateDir {
    /// Takes a lock. Waits at most `timeout` for it.
    ///
    /// # Errors
    /// `state.busy` if another helper holds it all the time; `state.io`, `state.unsafe`.
    pub fn lock(&self, kind: LockKind, timeout: Duration) -> Result<Lock> {
        const POLL_INTERVAL: Duration = Duration::from_millis(10);
        let (name, busy) = match kind {
            LockKind::Data => ("data.lock", "another update is running"),
            LockKind::Firewall => ("firewall.lock", "another helper is changing the firewall"),
            LockKind::Trial => ("trial.lock", "another watcher is running"),
        };
        let place = self.file(name);
        // An existing lock file can be locked even on a read-only file system.
        let there = open(&place)?;
        let file = there.map_or_else(|| place.open(OFlags::WRONLY | OFlags::CREATE), Ok)?;
        let deadline = Instant::now() + timeout;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { kind, file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => return Err(Error::new(Code::StateBusy, busy)),
                Err(TryLockError::Error(error)) => return Err(Error::state_io("lock", &place)(error)),
            }
        }
    }

    /// Removes the files that killed helpers staged under this lock.
    pub fn remove_stale_files(&self, lock: &Lock) {
        for leftover in self.files().filter(|file| file.name().starts_with(lock.kind.staging_prefix())) {
            if let Err(error) = leftover.unlink() {
                log::warn!("cannot remove {}: {error}", leftover.display());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::storage::StagedFile;

    #[test]
    fn a_held_lock_makes_others_busy_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let held = state.lock(LockKind::Firewall, Duration::ZERO).unwrap();
        let refused = state.lock(LockKind::Firewall, Duration::from_millis(30)).unwrap_err();
        assert_eq!(refused.code(), Code::StateBusy);
        state.lock(LockKind::Data, Duration::ZERO).expect("the other lock is free");
        drop(held);
        state.lock(LockKind::Firewall, Duration::ZERO).unwrap();
    }

    #[test]
    fn only_files_staged_under_the_same_lock_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        for kind in [LockKind::Data, LockKind::Firewall] {
            // As a killed helper leaves it.
            std::mem::forget(StagedFile::new(&state, kind).unwrap());
        }
        fs::write(state.file("dbip.geodb"), "whole").unwrap();
        let unfinished = || state.files().filter(|file| file.name().starts_with(".unfinished")).count();
        let firewall = state.lock(LockKind::Firewall, Duration::ZERO).unwrap();
        state.remove_stale_files(&firewall);
        assert_eq!(unfinished(), 1);
        state.remove_stale_files(&state.lock(LockKind::Data, Duration::ZERO).unwrap());
        assert_eq!((unfinished(), state.file("dbip.geodb").path().exists()), (0, true));
    }
}
