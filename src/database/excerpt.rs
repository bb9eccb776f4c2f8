//! A part of a database: the segments around a few addresses, without reading the rest.

use std::collections::HashMap;
use std::net::IpAddr;

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

/// The distinct addresses of each family in ascending order. An IPv4-mapped IPv6 address counts as IPv4.
pub(super) fn by_family(addresses: &[IpAddr]) -> (Vec<u32>, Vec<u128>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in addresses {
        match address.to_canonical() {
            IpAddr::V4(address) => v4.push(address.to_bits()),
            IpAddr::V6(address) => v6.push(address.to_bits()),
        }
    }
    v4.sort_unstable();
    v4.dedup();
    v6.sort_unstable();
    v6.dedup();
    (v4, v6)
}
