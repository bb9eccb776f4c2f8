//! What an update tells.

use serde::Serialize;

use crate::database::Changes;
use crate::dataset::{Provenance, RowCounts, SourceId};
use crate::enforcement::Enforcement;
use crate::ops::Text;
use crate::ops::family_counts::FamilyCounts;
use crate::protocol::Problem;

/// Where the data now in use came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Origin {
    /// A file named in the request.
    Bundle,
    /// The publisher or a mirror.
    Online,
    /// It was there before and stays.
    Kept,
}

/// Data of `update`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateData {
    /// The source.
    pub source: SourceId,
    /// Where its data came from.
    pub origin: Origin,
    /// What the publisher calls this edition; null if unknown.
    pub release: Option<String>,
    /// Prefixes of the minimal CIDR cover of each country, summed over all countries.
    pub subnets: FamilyCounts,
    /// Number of countries that hold addresses.
    pub countries: usize,
    /// What became of the rows.
    pub rows: RowCounts,
    /// When the database was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// The licence of the data and the attribution it asks for.
    pub licence: String,
    /// Where each file of the data comes from.
    pub parts: Vec<Provenance>,
    /// What is different from the data before; null if it is the same data or the first.
    pub changes: Option<Changes>,
    /// What became of the kernel, if a policy of this source is applied.
    pub applied: Option<Enforcement>,
    /// Why the publisher gave nothing that could be taken, while there is other data to go on with; null if it did, or has
    /// nothing newer.
    pub failure: Option<Problem>,
}

impl Text for UpdateData {
    fn text(&self) -> String {
        let Self { source, release, subnets, countries, licence, .. } = self;
        let origin = format!("{:?}", self.origin).to_lowercase();
        let release = release.as_deref().unwrap_or("of unknown date");
        let kernel = self.applied.as_ref().map(Text::text).unwrap_or_default();
        format!("{source} {release} ({origin}): {countries} countries, {subnets}\n{licence}\n{kernel}")
    }
}
