//! A file of the state directory: the file itself, never what a link leads to, and only if nobody else can change it.

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

/// Where a file of the state directory lies, whether it is there or not.
#[derive(Debug, Clone)]
pub struct StateFile {
    directory: StateDir,
    name: String,
    /// Where people find it.
    path: PathBuf,
}

impl StateFile {
    pub(super) fn new(directory: &StateDir, name: &str) -> Self {
        Self { directory: directory.clone(), name: name.to_owned(), path: directory.path().join(name) }
    }

    /// The directory that it is in.
    pub(super) fn directory(&self) -> &StateDir {
        &self.directory
    }

    /// Its name in the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where people find it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// For messages.
    pub fn display(&self) -> path::Display<'_> {
        self.path.display()
    }

    /// Opens it if it is a regular file that nobody else can change; a pipe or a device keeps nobody waiting.
    pub(super) fn open(&self, flags: OFlags) -> Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = openat(&self.directory, &self.name, flags, Mode::RUSR | Mode::WUSR);
        let file: OwnedFd = opened.map_err(|error| match error {
            // A link, a socket, a device that is not there, a directory that should be written to.
            Errno::LOOP | Errno::NXIO | Errno::NODEV | Errno::ISDIR => {
                unsafe_place(&self.path, "is not a regular file")
            }
            error => Error::state_io("open", &self.path)(error.into()),
        })?;
        refuse_if_others_change(file.as_fd(), FileType::RegularFile, &self.path)?;
        Ok(file.into())
    }

    /// True if nothing bears its name.
    fn is_missing(&self) -> bool {
        statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)
            .is_err_and(|error| error == Errno::NOENT)
    }

    /// Removes it, if it is there.
    pub(super) fn unlink(&self) -> io::Result<()> {
        match unlinkat(&self.directory, &self.name, AtFlags::empty()) {
            // A disk that takes no change says so first.
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

/// Opens a file for reading; none if there is no such file.
///
/// # Errors
/// `state.io`; `state.unsafe` for what is not a regular file, or can be changed by others.
pub fn open(file: &StateFile) -> Result<Option<File>> {
    match file.open(OFlags::RDONLY) {
        Err(_) if file.is_missing() => Ok(None),
        opened => opened.map(Some),
    }
}

/// Reads a file; none if there is no such file.
///
/// # Errors
/// As [`open`].
pub fn read(file: &StateFile) -> Result<Option<Vec<u8>>> {
    let Some(mut opened) = open(file)? else { return Ok(None) };
    let mut content = Vec::new();
    opened.read_to_end(&mut content).map_err(Error::state_io("read", file))?;
    Ok(Some(content))
}

/// Removes a file, if it is there.
///
/// # Errors
/// `state.io`.
pub fn remove(file: &StateFile) -> Result<()> {
    file.unlink().map_err(Error::state_io("remove", file))
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

    /// A state directory in which something that cannot be trusted bears each of these names.
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
    fn what_others_can_change_and_what_is_no_file_is_refused_by_name_without_waiting() {
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
    fn what_is_refused_is_replaced_and_whatever_a_link_leads_to_is_untouched() {
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
    fn what_is_not_there_is_neither_read_nor_missed_when_it_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        assert_eq!(read(&state.file("applied.json")).unwrap(), None);
        remove(&state.file("applied.json")).unwrap();
    }
}
