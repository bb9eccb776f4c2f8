//! The state directory: private files, replaced whole, under locks that die with their holder.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::geteuid;
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::error::{Code, Error, Result};

/// The mode bits by which a group or everybody may write.
const OTHERS_WRITE: u32 = 0o022;
const ROOT: u32 = 0;

/// The directory that holds everything the helper remembers.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

/// What a lock protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guarded {
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
    guarded: Guarded,
    file: File,
}

impl Guarded {
    /// Names of files in the making under this lock begin like this; by it whoever holds the lock next knows what a
    /// killed helper left behind.
    fn unfinished(self) -> &'static str {
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
    /// Opens the directory; it and missing parents are created, private to their owner.
    ///
    /// What lies in it is loaded into the kernel by root: nobody else may be able to change it. Who owns a directory
    /// above could move it away, but not put another in its place that passes for ours.
    ///
    /// # Errors
    /// `state.io`, `state.unsafe`.
    pub fn open(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(Error::state_io("find", path))?;
        match path.symlink_metadata() {
            Ok(found) if found.is_symlink() || !found.is_dir() => {
                return Err(unsafe_place(&path, "is not a directory"));
            }
            Ok(_) => {}
            Err(_) => {
                let create = DirBuilder::new().recursive(true).mode(0o700).create(&path);
                create.map_err(Error::state_io("create", &path))?;
            }
        }
        refuse_if_others_change(&path)?;
        Ok(Self { path })
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
            Guarded::Trial => ("trial.lock", "another watcher is at work"),
        };
        let path = self.file(name);
        let create = || options().create(true).truncate(false).write(true).mode(0o600).open(&path);
        // A lock that is there can be held on a disk that takes no change, too.
        let file = open(&path).or_else(|_| create()).map_err(Error::state_io("open", &path))?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { guarded, file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => return Err(Error::new(Code::StateBusy, holder)),
                Err(TryLockError::Error(error)) => return Err(Error::state_io("lock", &path)(error)),
            }
        }
    }

    /// Removes what killed helpers left unfinished under a lock, which the caller holds.
    pub fn sweep(&self, lock: &Lock) {
        let beginning = lock.guarded.unfinished().as_bytes();
        let is_unfinished = |name: &OsStr| name.as_encoded_bytes().starts_with(beginning);
        let files = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for leftover in files.filter(|entry| is_unfinished(&entry.file_name())) {
            if let Err(error) = fs::remove_file(leftover.path()) {
                log::warn!("cannot remove {}: {error}", leftover.path().display());
            }
        }
    }
}

/// Opens a file of the state directory for reading: the file itself, never what a link leads to.
///
/// # Errors
/// Those of the system.
pub fn open(path: &Path) -> io::Result<File> {
    options().read(true).open(path)
}

/// Reads a file of the state directory; none if there is no such file.
///
/// # Errors
/// `state.io`.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    match open(path).and_then(|mut file| file.read_to_end(&mut content)) {
        Ok(_) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::state_io("read", path)(error)),
    }
}

/// Removes a file of the state directory, if it is there.
///
/// # Errors
/// `state.io`.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::state_io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Gives a file of the state directory the name of another, which it replaces; for that there is room on a full disk.
///
/// # Errors
/// `state.io`; the other file is then untouched.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let renamed = fs::rename(from, to).and_then(|()| File::open(directory_of(to))?.sync_all());
    renamed.map_err(Error::state_io("write", to))
}

/// A record as it lies on the disk: JSON that a person can read too.
///
/// # Errors
/// Those of the serialiser.
pub fn json(record: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(record)?;
    json.push(b'\n');
    Ok(json)
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

/// Refuses a directory that others can change.
fn refuse_if_others_change(path: &Path) -> Result<()> {
    let found = path.metadata().map_err(Error::state_io("look at", path))?;
    if ![ROOT, geteuid().as_raw()].contains(&found.uid()) {
        return Err(unsafe_place(path, "belongs to somebody else"));
    }
    if found.mode() & OTHERS_WRITE != 0 {
        return Err(unsafe_place(path, "can be changed by others"));
    }
    Ok(())
}

fn unsafe_place(place: &Path, what: &str) -> Error {
    Error::new(Code::StateUnsafe, format!("{} {what}", place.display()))
}

/// A private file in `directory` that vanishes with the value, or is swept if the helper is killed.
///
/// # Errors
/// `state.io`.
pub fn unfinished_file(directory: &Path, guarded: Guarded) -> Result<NamedTempFile> {
    unfinished(directory, guarded).map_err(Error::state_io("write to", directory))
}

fn unfinished(directory: &Path, guarded: Guarded) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(guarded.unfinished()).tempfile_in(directory)
}

/// Replaces the file at `path` by what `write` writes, whole or not at all, also across a power cut.
///
/// The file is private to its owner. The caller holds the lock of what it is part of.
///
/// # Errors
/// `state.io`; the old file is then untouched.
pub fn write_atomically(
    path: &Path,
    guarded: Guarded,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<()> {
    Replacement::write(path, guarded, write)?.put_in_place()
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
    pub fn write(
        path: &Path,
        guarded: Guarded,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Self> {
        let prepare = || -> io::Result<NamedTempFile> {
            let mut file = unfinished(directory_of(path), guarded)?;
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
        self.put_in_place_after(None)
    }

    /// Replaces the file, and before it that of `first`, in the same directory, which is flushed once: file systems
    /// with a journal do not bring the later change of a directory to the disk without the earlier one.
    ///
    /// # Errors
    /// `state.io`; this file is then untouched.
    pub fn put_in_place_after(self, first: Option<Self>) -> Result<()> {
        let path = self.path.clone();
        let replace = || -> io::Result<()> {
            for replacement in first.into_iter().chain([self]) {
                replacement.file.persist(&replacement.path)?;
            }
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
    use std::fs::Permissions;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kept");
        write_atomically(&path, Guarded::Data, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, Guarded::Data, |file| {
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
        write_atomically(&path, Guarded::Firewall, |_| Ok(())).unwrap();
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
    fn sweeping_removes_only_what_was_unfinished_under_the_same_lock() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        for guarded in [Guarded::Data, Guarded::Firewall] {
            unfinished_file(state.path(), guarded).unwrap().keep().unwrap();
        }
        fs::write(state.file("dbip.geodb"), "whole").unwrap();
        let left = || fs::read_dir(state.path()).unwrap().map(|file| file.unwrap().file_name());
        let unfinished = || left().filter(|name| name.as_encoded_bytes().starts_with(b".unfinished")).count();
        let firewall = state.lock(Guarded::Firewall, Duration::ZERO).unwrap();
        state.sweep(&firewall);
        assert_eq!(unfinished(), 1);
        state.sweep(&state.lock(Guarded::Data, Duration::ZERO).unwrap());
        assert_eq!((unfinished(), state.file("dbip.geodb").exists()), (0, true));
    }

    #[test]
    fn a_directory_that_others_may_change_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        StateDir::open(&state).unwrap();
        for (mode, is_safe) in [(0o755, true), (0o770, false), (0o707, false), (0o1777, false), (0o700, true)]
        {
            set_mode(&state, mode);
            let opened = StateDir::open(&state).map_err(|error| error.code());
            assert_eq!(opened.err(), (!is_safe).then_some(Code::StateUnsafe), "{mode:o}");
        }
    }

    #[test]
    fn a_link_a_file_and_somebody_elses_directory_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        StateDir::open(&path("state")).unwrap();
        symlink(path("state"), path("link")).unwrap();
        fs::write(path("file"), "").unwrap();
        fs::create_dir(path("theirs")).unwrap();
        chown(path("theirs"), Some(65534), None).unwrap();
        for name in ["link", "file", "theirs"] {
            assert_eq!(StateDir::open(&path(name)).unwrap_err().code(), Code::StateUnsafe, "{name}");
        }
        // A link on the way is a way like another.
        symlink(directory.path(), path("way")).unwrap();
        StateDir::open(&path("way/state")).unwrap();
    }

    #[test]
    fn links_in_the_directory_lead_nowhere() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("state")).unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "untouched").unwrap();
        for name in ["data.lock", "firewall.lock", "applied.json"] {
            symlink(&victim, state.file(name)).unwrap();
        }
        for guarded in [Guarded::Data, Guarded::Firewall] {
            assert_eq!(state.lock(guarded, Duration::ZERO).unwrap_err().code(), Code::StateIo);
        }
        assert!(open(&state.file("applied.json")).is_err());
        write_atomically(&state.file("applied.json"), Guarded::Firewall, |_| Ok(())).unwrap();
        assert!(!state.file("applied.json").is_symlink());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    }
}
