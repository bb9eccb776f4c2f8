//! The state directory, and the checks that nobody else can change it.

use std::fs::DirBuilder;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Dir, FileType, Mode, OFlags, fstat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::StateFile;
use crate::error::{Code, Error, Result};

/// The mode bits that let the group or everybody write.
const OTHERS_WRITE: u32 = 0o022;
const ROOT: u32 = 0;

/// The directory of all files that the helper keeps.
#[derive(Debug, Clone)]
pub struct StateDir {
    /// The path under which it was opened, for messages.
    path: PathBuf,
    descriptor: Arc<OwnedFd>,
}

impl StateDir {
    /// Opens the directory. If it is missing, it is created with its parents, accessible to the owner only.
    ///
    /// Its content is loaded into the kernel by root, so nobody else may be able to change it.
    ///
    /// # Errors
    /// `state.io`, `state.unsafe`.
    pub fn open(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(Error::state_io("find", path))?;
        // `components` removes a trailing slash, with which a symbolic link would be followed.
        let path: PathBuf = path.components().collect();
        let mut opened = open_directory(&path);
        if opened.as_ref().is_err_and(|error| *error == Errno::NOENT) {
            let create = DirBuilder::new().recursive(true).mode(0o700).create(&path);
            create.map_err(Error::state_io("create", &path))?;
            opened = open_directory(&path);
        }
        let descriptor = opened.map_err(|error| match error {
            Errno::NOTDIR | Errno::LOOP => unsafe_place(&path, "is not a directory"),
            error => Error::state_io("open", &path)(error.into()),
        })?;
        refuse_if_others_change(&descriptor, FileType::Directory, &path)?;
        Ok(Self { path, descriptor: descriptor.into() })
    }

    /// The path under which the directory was opened. It may have been moved since. For messages, and for processes
    /// that open it again.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the directory.
    pub fn file(&self, name: &str) -> StateFile {
        StateFile::new(self, name)
    }

    /// All files in the directory, as far as it is readable.
    pub fn files(&self) -> impl Iterator<Item = StateFile> {
        let entries = Dir::read_from(&self.descriptor).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        names.filter(|name| ![".", ".."].contains(&name.as_str())).map(|name| self.file(&name))
    }
}

impl AsFd for StateDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

fn open_directory(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

/// Refuses an object that is of another type than `kind`, or that others can change.
pub(super) fn refuse_if_others_change(found: impl AsFd, kind: FileType, path: &Path) -> Result<()> {
    let found = fstat(found).map_err(|error| Error::state_io("look at", path)(error.into()))?;
    let fault = if FileType::from_raw_mode(found.st_mode) != kind {
        match kind {
            FileType::Directory => "is not a directory",
            _ => "is not a regular file",
        }
    } else if ![ROOT, geteuid().as_raw()].contains(&found.st_uid) {
        "belongs to another user"
    } else if found.st_mode & OTHERS_WRITE != 0 {
        "can be changed by other users"
    } else {
        return Ok(());
    };
    Err(unsafe_place(path, fault))
}

pub(super) fn unsafe_place(place: &Path, what: &str) -> Error {
    Error::new(Code::StateUnsafe, format!("{} {what}", place.display()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::time::Duration;

    use super::*;
    use crate::storage::{self, LockKind, write_atomically};

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
    fn a_link_a_file_and_the_directory_of_another_user_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        StateDir::open(&path("state")).unwrap();
        symlink(path("state"), path("link")).unwrap();
        fs::write(path("file"), "").unwrap();
        fs::create_dir(path("theirs")).unwrap();
        chown(path("theirs"), Some(65534), None).unwrap();
        for name in ["link", "link/", "file", "theirs"] {
            assert_eq!(StateDir::open(&path(name)).unwrap_err().code(), Code::StateUnsafe, "{name}");
        }
        // A link in the parent path is fine.
        symlink(directory.path(), path("way")).unwrap();
        StateDir::open(&path("way/state")).unwrap();
    }

    #[test]
    fn a_directory_that_replaces_the_opened_one_is_neither_read_nor_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let state = StateDir::open(&path("state")).unwrap();
        let write = |name: &str| {
            write_atomically(&state.file(name), LockKind::Data, |file| file.write_all(b"ours")).unwrap();
        };
        write("before");
        fs::rename(path("state"), path("moved")).unwrap();
        fs::create_dir(path("state")).unwrap();
        for name in ["before", "planted"] {
            fs::write(path("state").join(name), "theirs").unwrap();
        }

        write("after");
        let lock = state.lock(LockKind::Data, Duration::ZERO).unwrap();
        state.remove_stale_files(&lock);

        assert_eq!(storage::read(&state.file("before")).unwrap().unwrap(), b"ours");
        assert_eq!(storage::read(&state.file("planted")).unwrap(), None);
        let mut names: Vec<_> = state.files().map(|file| file.name().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["after", "before", "data.lock"]);
        storage::remove(&state.file("before")).unwrap();
        assert_eq!(fs::read_dir(path("state")).unwrap().count(), 2);
        assert!(!path("moved/before").exists());
    }
}
