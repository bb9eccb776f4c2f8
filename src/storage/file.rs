//! A file of the state directory. It is opened only if it is a regular file, not a link, that nobody else can change.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{self, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat, unlinkat};
use rustix::io::Errno;
use serde::Serialize;

use super::StateDir;
use super::directory::{refuse_if_others_change, unsafe_place};
use crate::error::{Error, Result};

/// The place of a file in the state directory. The file need not exist.
#[derive(Debug, Clone)]
pub struct StateFile {
    directory: StateDir,
    name: String,
    /// Its path, for messages.
    path: PathBuf,
}

impl StateFile {
    pub(super) fn new(directory: &StateDir, name: &str) -> Self {
        Self { directory: directory.clone(), name: name.to_owned(), path: directory.path().join(name) }
    }

    /// The directory that contains it.
    pub(super) fn directory(&self) -> &StateDir {
        &self.directory
    }

    /// Its name within the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path, formatted.
    pub fn display(&self) -> path::Display<'_> {
        self.path.display()
    }

    /// Opens it if it is a regular file that nobody else can change. Never blocks, even if it is a pipe or a device.
    pub(super) fn open(&self, flags: OFlags) -> Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = openat(&self.directory, &self.name, flags, Mode::RUSR | Mode::WUSR);
        let file: OwnedFd = opened.map_err(|error| match error {
            // A link, a socket, a missing device, or a directory that should be opened for writing.
            Errno::LOOP | Errno::NXIO | Errno::NODEV | Errno::ISDIR => {
                unsafe_place(&self.path, "is not a regular file")
            }
            error => Error::state_io("open", &self.path)(error.into()),
        })?;
        refuse_if_others_change(file.as_fd(), FileType::RegularFile, &self.path)?;
        Ok(file.into())
    }

    /// True if no file has this name.
    fn is_missing(&self) -> bool {
        statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)
            .is_err_and(|error| error == Errno::NOENT)
    }

    /// Removes it, if it exists.
    pub(super) fn unlink(&self) -> io::Result<()> {
        match unlinkat(&self.directory, &self.name, AtFlags::empty()) {
            // On a read-only file system the error is the same whether the file exists or not.
            Err(error) if !self.is_missing() => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl AsRef<Path> for StateFile {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Opens a file for reading. `None` if it does not exist.
///
/// # Errors
/// `state.io`; `state.unsafe` if it is not a regular file, or if others can change it.
pub fn open(file: &StateFile) -> Result<Option<File>> {
    match file.open(OFlags::RDONLY) {
        Err(_) if file.is_missing() => Ok(None),
        opened => opened.map(Some),
    }
}

/// Reads a file. `None` if it does not exist.
///
/// # Errors
/// As [`open`].
pub fn read(file: &StateFile) -> Result<Option<Vec<u8>>> {
    let Some(mut opened) = open(file)? else { return Ok(None) };
    let mut content = Vec::new();
    opened.read_to_end(&mut content).map_err(Error::state_io("read", file))?;
    Ok(Some(content))
}

/// Removes a file, if it exists.
///
/// # Errors
/// `state.io`.
pub fn remove(file: &StateFile) -> Result<()> {
    file.unlink().map_err(Error::state_io("remove", file))
}

/// A value as indented JSON with a final line end, readable for people.
///
/// # Errors
/// Those of the serialiser.
pub fn json(record: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(record)?;
    json.push(b'\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    use rustix::fs::{CWD, mknodat};

    use super::*;
    use crate::error::Code;
    use crate::storage::{LockKind, write_atomically};

    type Make = fn(&Path);

    /// State directories in which each of these names belongs to something that must not be trusted.
    fn with_unsafe_files(directory: &Path, names: &[&str]) -> Vec<(StateDir, &'static str)> {
        let make: [(&str, Make); 7] = [
            ("a link", |path| symlink(path.with_file_name("victim"), path).unwrap()),
            ("a pipe", |path| {
                mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
            }),
            ("a device", |path| {
                let zero = rustix::fs::makedev(1, 5);
                mknodat(CWD, path, FileType::CharacterDevice, Mode::RUSR | Mode::WUSR, zero).unwrap();
            }),
            ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
            ("a directory", |path| fs::create_dir(path).unwrap()),
            ("somebody else's", |path| {
                fs::write(path, "{}").unwrap();
                chown(path, Some(65534), None).unwrap();
            }),
            ("writable by others", |path| {
                fs::write(path, "{}").unwrap();
                fs::set_permissions(path, Permissions::from_mode(0o620)).unwrap();
            }),
        ];
        make.into_iter()
            .map(|(what, make)| {
                let state = StateDir::open(&directory.join(what)).unwrap();
                fs::write(state.file("victim"), "untouched").unwrap();
                for name in names {
                    make(state.file(name).path());
                }
                (state, what)
            })
            .collect()
    }

    #[test]
    fn unsafe_files_are_refused_with_their_name_and_without_blocking() {
        let directory = tempfile::tempdir().unwrap();
        for (state, what) in with_unsafe_files(directory.path(), &["applied.json", "firewall.lock"]) {
            let refused = read(&state.file("applied.json")).unwrap_err();
            assert_eq!(refused.code(), Code::StateUnsafe, "{what}: {refused}");
            assert!(refused.message().contains("/applied.json "), "{refused}");
            let refused = state.lock(LockKind::Firewall, Duration::ZERO).unwrap_err();
            assert_eq!(refused.code(), Code::StateUnsafe, "{what}: {refused}");
        }
    }

    #[test]
    fn unsafe_files_are_replaced_and_the_target_of_a_link_is_untouched() {
        let directory = tempfile::tempdir().unwrap();
        for (state, what) in with_unsafe_files(directory.path(), &["applied.json"]) {
            let place = state.file("applied.json");
            let written = write_atomically(&place, LockKind::Firewall, |_| Ok(()));
            if what == "a directory" {
                assert_eq!(written.unwrap_err().code(), Code::StateIo);
            } else {
                assert_eq!(read(&place).unwrap().unwrap(), b"", "{what}");
            }
            assert_eq!(fs::read_to_string(state.file("victim")).unwrap(), "untouched");
        }
    }

    #[test]
    fn a_missing_file_reads_as_none_and_can_be_removed() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        assert_eq!(read(&state.file("applied.json")).unwrap(), None);
        remove(&state.file("applied.json")).unwrap();
    }
}
