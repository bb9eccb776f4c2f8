//! Where a database comes from and what it holds in total.

use serde::{Deserialize, Serialize};

use super::statistics::{self, Statistics};
use super::{CountrySetTable, Segments};
use crate::country::CountryCode;
use crate::net::Family;
use crate::source::SourceId;

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
    pub census: Statistics,
    /// Segments that more than one country claims.
    pub contested_segments: u64,
}

/// Where one file of a source comes from and what was in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Provenance {
    /// Which part of the source it is.
    pub part: String,
    /// Path or URL.
    pub location: String,
    /// What the publisher calls this edition: a month for DB-IP.
    pub release: Option<String>,
    /// When the file was read, RFC 3339 in UTC.
    pub read_at: String,
    /// SHA-256 of the file as it came, in hex.
    pub sha256: String,
    /// What became of its rows.
    pub rows: RowCounts,
    /// The server's `ETag` of the file.
    pub etag: Option<String>,
    /// The server's `Last-Modified` of the file.
    pub last_modified: Option<String>,
    /// Codes in its rows that stand for no known country.
    pub unknown_codes: Vec<CountryCode>,
}

/// What became of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RowCounts {
    /// Rows that gave addresses to a country.
    pub used: u64,
    /// Rows that name no country (`ZZ`, `EU`, `AP`).
    pub unassigned: u64,
    /// Rows that could not be understood and were left out.
    pub malformed: u64,
    /// Used rows that did not begin above the end of all rows before them: out of order or overlapping.
    pub displaced: u64,
}

impl RowCounts {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            unassigned: self.unassigned + other.unassigned,
            malformed: self.malformed + other.malformed,
            displaced: self.displaced + other.displaced,
        }
    }
}

impl Metadata {
    /// A head without counts; [`DatabaseBuilder::finish`](super::DatabaseBuilder::finish) takes them.
    pub fn new(source: SourceId, compiled_at: String, parts: Vec<Provenance>) -> Self {
        Self { source, compiled_at, parts, census: Statistics::new(), contested_segments: 0 }
    }

    /// Number of IPv4 and of IPv6 subnets of all countries together.
    pub fn subnets(&self) -> (u64, u64) {
        // Saturating: a file may claim any numbers.
        self.census.values().fold((0_u64, 0_u64), |(v4, v6), country| {
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

    pub(super) fn take_census(&mut self, holders: &CountrySetTable, v4: &Segments<u32>, v6: &Segments<u128>) {
        let is_contested = holders.marks(&|held| held.len() > 1);
        let contested = v4.holders().iter().chain(v6.holders()).filter(|id| is_contested[id.index()]);
        self.contested_segments = contested.count() as u64;
        self.census = statistics::count(holders, v4, v6);
    }
}
