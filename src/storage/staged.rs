//! Files in the making, and how they take their places.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use rustix::fs::{Mode, OFlags, fsync, openat, renameat};
use rustix::io::Errno;

use super::{LockKind, StateDir, StateFile};
use crate::error::{Error, Result};

/// A private file that vanishes with the value unless it takes a place, or is swept if the helper is killed.
#[derive(Debug)]
pub struct StagedFile {
    place: StateFile,
    file: File,
}

impl StagedFile {
    /// An empty one.
    ///
    /// # Errors
    /// `state.io`.
    pub fn new(directory: &StateDir, kind: LockKind) -> Result<Self> {
        Self::create(directory, kind).map_err(Error::state_io("write to", directory.path()))
    }

    fn create(directory: &StateDir, kind: LockKind) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let process = std::process::id();
        for number in 0.. {
            let place = directory.file(&format!("{}{process}-{number}", kind.unfinished()));
            match openat(directory, place.name(), flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => return Ok(Self { place, file: file.into() }),
                // Another thread's, or left behind by a process of the same number.
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::EXIST.into())
    }

    /// Where people find it.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// The file.
    pub fn as_file(&self) -> &File {
        &self.file
    }

    /// The file, to be written or read on.
    pub fn as_file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// The same file, with a place to read at of its own.
    ///
    /// # Errors
    /// Those of the system.
    pub fn reopen(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(self.place.directory(), self.place.name(), flags, Mode::empty())?.into())
    }

    /// Gives it the name of `target`, which it replaces.
    fn put_in_place(self, target: &StateFile) -> io::Result<()> {
        Ok(renameat(self.place.directory(), self.place.name(), target.directory(), target.name())?)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // Nothing bears the name any more where it took its place. Whatever stays is swept later.
        let _ = self.place.unlink();
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Replaces a file by what `write` writes, whole or not at all, also across a power cut.
///
/// The file is private to its owner. The caller holds the lock of what it is part of.
///
/// # Errors
/// `state.io`; the old file is then untouched.
pub fn write_atomically(
    place: &StateFile,
    kind: LockKind,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<()> {
    StagedReplacement::write(place, kind, write)?.put_in_place()
}

/// The next content of a file: complete and safe on the disk, but not yet in its place.
#[derive(Debug)]
pub struct StagedReplacement {
    place: StateFile,
    file: StagedFile,
}

impl StagedReplacement {
    /// Writes what shall replace the file at `place`.
    ///
    /// # Errors
    /// `state.io`.
    pub fn write(
        place: &StateFile,
        kind: LockKind,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Self> {
        let prepare = || -> io::Result<StagedFile> {
            let mut staged = StagedFile::create(place.directory(), kind)?;
            write(&mut staged.file)?;
            staged.file.sync_all()?;
            Ok(staged)
        };
        Ok(Self { place: place.clone(), file: prepare().map_err(Error::state_io("write", place))? })
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
        let place = self.place.clone();
        let replace = || -> io::Result<()> {
            for replacement in first.into_iter().chain([self]) {
                replacement.file.put_in_place(&replacement.place)?;
            }
            Ok(fsync(place.directory())?)
        };
        replace().map_err(Error::state_io("write", &place))
    }
}

/// Gives a file the name of another in the same directory, which it replaces; for that there is room on a full disk.
///
/// # Errors
/// `state.io`; the other file is then untouched.
pub fn rename(from: &StateFile, to: &StateFile) -> Result<()> {
    let renamed = renameat(from.directory(), from.name(), to.directory(), to.name());
    renamed.and_then(|()| fsync(to.directory())).map_err(|error| Error::state_io("write", to)(error.into()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::Code;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let place = StateDir::open(directory.path()).unwrap().file("kept");
        write_atomically(&place, LockKind::Data, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&place, LockKind::Data, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.unwrap_err().code(), Code::StateIo);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_and_directory_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("a/b")).unwrap();
        let place = state.file("secret");
        write_atomically(&place, LockKind::Firewall, |_| Ok(())).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(state.path()), mode(place.path())), (0o700, 0o600));
    }

    #[test]
    fn files_in_the_making_never_share_a_name_and_go_with_their_values() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let mut staged: Vec<_> = (0..3).map(|_| StagedFile::new(&state, LockKind::Data).unwrap()).collect();
        staged[0].write_all(b"first").unwrap();
        let mut content = String::new();
        staged[0].reopen().unwrap().read_to_string(&mut content).unwrap();
        assert_eq!((content.as_str(), state.files().count()), ("first", 3));
        drop(staged);
        assert_eq!(state.files().count(), 0);
    }
}
