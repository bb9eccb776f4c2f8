//! What sources and databases share: the ids of sources, where their files came from, and the row counts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::country::CountryCode;

macro_rules! source_ids {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal;)+) => {
        /// The sources of country data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum SourceId {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)+
        }

        impl SourceId {
            /// Every source.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The id as text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

source_ids! {
    /// DB-IP Lite.
    Dbip = "dbip";
    /// The delegation files of the five regional internet registries.
    Rir = "rir";
    /// The zones of ipdeny.com.
    Ipdeny = "ipdeny";
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

/// The origin of one file of a source, and a summary of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Provenance {
    /// The part of the source.
    pub part: String,
    /// Its path or URL.
    pub location: String,
    /// The publisher's name for this edition: a month for DB-IP.
    pub release: Option<String>,
    /// When the file was read, RFC 3339 in UTC.
    pub read_at: String,
    /// SHA-256 of the file as received, in hex.
    pub sha256: String,
    /// What happened to its rows.
    pub rows: RowCounts,
    /// The server's `ETag` of the file.
    pub etag: Option<String>,
    /// The server's `Last-Modified` of the file.
    pub last_modified: Option<String>,
    /// Codes in its rows that are not known country codes.
    pub unknown_codes: Vec<CountryCode>,
}

/// A file that was read, of a list or of network data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReadFile {
    /// Its path or URL, without user, password and query; `text` for what somebody pasted.
    pub location: String,
    /// SHA-256 of the file as received, in hex.
    pub sha256: String,
    /// The server's `ETag` of it.
    pub etag: Option<String>,
    /// The server's `Last-Modified` of it.
    pub last_modified: Option<String>,
}

/// What happened to the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RowCounts {
    /// Rows that were used.
    pub used: u64,
    /// Rows without a country (`ZZ`, `EU`, `AP`).
    pub unassigned: u64,
    /// Rows that could not be parsed and were skipped.
    pub malformed: u64,
    /// Used rows that are out of order or overlap earlier rows: they start below the end of a row before them.
    pub out_of_order: u64,
}

impl RowCounts {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            unassigned: self.unassigned + other.unassigned,
            malformed: self.malformed + other.malformed,
            out_of_order: self.out_of_order + other.out_of_order,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_the_same_as_text_and_in_json() {
        for id in SourceId::ALL {
            assert_eq!(id.as_str().parse(), Ok(id));
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
        }
    }
}
