//! The publishers of country data: one file per source, all read through the same trait.

mod dbip;
mod rows;
mod text;

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use rows::{Row, RowReport, RowSink};
pub use text::{Unpacked, for_each_line};

use crate::error::Result;

/// The sources of country data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SourceId {
    /// DB-IP Lite.
    Dbip,
}

/// A publisher of country data.
pub trait Source: Sync {
    /// The id in requests and file names.
    fn id(&self) -> SourceId;

    /// The name for people.
    fn title(&self) -> &'static str;

    /// The licence of the data and the attribution it asks for.
    fn licence(&self) -> &'static str;

    /// Reads a file in the form the publisher ships, unpacked or not, and hands its rows and its release on.
    ///
    /// # Errors
    /// `source.malformed` when the file as a whole is not what it should be; single bad rows are counted instead.
    fn read(&self, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()>;
}

/// Every source.
pub const SOURCES: &[&dyn Source] = &[&dbip::Dbip];

impl SourceId {
    /// The source of this id.
    pub fn source(self) -> &'static dyn Source {
        // Every id has its entry, as a test proves; the fallback spares the callers an impossible error.
        SOURCES.iter().copied().find(|source| source.id() == self).unwrap_or(&dbip::Dbip)
    }

    /// Every id.
    pub fn all() -> impl Iterator<Item = Self> {
        SOURCES.iter().map(|source| source.id())
    }

    /// The id as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dbip => "dbip",
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
        Self::all().find(|id| id.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(Self::as_str).collect();
            format!("{text:?} is not a data source; there are {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_their_json_form_are_the_same_word() {
        for id in SourceId::all() {
            assert_eq!(id.as_str().parse(), Ok(id));
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
            assert_eq!(id.source().id(), id);
        }
    }
}
