//! Staged files: complete on disk before they replace another file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use rustix::fs::{Mode, OFlags, fsync, openat, renameat};
use rustix::io::Errno;

use super::{LockKind, StateDir, StateFile};
use crate::error::{Error, Result};

/// A private temporary file. It is removed when the value is dropped, unless it has replaced another file. If the
/// helper is killed, the next one removes it.
#[derive(Debug)]
pub struct StagedFile {
    place: StateFile,
    file: File,
}

impl StagedFile {
    /// Creates an empty file.
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
            let place = directory.file(&format!("{}{process}-{number}", kind.staging_prefix()));
            match openat(directory, place.name(), flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => return Ok(Self { place, file: file.into() }),
                // It belongs to another thread, or a process with the same id left it behind.
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::EXIST.into())
    }

    /// Its path, for messages.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// The open file.
    pub fn as_file(&self) -> &File {
        &self.file
    }

    /// The open file, for reading or writing.
    pub fn as_file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Opens the same file again, with its own read position.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn reopen(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(self.place.directory(), self.place.name(), flags, Mode::empty())?.into())
    }

    /// Renames it to `target`, which it replaces.
    fn put_in_place(self, target: &StateFile) -> io::Result<()> {
        Ok(renameat(self.place.directory(), self.place.name(), target.directory(), target.name())?)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // After a rename there is nothing to remove. Anything that remains is removed by `remove_stale_files`.
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

/// Replaces a file by what `write` writes, completely or not at all, even if the power fails.
///
/// The file is accessible to its owner only. The caller holds the lock that protects it.
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

/// The next content of a file, completely written and flushed, which does not replace the file yet.
#[derive(Debug)]
pub struct StagedReplacement {
    place: StateFile,
    file: StagedFile,
}

impl StagedReplacement {
    /// Writes and flushes the next content of the file at `place`.
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

    /// Replaces the file of `first`, then this one, both in the same directory, and flushes the directory once. A file
    /// system with a journal never persists the second change of a directory without the first.
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

/// Renames a file within its directory, replacing another one. This works even if the disk is full.
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
    fn staged_files_never_share_a_name_and_are_removed_when_dropped() {
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
