//! `countries`: the countries and what a source holds of each.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::country::CountryCode;
use crate::error::{Code, Result};
use crate::net::AddressCounts;
use crate::protocol::{CountriesData, CountriesRequest, CountryData, FamilyCounts};
use crate::warning::WarningCode;

/// Lists the countries of ISO 3166-1, the known codes beyond it, and whatever else the source holds; what it does
/// not hold, or all of them without data, with zero counts.
///
/// # Errors
/// `state.io`.
pub fn countries(context: &mut Context<'_>, request: &CountriesRequest) -> Result<CountriesData> {
    let metadata = match context.store().load_metadata(request.source) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.code() == Code::StateIo => return Err(error),
        Err(error) => {
            context.warn(WarningCode::DatabaseUnusable, error.message());
            None
        }
    };
    let census = metadata.as_ref().map(|metadata| &metadata.census);
    let held = census.into_iter().flat_map(|census| census.keys().copied());
    let codes: BTreeSet<CountryCode> = CountryCode::all_known().chain(held).collect();
    let countries = codes.into_iter().map(|code| {
        let counted = census.and_then(|census| census.get(&code)).copied().unwrap_or_default();
        CountryData {
            code,
            name: code.name().to_owned(),
            continent: code.country().map(|country| country.continent),
            iso: code.country().is_some(),
            subnets: FamilyCounts { v4: counted.v4.subnets, v6: counted.v6.subnets },
            addresses: AddressCounts {
                v4: u64::try_from(counted.v4.addresses).unwrap_or(u64::MAX),
                v6: counted.v6.addresses,
            },
        }
    });
    Ok(CountriesData {
        source: request.source,
        release: metadata.as_ref().and_then(|metadata| metadata.release()).map(str::to_owned),
        countries: countries.collect(),
    })
}
