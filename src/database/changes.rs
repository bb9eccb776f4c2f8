//! Compares two databases of a source: what an update changed.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Database, DatabaseFamily};
use crate::country::CountryCode;
use crate::net::AddressCounts;

/// How many countries are listed as having changed most.
const NAMED: usize = 10;

/// What an update did to the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changes {
    /// Countries that held no addresses before.
    pub appeared: Vec<CountryCode>,
    /// Countries that hold no addresses any more.
    pub vanished: Vec<CountryCode>,
    /// Addresses whose countries changed, including addresses that gained their first country or lost their last.
    pub moved: AddressCounts,
    /// The countries that gained or lost most, at most ten.
    pub countries: Vec<CountryChange>,
}

/// What an update did to a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryChange {
    /// The country.
    pub code: CountryCode,
    /// Addresses that it holds now and did not before.
    pub gained: AddressCounts,
    /// Addresses that it held before and does not now.
    pub lost: AddressCounts,
}

/// Compares the countries of every address.
pub fn changes(old: &Database, new: &Database) -> Changes {
    let mut differences = Differences::default();
    compare::<u32>(old, new, &mut differences);
    compare::<u128>(old, new, &mut differences);

    let (before, after) = (&old.metadata.statistics, &new.metadata.statistics);
    let mut countries: Vec<CountryChange> = differences.countries.into_values().collect();
    countries.sort_by_key(|change| Reverse(change.weight()));
    countries.truncate(NAMED);
    Changes {
        appeared: after.keys().filter(|code| !before.contains_key(code)).copied().collect(),
        vanished: before.keys().filter(|code| !after.contains_key(code)).copied().collect(),
        moved: differences.moved,
        countries,
    }
}

impl CountryChange {
    /// IPv4 counts first: IPv6 address counts say little about the number of networks.
    fn weight(&self) -> (u64, u128) {
        (self.gained.v4 + self.lost.v4, self.gained.v6.saturating_add(self.lost.v6))
    }
}

#[derive(Default)]
struct Differences {
    moved: AddressCounts,
    countries: BTreeMap<CountryCode, CountryChange>,
}

impl Differences {
    fn country(&mut self, code: CountryCode) -> &mut CountryChange {
        let (gained, lost) = (AddressCounts::default(), AddressCounts::default());
        self.countries.entry(code).or_insert(CountryChange { code, gained, lost })
    }
}

/// Walks both databases in parallel, from boundary to boundary.
fn compare<A: DatabaseFamily>(old: &Database, new: &Database, differences: &mut Differences) {
    let mut next = Some(A::MIN);
    let (mut old_segments, mut new_segments) =
        (A::segments(old).segments().peekable(), A::segments(new).segments().peekable());
    while let (Some(first), Some(was), Some(is)) = (next, old_segments.peek(), new_segments.peek()) {
        let last = was.range.last().min(is.range.last());
        let (before, after) =
            (old.country_sets.countries(was.country_set), new.country_sets.countries(is.country_set));
        if before != after {
            let addresses = last.distance_from(first).saturating_add(1);
            differences.moved.add(A::FAMILY, addresses);
            for code in before.iter().filter(|code| !after.contains(code)) {
                differences.country(*code).lost.add(A::FAMILY, addresses);
            }
            for code in after.iter().filter(|code| !before.contains(code)) {
                differences.country(*code).gained.add(A::FAMILY, addresses);
            }
        }
        if was.range.last() == last {
            old_segments.next();
        }
        // Both segments may end here, so each is checked on its own.
        if new_segments.peek().is_some_and(|is| is.range.last() == last) {
            new_segments.next();
        }
        next = last.successor();
    }
}
