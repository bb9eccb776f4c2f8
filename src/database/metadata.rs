//! The head of a database: where the data comes from, and what it holds in total.

use serde::{Deserialize, Serialize};

use super::statistics::{self, Statistics};
use super::{CountrySetTable, Segments};
use crate::dataset::{Provenance, SourceId};
use crate::net::Family;

/// Metadata that can be read without the rest of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The source of the data.
    pub source: SourceId,
    /// When it was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// The files it was compiled from.
    pub parts: Vec<Provenance>,
    /// The totals of each country.
    pub statistics: Statistics,
    /// Number of segments that more than one country claims.
    pub contested_segments: u64,
}

impl Metadata {
    /// Metadata without counts. [`DatabaseBuilder::finish`](super::DatabaseBuilder::finish) adds them.
    pub fn new(source: SourceId, compiled_at: String, parts: Vec<Provenance>) -> Self {
        Self { source, compiled_at, parts, statistics: Statistics::new(), contested_segments: 0 }
    }

    /// The number of IPv4 and IPv6 subnets of all countries.
    pub fn subnets(&self) -> (u64, u64) {
        // Saturating, because a file may contain any numbers.
        self.statistics.values().fold((0_u64, 0_u64), |(v4, v6), country| {
            (v4.saturating_add(country.v4.subnets), v6.saturating_add(country.v6.subnets))
        })
    }

    /// The families for which the data has no addresses.
    pub fn missing_families(&self) -> impl Iterator<Item = Family> {
        let (v4, v6) = self.subnets();
        [(Family::V4, v4), (Family::V6, v6)]
            .into_iter()
            .filter(|(_, held)| *held == 0)
            .map(|(family, _)| family)
    }

    /// The latest release of all parts.
    pub fn release(&self) -> Option<&str> {
        self.parts.iter().filter_map(|part| part.release.as_deref()).max()
    }

    pub(super) fn take_statistics(
        &mut self,
        country_sets: &CountrySetTable,
        v4: &Segments<u32>,
        v6: &Segments<u128>,
    ) {
        let is_contested = country_sets.marks(&|held| held.len() > 1);
        let contested =
            v4.country_sets().iter().chain(v6.country_sets()).filter(|id| is_contested[id.index()]);
        self.contested_segments = contested.count() as u64;
        self.statistics = statistics::count(country_sets, v4, v6);
    }
}
