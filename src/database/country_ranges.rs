//! Who holds which addresses, whether that is in memory or still in its file.

use super::{CountrySetTable, Database, DatabaseFamily};
use crate::country::CountryCode;
use crate::error::Result;
use crate::net::RangeSet;

/// What tells which addresses some holders have.
pub trait CountryRanges: Sync {
    /// Everybody who holds anything.
    fn country_sets(&self) -> &CountrySetTable;

    /// The IPv4 addresses of those combinations of countries that `is_chosen` says yes to.
    ///
    /// # Errors
    /// Those of reading what was not read yet.
    fn v4_of(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Result<RangeSet<u32>>;

    /// As [`Self::v4_of`], the IPv6 addresses.
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
    let segments = A::partition(database).segments();
    segments.filter(|segment| is_marked[segment.country_set.index()]).map(|segment| segment.range).collect()
}
