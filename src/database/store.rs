//! The databases on disk: the last good one of each source.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use super::reader::describe;
use super::{Database, DatabaseReader, Excerpt, Metadata, format};
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::storage::{self, LockKind, StateDir, StateFile, write_atomically};

/// The databases in a state directory, one file per source.
#[derive(Debug, Clone)]
pub struct Store {
    directory: StateDir,
}

impl Store {
    /// The store in `directory`.
    pub fn new(directory: &StateDir) -> Self {
        Self { directory: directory.clone() }
    }

    /// The file with the database of `source`.
    pub fn path(&self, source: SourceId) -> StateFile {
        self.directory.file(&format!("{source}.geodb"))
    }

    /// Replaces the database of its source, completely or not at all.
    ///
    /// # Errors
    /// `state.io`; the old database is then untouched.
    pub fn save(&self, database: &Database) -> Result<()> {
        let path = self.path(database.metadata.source);
        write_atomically(&path, LockKind::Data, |file| format::write(database, file))
    }

    /// Opens the database of `source` and reads its head and index.
    ///
    /// # Errors
    /// `database.missing`, `database.corrupt`, `database.version`, `state.unsafe` or `state.io`.
    pub fn open(
        &self,
        source: SourceId,
    ) -> Result<DatabaseReader<impl Read + Seek + Clone + Sync + Send + use<>>> {
        begin(&self.path(source), source)
    }

    /// Loads and checks the whole database of `source`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn load(&self, source: SourceId) -> Result<Database> {
        self.open(source)?.read()
    }

    /// Loads and checks the parts of the database of `source` that cover `addresses`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn load_excerpt(&self, source: SourceId, addresses: &[IpAddr]) -> Result<Excerpt> {
        self.open(source)?.excerpt(addresses)
    }

    /// The file with a part of `source`. A source of one part has no such file, only its database.
    fn part_path(&self, source: SourceId, part: &str) -> StateFile {
        self.directory.file(&format!("{source}-{part}.geodb"))
    }

    /// Replaces parts of a source that has several, each completely or not at all. In parallel, so that the disk flushes
    /// them together.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_parts<'a>(&self, parts: impl Iterator<Item = (&'a str, &'a Database)>) -> Result<()> {
        thread::scope(|scope| {
            let saves = parts.map(|(part, database)| scope.spawn(move || self.save_part(part, database)));
            let saves: Vec<_> = saves.collect();
            let mut saved = saves.into_iter().map(ScopedJoinHandle::join);
            saved.try_for_each(|saved| saved.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    fn save_part(&self, part: &str, database: &Database) -> Result<()> {
        let path = self.part_path(database.metadata.source, part);
        write_atomically(&path, LockKind::Data, |file| format::write(database, file))
    }

    /// Loads and checks one part of `source`, which has several.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn load_part(&self, source: SourceId, part: &str) -> Result<Database> {
        begin(&self.part_path(source, part), source)?.read()
    }

    /// Loads and checks only the metadata.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn load_metadata(&self, source: SourceId) -> Result<Metadata> {
        let path = self.path(source);
        format::read_metadata(open(&path, source)?).map_err(|error| describe(error, path.path()))
    }
}

fn open(path: &StateFile, source: SourceId) -> Result<File> {
    let missing = || Error::new(Code::DatabaseMissing, format!("there is no compiled data of {source} yet"));
    storage::open(path)?.ok_or_else(missing)
}

fn begin(path: &StateFile, source: SourceId) -> Result<DatabaseReader<View>> {
    DatabaseReader::open_at(path.path(), View { file: open(path, source)?.into(), place: 0 })
}

/// A file with its own read position, so that several threads can read it.
#[derive(Clone)]
struct View {
    file: Arc<File>,
    place: u64,
}

impl Read for View {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(bytes, self.place)?;
        self.place += length as u64;
        Ok(length)
    }
}

impl Seek for View {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(distance) => self.place.checked_add_signed(distance),
            SeekFrom::End(distance) => self.file.metadata()?.len().checked_add_signed(distance),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}
