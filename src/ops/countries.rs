//! `countries`: lists the countries and how many addresses a source has for each.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::parts::family_counts::FamilyCounts;
use super::parts::stand_in::{Fallback, is_about_data, with_data};
use super::{Operation, Text};
use crate::context::Context;
use crate::country::{Continent, CountryCode};
use crate::database::Metadata;
use crate::dataset::SourceId;
use crate::error::{Code, Result};
use crate::net::AddressCounts;
use crate::plan::{Judge, Policy, Verdict};
use crate::protocol::Version;
use crate::warning::WarningCode;

/// List the countries and how many addresses a source has for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountriesRequest {
    /// The protocol version.
    pub v: Version,
    /// The source of the counts.
    pub source: SourceId,
    /// A policy, to report its verdict on each country.
    #[serde(default)]
    pub policy: Option<Policy>,
    /// What stands in where the data of `source` is of no use; without, there are no counts then.
    #[serde(default)]
    pub fallback: Option<Fallback>,
}

/// Data of `countries`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountriesData {
    /// The source of the counts: that of the request, or what stands in for it.
    pub source: SourceId,
    /// Its edition; null if unknown or without data.
    pub release: Option<String>,
    /// The countries, sorted by code.
    pub countries: Vec<CountryData>,
}

/// How many countries there are, by the verdict of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryTally {
    /// The countries that `countries` lists.
    pub listed: usize,
    /// Those of them that do not simply pass: they are dropped, or counted.
    pub dropped: usize,
}

/// A country with its counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryData {
    /// The two-letter code.
    pub code: CountryCode,
    /// The English name.
    pub name: String,
    /// The continent; null outside ISO 3166-1.
    pub continent: Option<Continent>,
    /// True if the code belongs to ISO 3166-1.
    pub iso: bool,
    /// Number of prefixes in the smallest CIDR cover.
    pub subnets: FamilyCounts,
    /// Number of addresses.
    pub addresses: AddressCounts,
    /// What becomes of new connections from there by the policy of the request; null without one.
    pub verdict: Option<Verdict>,
}

#[derive(Debug, Args)]
pub struct CountriesFlags {
    /// The data source.
    #[arg(long)]
    source: Option<SourceId>,
}

impl Operation for CountriesRequest {
    type Flags = CountriesFlags;
    type Data = CountriesData;

    fn from_flags(CountriesFlags { source }: CountriesFlags) -> Result<Self> {
        Ok(Self { v: Version, source: source.unwrap_or(SourceId::Dbip), policy: None, fallback: None })
    }

    /// Lists the countries of ISO 3166-1, known codes outside it, and all other codes in the source. Countries without
    /// data have zero counts.
    ///
    /// # Errors
    /// `state.io`.
    fn run(&self, context: &mut Context<'_>) -> Result<CountriesData> {
        let (source, metadata) = self.metadata(context)?;
        let statistics = metadata.as_ref().map(|metadata| &metadata.statistics);
        let held = statistics.into_iter().flat_map(|statistics| statistics.keys().copied());
        let judge = self.policy.as_ref().map(Judge::new);
        let countries = listed(held).into_iter().map(|code| {
            let counted =
                statistics.and_then(|statistics| statistics.get(&code)).copied().unwrap_or_default();
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
                verdict: judge.as_ref().map(|judge| judge.country(code)),
            }
        });
        let countries = countries.collect();
        let release = metadata.as_ref().and_then(|metadata| metadata.release()).map(str::to_owned);
        Ok(CountriesData { source, release, countries })
    }
}

impl CountriesRequest {
    /// The head of the data, and whose data that is; none with a warning where none is of use.
    fn metadata(&self, context: &mut Context<'_>) -> Result<(SourceId, Option<Metadata>)> {
        let load = |context: &mut Context<'_>, source| context.store().load_metadata(source);
        match with_data(context, self.source, self.fallback.as_ref(), load) {
            Ok((source, metadata)) => Ok((source, Some(metadata))),
            Err(error) if is_about_data(&error) => {
                if error.code() == Code::DatabaseMissing {
                    context.warn(WarningCode::DatabaseUnusable, error.message());
                }
                Ok((self.source, None))
            }
            Err(error) => Err(error),
        }
    }
}

impl CountryTally {
    /// Counts the known countries and those in `held` by what `policy` does with each.
    pub(super) fn of(policy: &Policy, held: impl IntoIterator<Item = CountryCode>) -> Self {
        let (judge, countries) = (Judge::new(policy), listed(held));
        let dropped = countries.iter().filter(|country| judge.country(**country) != Verdict::Pass).count();
        Self { listed: countries.len(), dropped }
    }
}

/// The known countries and those in `held`, in order of their codes.
fn listed(held: impl IntoIterator<Item = CountryCode>) -> BTreeSet<CountryCode> {
    CountryCode::all_known().chain(held).collect()
}

impl Text for CountriesData {
    fn text(&self) -> String {
        let mut text = format!("{:<4} {:<36} {:>9} {:>9}\n", "code", "name", "IPv4", "IPv6");
        for country in &self.countries {
            let FamilyCounts { v4, v6 } = country.subnets;
            let _ = writeln!(text, "{:<4} {:<36} {v4:>9} {v6:>9}", country.code, country.name);
        }
        text
    }
}
