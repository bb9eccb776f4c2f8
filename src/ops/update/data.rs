//! The reply of `update`.

use serde::Serialize;

use crate::database::Changes;
use crate::dataset::{Provenance, RowCounts, SourceId};
use crate::enforcement::KernelData;
use crate::ops::Text;
use crate::ops::parts::family_counts::FamilyCounts;
use crate::protocol::Problem;

/// The origin of the data that is now in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Origin {
    /// A file named in the request.
    Bundle,
    /// The publisher or a mirror.
    Online,
    /// The data on disk was kept.
    Kept,
}

/// Data of `update`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UpdateData {
    /// The source.
    pub source: SourceId,
    /// The origin of its data.
    pub origin: Origin,
    /// The publisher's name for this edition; null if unknown.
    pub release: Option<String>,
    /// Number of prefixes in the smallest CIDR cover of each country, summed over all countries.
    pub subnets: FamilyCounts,
    /// Number of countries with addresses.
    pub countries: usize,
    /// What happened to the rows.
    pub rows: RowCounts,
    /// When the database was compiled, RFC 3339 in UTC.
    pub compiled_at: String,
    /// The licence of the data, with the attribution that it requires.
    pub licence: String,
    /// The origin of each file.
    pub parts: Vec<Provenance>,
    /// The differences to the previous data; null if there was none or nothing changed.
    pub changes: Option<Changes>,
    /// The result in the kernel, if a policy uses this source.
    pub applied: Option<KernelData>,
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
