//! The last good database of each source on disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Database, Metadata, format};
use crate::codec::FormatError;
use crate::error::{Code, Error, Result};
use crate::source::SourceId;
use crate::state::write_atomically;

/// The databases of a state directory, one file per source.
#[derive(Debug, Clone)]
pub struct Store {
    directory: PathBuf,
}

impl Store {
    /// The store in `directory`, which exists.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Where the database of `source` lies.
    pub fn path(&self, source: SourceId) -> PathBuf {
        self.directory.join(format!("{source}.geodb"))
    }

    /// Replaces the database of its source, whole or not at all.
    ///
    /// # Errors
    /// `state.io`; the old database is then untouched.
    pub fn save(&self, database: &Database) -> Result<()> {
        write_atomically(&self.path(database.metadata.source), |file| format::write(database, file))
    }

    /// Loads and checks the database of `source`.
    ///
    /// # Errors
    /// `database.missing`, `database.corrupt`, `database.version` or `state.io`.
    pub fn load(&self, source: SourceId) -> Result<Database> {
        let database = self.open(source, format::read)?;
        self.check_source(source, &database.metadata)?;
        Ok(database)
    }

    /// Loads and checks the metadata alone.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_metadata(&self, source: SourceId) -> Result<Metadata> {
        let metadata = self.open(source, format::read_metadata)?;
        self.check_source(source, &metadata)?;
        Ok(metadata)
    }

    fn open<T>(&self, source: SourceId, read: impl FnOnce(File) -> Result<T, FormatError>) -> Result<T> {
        let path = self.path(source);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::new(Code::DatabaseMissing, format!("there is no compiled data of {source} yet"))
            }
            _ => Error::state_io("open", &path)(error),
        })?;
        read(file).map_err(|error| error.describe(&path, Code::DatabaseCorrupt, Code::DatabaseVersion))
    }

    fn check_source(&self, source: SourceId, metadata: &Metadata) -> Result<()> {
        if metadata.source == source {
            return Ok(());
        }
        let holds = metadata.source;
        let message = format!("{} holds data of {holds}", self.path(source).display());
        Err(Error::new(Code::DatabaseCorrupt, message))
    }

    /// Removes the database of `source`, if there is one.
    ///
    /// # Errors
    /// `state.io`.
    pub fn remove(&self, source: SourceId) -> Result<()> {
        let path = self.path(source);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::state_io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }
}
