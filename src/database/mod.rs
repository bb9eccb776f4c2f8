//! The compiled form of a data source: for every address of both families, who holds it.

mod builder;
mod changes;
mod country_ranges;
mod country_sets;
mod excerpt;
mod format;
mod guard;
mod merge;
mod metadata;
mod reader;
mod segments;
mod statistics;
mod store;

pub use builder::DatabaseBuilder;
pub use changes::{Changes, CountryChange, changes};
pub use country_ranges::CountryRanges;
pub use country_sets::{CountrySetId, CountrySetTable};
pub use excerpt::{Excerpt, Located};
pub use guard::refuse_shrinkage;
pub use merge::merge;
pub use metadata::Metadata;
pub use reader::DatabaseReader;
pub use segments::{Segment, Segments};
pub use statistics::{CountryStatistics, FamilyStatistics, Statistics};
pub use store::Store;

use std::io::{self, Cursor, Write};

use crate::country::CountryCode;
use crate::error::Result;
use crate::net::{IpBits, RangeSet};

/// Everything one data source says about addresses, ready to answer and to plan with.
#[derive(Debug, PartialEq, Eq)]
pub struct Database {
    /// Where the data comes from and what it holds in total.
    pub metadata: Metadata,
    /// Who the segments' holder ids stand for.
    pub country_sets: CountrySetTable,
    /// The IPv4 addresses.
    pub v4: Segments<u32>,
    /// The IPv6 addresses.
    pub v6: Segments<u128>,
}

impl Database {
    /// Reads a compiled database to its end and checks all of it.
    ///
    /// # Errors
    /// `database.corrupt`, `database.version`.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        DatabaseReader::open(Cursor::new(bytes))?.read()
    }

    /// Writes the compiled form that [`Self::read`] takes.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write(&self, output: impl Write) -> io::Result<()> {
        format::write(self, output)
    }

    /// The segment around `address` and the countries that hold it: none, one, or several where rows overlap.
    pub fn lookup<A: DatabaseFamily>(&self, address: A) -> (Segment<A>, &[CountryCode]) {
        let segment = A::partition(self).segment_of(address);
        (segment, self.country_sets.countries(segment.country_set))
    }
}

/// Gives generic code the part of a database that belongs to its family.
pub trait DatabaseFamily: IpBits {
    /// The partition of this family.
    fn partition(database: &Database) -> &Segments<Self>;

    /// What an excerpt says of this family.
    fn excerpt(excerpt: &Excerpt) -> &Located<Self>;

    /// [`CountryRanges::v4_of`] or [`CountryRanges::v6_of`].
    ///
    /// # Errors
    /// Those of `ranges`.
    fn of(ranges: &impl CountryRanges, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<Self>>;
}

impl DatabaseFamily for u32 {
    fn partition(database: &Database) -> &Segments<Self> {
        &database.v4
    }

    fn excerpt(excerpt: &Excerpt) -> &Located<Self> {
        &excerpt.v4
    }

    fn of(ranges: &impl CountryRanges, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<Self>> {
        ranges.v4_of(is_chosen)
    }
}

impl DatabaseFamily for u128 {
    fn partition(database: &Database) -> &Segments<Self> {
        &database.v6
    }

    fn excerpt(excerpt: &Excerpt) -> &Located<Self> {
        &excerpt.v6
    }

    fn of(ranges: &impl CountryRanges, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<Self>> {
        ranges.v6_of(is_chosen)
    }
}
