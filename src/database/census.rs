//! How many subnets and addresses each country holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HolderTable, Partition};
use crate::country::CountryCode;
use crate::net::{Address, AddressRange};

/// What one country holds.
///
/// A subnet is a prefix of the minimal CIDR cover of the country's addresses, adjacent ranges joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountryCensus {
    /// IPv4.
    pub v4: FamilyCensus,
    /// IPv6.
    pub v6: FamilyCensus,
}

/// What one country holds in one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyCensus {
    /// Prefixes of the minimal CIDR cover.
    pub subnets: u64,
    /// Single addresses. Text in JSON, whose numbers end far below 2^128.
    #[serde(with = "crate::net::number_as_text")]
    pub addresses: u128,
}

/// What every country of a database holds.
pub type Census = BTreeMap<CountryCode, CountryCensus>;

/// Counts every country of a pair of partitions.
pub(super) fn count(holders: &HolderTable, v4: &Partition<u32>, v6: &Partition<u128>) -> Census {
    let mut census = Census::new();
    count_family(holders, v4, |country, counted| census.entry(country).or_default().v4 = counted);
    count_family(holders, v6, |country, counted| census.entry(country).or_default().v6 = counted);
    census
}

fn count_family<A: Address>(
    holders: &HolderTable,
    partition: &Partition<A>,
    mut report: impl FnMut(CountryCode, FamilyCensus),
) {
    struct Tally<A> {
        open: AddressRange<A>,
        counted: FamilyCensus,
    }

    impl<A: Address> Tally<A> {
        fn close(&mut self) {
            self.counted.subnets += self.open.prefixes().count() as u64;
            self.counted.addresses =
                self.counted.addresses.saturating_add(self.open.span()).saturating_add(1);
        }
    }

    let mut tallies: BTreeMap<CountryCode, Tally<A>> = BTreeMap::new();
    for segment in partition.held_segments() {
        for country in holders.countries(segment.holder) {
            let range = segment.range;
            match tallies.get_mut(country) {
                None => {
                    tallies.insert(*country, Tally { open: range, counted: FamilyCensus::default() });
                }
                Some(tally) if tally.open.last().successor() == Some(range.first()) => {
                    tally.open = AddressRange::new(tally.open.first(), range.last()).unwrap_or(range);
                }
                Some(tally) => {
                    tally.close();
                    tally.open = range;
                }
            }
        }
    }
    for (country, mut tally) in tallies {
        tally.close();
        report(country, tally.counted);
    }
}
