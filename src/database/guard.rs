//! Refuses new data that is far smaller than the last good data: it was probably cut off.

use super::{FamilyStatistics, Metadata};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// New data must keep at least this share of the last good data, in percent.
const KEPT_PERCENT: u128 = 60;

/// Compares new data with the last good data of the same source.
///
/// # Errors
/// `source.shrunk` when a family keeps less than 60 % of its addresses or of its countries.
pub fn refuse_shrinkage(last_good: &Metadata, new: &Metadata) -> Result<()> {
    for family in Family::ALL {
        let (old_totals, new_totals) = (Totals::of(last_good, family), Totals::of(new, family));
        for (what, before, after) in [
            ("addresses", old_totals.addresses, new_totals.addresses),
            ("countries", old_totals.countries, new_totals.countries),
        ] {
            // Divide first: multiplying an IPv6 count would overflow.
            if after < before / 100 * KEPT_PERCENT + before % 100 * KEPT_PERCENT / 100 {
                return Err(Error::new(
                    Code::SourceShrunk,
                    format!(
                        "the new {} data has only {after} {family} {what}; the last good data has {before}",
                        new.source
                    ),
                ));
            }
        }
    }
    Ok(())
}

struct Totals {
    addresses: u128,
    countries: u128,
}

impl Totals {
    fn of(metadata: &Metadata, family: Family) -> Self {
        let held: Vec<FamilyStatistics> = metadata
            .statistics
            .values()
            .map(|country| match family {
                Family::V4 => country.v4,
                Family::V6 => country.v6,
            })
            .filter(|statistics| statistics.subnets > 0)
            .collect();
        Self {
            addresses: held.iter().fold(0, |sum, statistics| sum.saturating_add(statistics.addresses)),
            countries: held.len() as u128,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::CountryStatistics;
    use crate::dataset::SourceId;

    /// Data in which `countries` countries share `addresses` IPv4 addresses evenly.
    fn data(countries: usize, addresses: u128) -> Metadata {
        let mut metadata = Metadata::new(SourceId::Dbip, String::new(), Vec::new());
        for country in &crate::country::COUNTRIES[..countries] {
            let v4 = FamilyStatistics { subnets: 1, addresses: addresses / countries as u128 };
            metadata
                .statistics
                .insert(country.code, CountryStatistics { v4, ..CountryStatistics::default() });
        }
        metadata
    }

    #[test]
    fn data_of_sixty_percent_is_taken_and_less_is_refused() {
        let last_good = data(10, 1000);
        assert!(refuse_shrinkage(&last_good, &data(10, 600)).is_ok());
        let refused = refuse_shrinkage(&last_good, &data(10, 590)).unwrap_err();
        assert_eq!(refused.code(), Code::SourceShrunk);
        assert!(refused.message().contains("590 IPv4 addresses"), "{refused}");
    }

    #[test]
    fn losing_countries_is_refused_even_if_addresses_grow() {
        assert!(refuse_shrinkage(&data(10, 1000), &data(6, 2000)).is_ok());
        assert!(refuse_shrinkage(&data(10, 1000), &data(5, 2000)).is_err());
    }

    #[test]
    fn a_family_without_data_cannot_shrink() {
        assert!(refuse_shrinkage(&data(3, 0), &data(3, 0)).is_ok());
    }
}
