//! The state directory: private files, replaced whole, under locks that die with their holder.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::error::{Code, Error, Result};

/// Names of files in the making begin like this; whatever a killed helper left behind is removed by it.
const UNFINISHED: &str = ".unfinished-";

/// The directory that holds everything the helper remembers.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

/// What a lock protects.
#[derive(Debug, Clone, Copy)]
pub enum Guarded {
    /// The databases: one update at a time.
    Data,
    /// The kernel objects and the record of what was applied.
    Firewall,
}

/// A lock that is held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl StateDir {
    /// Opens the directory; it and missing parents are created, private to their owner.
    ///
    /// # Errors
    /// `state.io`.
    pub fn open(path: &Path) -> Result<Self> {
        let create = DirBuilder::new().recursive(true).mode(0o700).create(path);
        create.map_err(Error::state_io("create", path))?;
        Ok(Self { path: path.to_owned() })
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Takes a lock, waiting for at most `patience`.
    ///
    /// # Errors
    /// `state.busy` when another helper holds it all the time, `state.io`.
    pub fn lock(&self, guarded: Guarded, patience: Duration) -> Result<Lock> {
        const POLL: Duration = Duration::from_millis(10);
        let (name, holder) = match guarded {
            Guarded::Data => ("data.lock", "another update is running"),
            Guarded::Firewall => ("firewall.lock", "another helper is changing the firewall"),
        };
        let path = self.file(name);
        let open = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = open.map_err(Error::state_io("open", &path))?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => return Err(Error::new(Code::StateBusy, holder)),
                Err(TryLockError::Error(error)) => return Err(Error::state_io("lock", &path)(error)),
            }
        }
    }

    /// Removes what killed helpers left unfinished; the caller holds the data lock.
    ///
    /// Does nothing while another helper holds the firewall lock: it may be writing a file just now.
    pub fn sweep(&self, _data: &Lock) {
        let Ok(_firewall) = self.lock(Guarded::Firewall, Duration::ZERO) else { return };
        let leftovers = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for leftover in leftovers.filter(|entry| is_unfinished(&entry.file_name())) {
            if let Err(error) = fs::remove_file(leftover.path()) {
                log::warn!("cannot remove {}: {error}", leftover.path().display());
            }
        }
    }
}

fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// A private file in `directory` that vanishes with the value, or is swept if the helper is killed.
///
/// # Errors
/// `state.io`.
pub fn unfinished_file(directory: &Path) -> Result<NamedTempFile> {
    unfinished(directory).map_err(Error::state_io("write to", directory))
}

fn unfinished(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)
}

/// Replaces the file at `path` by what `write` writes, whole or not at all, also across a power cut.
///
/// The file is private to its owner.
///
/// # Errors
/// `state.io`; the old file is then untouched.
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    Replacement::write(path, write)?.put_in_place()
}

/// The next content of a file: complete and safe on the disk, but not yet in its place.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    file: NamedTempFile,
}

impl Replacement {
    /// Writes what shall replace the file at `path`.
    ///
    /// # Errors
    /// `state.io`.
    pub fn write(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<Self> {
        let prepare = || -> io::Result<NamedTempFile> {
            let mut file = unfinished(directory_of(path))?;
            write(file.as_file_mut())?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        Ok(Self { path: path.to_owned(), file: prepare().map_err(Error::state_io("write", path))? })
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// `state.io`; the old file is then untouched.
    pub fn put_in_place(self) -> Result<()> {
        let Self { path, file } = self;
        let replace = || -> io::Result<()> {
            file.persist(&path)?;
            File::open(directory_of(&path))?.sync_all()
        };
        replace().map_err(Error::state_io("write", &path))
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kept");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.unwrap_err().code(), Code::StateIo);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_and_directory_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("a/b")).unwrap();
        let path = state.file("secret");
        write_atomically(&path, |_| Ok(())).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(state.path()), mode(&path)), (0o700, 0o600));
    }

    #[test]
    fn a_held_lock_makes_others_busy_until_it_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let held = state.lock(Guarded::Firewall, Duration::ZERO).unwrap();
        let refused = state.lock(Guarded::Firewall, Duration::from_millis(30)).unwrap_err();
        assert_eq!(refused.code(), Code::StateBusy);
        state.lock(Guarded::Data, Duration::ZERO).expect("the other lock is free");
        drop(held);
        state.lock(Guarded::Firewall, Duration::ZERO).unwrap();
    }

    #[test]
    fn sweeping_removes_only_what_is_unfinished() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        fs::write(state.file(".unfinished-abc"), "half").unwrap();
        fs::write(state.file("dbip.geodb"), "whole").unwrap();
        state.sweep(&state.lock(Guarded::Data, Duration::ZERO).unwrap());
        assert!(!state.file(".unfinished-abc").exists() && state.file("dbip.geodb").exists());
    }
}
