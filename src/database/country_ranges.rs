//! The addresses of countries, from a database in memory or still in its file.

use super::{CountrySetTable, Database, DatabaseFamily};
use crate::country::CountryCode;
use crate::error::Result;
use crate::net::RangeSet;

/// Something that can select addresses by country.
pub trait CountryRanges: Sync {
    /// The distinct combinations of countries that hold addresses.
    fn country_sets(&self) -> &CountrySetTable;

    /// The IPv4 addresses held by those combinations of countries for which `is_chosen` returns true.
    ///
    /// # Errors
    /// Those of reading the file.
    fn v4_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u32>>;

    /// As [`Self::v4_of`], for IPv6.
    ///
    /// # Errors
    /// As [`Self::v4_of`].
    fn v6_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u128>>;
}

impl CountryRanges for Database {
    fn country_sets(&self) -> &CountrySetTable {
        &self.country_sets
    }

    /// Never fails.
    fn v4_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u32>> {
        Ok(select(self, is_chosen))
    }

    /// Never fails.
    fn v6_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u128>> {
        Ok(select(self, is_chosen))
    }
}

fn select<A: DatabaseFamily>(database: &Database, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> RangeSet<A> {
    let is_marked = database.country_sets.marks(is_chosen);
    let segments = A::segments(database).segments();
    segments.filter(|segment| is_marked[segment.country_set.index()]).map(|segment| segment.range).collect()
}
