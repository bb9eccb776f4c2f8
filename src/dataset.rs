//! What sources and databases both speak of: which source it is, where its files come from, what was in them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::country::CountryCode;

/// The sources of country data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SourceId {
    /// DB-IP Lite.
    Dbip,
    /// The delegation files of the five regional internet registries.
    Rir,
    /// The zones of ipdeny.com.
    Ipdeny,
}

impl SourceId {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Dbip, Self::Rir, Self::Ipdeny];

    /// The id as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dbip => "dbip",
            Self::Rir => "rir",
            Self::Ipdeny => "ipdeny",
        }
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SourceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|id| id.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
            format!("{text:?} is not a data source; there are {}", known.join(", "))
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_their_json_form_are_the_same_word() {
        for id in SourceId::ALL {
            assert_eq!(id.as_str().parse(), Ok(id));
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
        }
    }
}
