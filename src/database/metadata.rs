//! Where a database comes from and what it holds in total.

use serde::{Deserialize, Serialize};

use super::statistics::{self, Statistics};
use super::{CountrySetTable, Segments};
use crate::dataset::{Provenance, SourceId};
use crate::net::Family;

/// The readable head of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The source of the data.
    pub source: SourceId,
    /// When it was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// The files it was compiled from.
    pub parts: Vec<Provenance>,
    /// What each country holds.
    pub statistics: Statistics,
    /// Segments that more than one country claims.
    pub contested_segments: u64,
}

impl Metadata {
    /// A head without counts; [`DatabaseBuilder::finish`](super::DatabaseBuilder::finish) takes them.
    pub fn new(source: SourceId, compiled_at: String, parts: Vec<Provenance>) -> Self {
        Self { source, compiled_at, parts, statistics: Statistics::new(), contested_segments: 0 }
    }

    /// Number of IPv4 and of IPv6 subnets of all countries together.
    pub fn subnets(&self) -> (u64, u64) {
        // Saturating: a file may claim any numbers.
        self.statistics.values().fold((0_u64, 0_u64), |(v4, v6), country| {
            (v4.saturating_add(country.v4.subnets), v6.saturating_add(country.v6.subnets))
        })
    }

    /// The families of which no country holds anything.
    pub fn missing_families(&self) -> impl Iterator<Item = Family> {
        let (v4, v6) = self.subnets();
        [(Family::V4, v4), (Family::V6, v6)]
            .into_iter()
            .filter(|(_, held)| *held == 0)
            .map(|(family, _)| family)
    }

    /// The latest release among the parts.
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
