//! Counts how many subnets and addresses each country holds.

use std::collections::BTreeMap;
use std::thread;

use serde::{Deserialize, Serialize};

use super::{CountrySetTable, Segments};
use crate::country::CountryCode;
use crate::net::{Address, AddressRange};

/// The totals of one country.
///
/// A subnet is a prefix of the smallest CIDR cover of the country's addresses. Adjacent ranges are joined first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryStatistics {
    /// IPv4.
    pub v4: FamilyStatistics,
    /// IPv6.
    pub v6: FamilyStatistics,
}

/// The totals of one country in one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyStatistics {
    /// Number of prefixes in the smallest CIDR cover.
    pub subnets: u64,
    /// Number of addresses. Text in JSON, because JSON numbers are not exact up to 2^128.
    #[serde(with = "crate::net::number_as_text")]
    pub addresses: u128,
}

/// The totals of every country in a database.
pub type Statistics = BTreeMap<CountryCode, CountryStatistics>;

/// Counts every country, both families in parallel.
pub(super) fn count(country_sets: &CountrySetTable, v4: &Segments<u32>, v6: &Segments<u128>) -> Statistics {
    let (v4, v6) = thread::scope(|scope| {
        let v4 = scope.spawn(|| count_family(country_sets, v4));
        let v6 = count_family(country_sets, v6);
        (v4.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), v6)
    });
    let mut statistics = Statistics::new();
    for (country, counted) in v4 {
        statistics.entry(country).or_default().v4 = counted;
    }
    for (country, counted) in v6 {
        statistics.entry(country).or_default().v6 = counted;
    }
    statistics
}

/// The countries that hold addresses of a family, with their totals.
fn count_family<A: Address>(
    country_sets: &CountrySetTable,
    segments: &Segments<A>,
) -> Vec<(CountryCode, FamilyStatistics)> {
    let countries = country_sets.all_countries();
    let places: Vec<Vec<usize>> = country_sets
        .combinations()
        .iter()
        .map(|held| held.iter().filter_map(|country| countries.binary_search(country).ok()).collect())
        .collect();
    let mut counters = vec![CountryCounter::default(); countries.len()];
    for segment in segments.held_segments() {
        for place in &places[segment.country_set.index()] {
            counters[*place].add(segment.range);
        }
    }
    let counted = countries.into_iter().zip(counters.into_iter().map(CountryCounter::close));
    counted.filter(|(_, counted)| counted.subnets > 0).collect()
}

/// The count of one country so far.
#[derive(Clone)]
struct CountryCounter<A> {
    counted: FamilyStatistics,
    /// The last range, which the next one may continue.
    open: Option<AddressRange<A>>,
}

impl<A> Default for CountryCounter<A> {
    fn default() -> Self {
        Self { counted: FamilyStatistics::default(), open: None }
    }
}

impl<A: Address> CountryCounter<A> {
    fn add(&mut self, range: AddressRange<A>) {
        let continued = self.open.filter(|open| open.last().successor() == Some(range.first()));
        if let Some(open) = continued {
            self.open = AddressRange::new(open.first(), range.last());
        } else {
            self.count_open();
            self.open = Some(range);
        }
    }

    fn count_open(&mut self) {
        if let Some(open) = self.open.take() {
            self.counted.subnets += u64::from(open.prefix_count());
            self.counted.addresses = self.counted.addresses.saturating_add(open.span()).saturating_add(1);
        }
    }

    fn close(mut self) -> FamilyStatistics {
        self.count_open();
        self.counted
    }
}
