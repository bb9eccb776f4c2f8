//! Locks, and what killed holders leave behind.

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

/// A lock that is held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    kind: LockKind,
    file: File,
}

impl LockKind {
    /// Names of files in the making under this lock begin like this; by it whoever holds the lock next knows what a
    /// killed helper left behind.
    pub(super) fn unfinished(self) -> &'static str {
        match self {
            Self::Data => ".unfinished-data-",
            Self::Firewall => ".unfinished-firewall-",
            Self::Trial => ".unfinished-trial-",
        }
    }
}

impl Lock {
    /// Lets the processes that are started from now on hold the lock as well, or no longer: it is free when the last
    /// of them is gone.
    ///
    /// # Errors
    /// `state.io`.
    pub fn pass_on(&self, is_passed_on: bool) -> Result<()> {
        let flags = if is_passed_on { FdFlags::empty() } else { FdFlags::CLOEXEC };
        fcntl_setfd(&self.file, flags)
            .map_err(|error| Error::new(Code::StateIo, format!("cannot pass a lock on: {error}")))
    }
}

impl StateDir {
    /// Takes a lock, waiting for at most `patience`.
    ///
    /// # Errors
    /// `state.busy` when another helper holds it all the time, `state.io`, `state.unsafe`.
    pub fn lock(&self, kind: LockKind, patience: Duration) -> Result<Lock> {
        const POLL: Duration = Duration::from_millis(10);
        let (name, holder) = match kind {
            LockKind::Data => ("data.lock", "another update is running"),
            LockKind::Firewall => ("firewall.lock", "another helper is changing the firewall"),
            LockKind::Trial => ("trial.lock", "another watcher is at work"),
        };
        let place = self.file(name);
        // A lock that is there can be held on a disk that takes no change, too.
        let there = open(&place)?;
        let file = there.map_or_else(|| place.open(OFlags::WRONLY | OFlags::CREATE), Ok)?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { kind, file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => return Err(Error::new(Code::StateBusy, holder)),
                Err(TryLockError::Error(error)) => return Err(Error::state_io("lock", &place)(error)),
            }
        }
    }

    /// Removes what killed helpers left unfinished under a lock, which the caller holds.
    pub fn remove_stale_files(&self, lock: &Lock) {
        for leftover in self.files().filter(|file| file.name().starts_with(lock.kind.unfinished())) {
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
    fn sweeping_removes_only_what_was_unfinished_under_the_same_lock() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        for kind in [LockKind::Data, LockKind::Firewall] {
            // As a helper that is killed leaves it.
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
