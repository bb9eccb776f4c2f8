//! A part of a database: the segments around a few addresses, without reading the rest.

use std::collections::HashMap;

use super::{CountrySetTable, DatabaseFamily, Segment};
use crate::country::CountryCode;

/// The segments around some addresses, with their countries.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub(super) country_sets: CountrySetTable,
    pub(super) v4: Located<u32>,
    pub(super) v6: Located<u128>,
}

/// Addresses of one family, each with its segment.
pub type Located<A> = HashMap<A, Segment<A>>;

impl Excerpt {
    /// The distinct combinations of countries in the database.
    pub fn country_sets(&self) -> &CountrySetTable {
        &self.country_sets
    }

    /// The segment around `address` and its countries, or `None` if the excerpt was not made for this address.
    pub fn lookup<A: DatabaseFamily>(&self, address: A) -> Option<(Segment<A>, &[CountryCode])> {
        let segment = *A::excerpt(self).get(&address)?;
        Some((segment, self.country_sets.countries(segment.country_set)))
    }
}
