//! The compiled form of a data source: for every IPv4 and IPv6 address, the countries that hold it.

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

/// All data of one source, ready for lookups and planning.
#[derive(Debug, PartialEq, Eq)]
pub struct Database {
    /// Where the data comes from and what it holds in total.
    pub metadata: Metadata,
    /// The countries behind the ids in the segments.
    pub country_sets: CountrySetTable,
    /// The IPv4 segments.
    pub v4: Segments<u32>,
    /// The IPv6 segments.
    pub v6: Segments<u128>,
}

impl Database {
    /// Reads a whole compiled database and checks it.
    ///
    /// # Errors
    /// `database.corrupt`, `database.version`.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        DatabaseReader::open(Cursor::new(bytes))?.read()
    }

    /// Writes the compiled format, which [`Self::read`] reads.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write(&self, output: impl Write) -> io::Result<()> {
        format::write(self, output)
    }

    /// The segment around `address` and its countries: none, one, or several if rows overlap.
    pub fn lookup<A: DatabaseFamily>(&self, address: A) -> (Segment<A>, &[CountryCode]) {
        let segment = A::segments(self).segment_of(address);
        (segment, self.country_sets.countries(segment.country_set))
    }
}

/// Lets generic code get the part of a database that belongs to one family.
pub trait DatabaseFamily: IpBits {
    /// The segments of this family.
    fn segments(database: &Database) -> &Segments<Self>;

    /// The addresses of this family in an excerpt.
    fn excerpt(excerpt: &Excerpt) -> &Located<Self>;

    /// [`CountryRanges::v4_of`] or [`CountryRanges::v6_of`].
    ///
    /// # Errors
    /// Those of `ranges`.
    fn of(ranges: &impl CountryRanges, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<Self>>;
}

impl DatabaseFamily for u32 {
    fn segments(database: &Database) -> &Segments<Self> {
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
    fn segments(database: &Database) -> &Segments<Self> {
        &database.v6
    }

    fn excerpt(excerpt: &Excerpt) -> &Located<Self> {
        &excerpt.v6
    }

    fn of(ranges: &impl CountryRanges, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<Self>> {
        ranges.v6_of(is_chosen)
    }
}
