//! Reads only the needed parts of a compiled database.

use std::io::{Read, Seek};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread;

use super::format::Opening;
use super::{CountryRanges, CountrySetTable, Database, Excerpt, Metadata};
use crate::country::CountryCode;
use crate::error::{Code, Error, Result};
use crate::net::{RangeSet, by_family};
use crate::storage::columns::FormatError;

/// A compiled database of which only the head and the index have been read. Everything that is read is checked.
#[derive(Debug)]
pub struct DatabaseReader<R> {
    input: R,
    /// Its path, for error messages.
    path: PathBuf,
    opening: Opening,
}

impl<R: Read + Seek + Clone> DatabaseReader<R> {
    /// Reads the head and the index from the start of `input`.
    ///
    /// # Errors
    /// `database.corrupt`, `database.version`.
    pub fn open(input: R) -> Result<Self> {
        Self::open_at(Path::new("the database"), input)
    }

    /// As [`Self::open`]; error messages name `path`.
    pub(super) fn open_at(path: &Path, input: R) -> Result<Self> {
        let opening = Opening::read(input.clone()).map_err(|error| describe(error, path))?;
        Ok(Self { input, path: path.to_owned(), opening })
    }

    /// Where the data comes from and what it holds in total.
    pub fn metadata(&self) -> &Metadata {
        &self.opening.metadata
    }

    /// Reads only the blocks that cover `addresses`.
    ///
    /// # Errors
    /// `database.corrupt` and `state.io`, for the parts that are read.
    pub fn excerpt(mut self, addresses: &[IpAddr]) -> Result<Excerpt> {
        let Opening { country_sets, v4, v6, .. } = &self.opening;
        let (wanted_v4, wanted_v6) = by_family(addresses);
        let v4 = v4.locate(&mut self.input, country_sets, &wanted_v4);
        let v6 = v6.locate(&mut self.input, country_sets, &wanted_v6);
        let v4 = v4.map_err(|error| self.describe(error))?;
        let v6 = v6.map_err(|error| self.describe(error))?;
        Ok(Excerpt { country_sets: self.opening.country_sets, v4, v6 })
    }

    fn describe(&self, error: FormatError) -> Error {
        describe(error, &self.path)
    }
}

impl<R: Read + Seek + Clone + Sync + Send> DatabaseReader<R> {
    /// Reads everything, both families in parallel.
    ///
    /// # Errors
    /// `database.corrupt`, `state.io`.
    pub fn read(self) -> Result<Database> {
        let Opening { country_sets, v4, v6, .. } = &self.opening;
        let (v4, v6) = thread::scope(|scope| {
            let v6 = scope.spawn(|| v6.read_all(self.input.clone(), country_sets));
            let v4 = v4.read_all(self.input.clone(), country_sets);
            (v4, v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let v4 = v4.map_err(|error| self.describe(error))?;
        let v6 = v6.map_err(|error| self.describe(error))?;
        Ok(Database { metadata: self.opening.metadata, country_sets: self.opening.country_sets, v4, v6 })
    }
}

impl<R: Read + Seek + Clone + Sync> CountryRanges for DatabaseReader<R> {
    fn country_sets(&self) -> &CountrySetTable {
        &self.opening.country_sets
    }

    /// Fails with `database.corrupt` or `state.io`.
    fn v4_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u32>> {
        let Opening { country_sets, v4, .. } = &self.opening;
        let selected = v4.select(self.input.clone(), country_sets, &country_sets.marks(is_chosen));
        selected.map_err(|error| self.describe(error))
    }

    /// As [`Self::v4_of`].
    fn v6_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u128>> {
        let Opening { country_sets, v6, .. } = &self.opening;
        let selected = v6.select(self.input.clone(), country_sets, &country_sets.marks(is_chosen));
        selected.map_err(|error| self.describe(error))
    }
}

/// The error for a file that is not a usable database.
pub(super) fn describe(error: FormatError, path: &Path) -> Error {
    error.describe(path, Code::DatabaseCorrupt, Code::DatabaseVersion)
}
