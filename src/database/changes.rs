//! What is different between two databases of a source.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Database, DatabaseFamily};
use crate::country::CountryCode;
use crate::net::AddressCounts;

/// The countries that are named for having gained or lost most.
const NAMED: usize = 10;

/// What an update did to the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changes {
    /// Countries that held nothing before.
    pub appeared: Vec<CountryCode>,
    /// Countries that hold nothing any more.
    pub vanished: Vec<CountryCode>,
    /// Addresses whose country is another than before, or that have none any more, or that have one now.
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
    let mut tally = Tally::default();
    compare::<u32>(old, new, &mut tally);
    compare::<u128>(old, new, &mut tally);

    let (before, after) = (&old.metadata.statistics, &new.metadata.statistics);
    let mut countries: Vec<CountryChange> = tally.countries.into_values().collect();
    countries.sort_by_key(|change| Reverse(change.weight()));
    countries.truncate(NAMED);
    Changes {
        appeared: after.keys().filter(|code| !before.contains_key(code)).copied().collect(),
        vanished: before.keys().filter(|code| !after.contains_key(code)).copied().collect(),
        moved: tally.moved,
        countries,
    }
}

impl CountryChange {
    /// IPv4 counts first: IPv6 numbers say little about how many networks there are.
    fn weight(&self) -> (u64, u128) {
        (self.gained.v4 + self.lost.v4, self.gained.v6.saturating_add(self.lost.v6))
    }
}

#[derive(Default)]
struct Tally {
    moved: AddressCounts,
    countries: BTreeMap<CountryCode, CountryChange>,
}

impl Tally {
    fn country(&mut self, code: CountryCode) -> &mut CountryChange {
        let (gained, lost) = (AddressCounts::default(), AddressCounts::default());
        self.countries.entry(code).or_insert(CountryChange { code, gained, lost })
    }
}

/// Walks both partitions at once, from boundary to boundary of either.
fn compare<A: DatabaseFamily>(old: &Database, new: &Database, tally: &mut Tally) {
    let mut next = Some(A::MIN);
    let (mut old_segments, mut new_segments) =
        (A::partition(old).segments().peekable(), A::partition(new).segments().peekable());
    while let (Some(first), Some(was), Some(is)) = (next, old_segments.peek(), new_segments.peek()) {
        let last = was.range.last().min(is.range.last());
        let (before, after) =
            (old.country_sets.countries(was.country_set), new.country_sets.countries(is.country_set));
        if before != after {
            let addresses = last.distance_from(first).saturating_add(1);
            tally.moved.add(A::FAMILY, addresses);
            for code in before.iter().filter(|code| !after.contains(code)) {
                tally.country(*code).lost.add(A::FAMILY, addresses);
            }
            for code in after.iter().filter(|code| !before.contains(code)) {
                tally.country(*code).gained.add(A::FAMILY, addresses);
            }
        }
        if was.range.last() == last {
            old_segments.next();
        }
        // The old segment may be gone by now; the new one is still there.
        if new_segments.peek().is_some_and(|is| is.range.last() == last) {
            new_segments.next();
        }
        next = last.successor();
    }
}
