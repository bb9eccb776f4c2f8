//! How many subnets and addresses each country holds.

use std::collections::BTreeMap;
use std::thread;

use serde::{Deserialize, Serialize};

use super::{CountrySetTable, Segments};
use crate::country::CountryCode;
use crate::net::{Address, AddressRange};

/// What one country holds.
///
/// A subnet is a prefix of the minimal CIDR cover of the country's addresses, adjacent ranges joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryStatistics {
    /// IPv4.
    pub v4: FamilyStatistics,
    /// IPv6.
    pub v6: FamilyStatistics,
}

/// What one country holds in one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyStatistics {
    /// Prefixes of the minimal CIDR cover.
    pub subnets: u64,
    /// Single addresses. Text in JSON, whose numbers end far below 2^128.
    #[serde(with = "crate::net::number_as_text")]
    pub addresses: u128,
}

/// What every country of a database holds.
pub type Statistics = BTreeMap<CountryCode, CountryStatistics>;

/// Counts every country of a pair of partitions.
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

/// The countries that hold anything of a family, and what.
fn count_family<A: Address>(
    country_sets: &CountrySetTable,
    partition: &Segments<A>,
) -> Vec<(CountryCode, FamilyStatistics)> {
    let countries = country_sets.all_countries();
    let places: Vec<Vec<usize>> = country_sets
        .combinations()
        .iter()
        .map(|held| held.iter().filter_map(|country| countries.binary_search(country).ok()).collect())
        .collect();
    let mut tallies = vec![Tally::default(); countries.len()];
    for segment in partition.held_segments() {
        for place in &places[segment.country_set.index()] {
            tallies[*place].add(segment.range);
        }
    }
    let counted = countries.into_iter().zip(tallies.into_iter().map(Tally::close));
    counted.filter(|(_, counted)| counted.subnets > 0).collect()
}

/// What was counted of a country so far.
#[derive(Clone)]
struct Tally<A> {
    counted: FamilyStatistics,
    /// The last range, which the next may continue.
    open: Option<AddressRange<A>>,
}

impl<A> Default for Tally<A> {
    fn default() -> Self {
        Self { counted: FamilyStatistics::default(), open: None }
    }
}

impl<A: Address> Tally<A> {
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
