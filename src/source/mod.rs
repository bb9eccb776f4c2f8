//! The publishers of country data: one file per source, all read and fetched through the same trait.
//!
//! A new source is one more file here and one more line in [`SOURCES`] and [`SourceId`].

mod address;
mod checksum;
mod dbip;
mod file;
mod ipdeny;
mod lines;
mod rir;
mod rows;
mod text;

use std::fmt;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

pub use file::{FILE_LIMIT, SourceFile};
pub use lines::for_each_line;
pub use rows::{Row, RowReport, RowSink};
pub use text::Unpacked;
use text::is_gzip;

use crate::database::Provenance;
use crate::download::{ByteProgress, Downloaded, Downloader, Site, Url, Validators};
use crate::error::{Code, Error, Result};
use crate::warning::Warning;

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

/// A publisher of country data.
pub trait Source: Sync {
    /// The id in requests and file names.
    fn id(&self) -> SourceId;

    /// The name for people.
    fn title(&self) -> &'static str;

    /// The licence of the data and the attribution it asks for.
    fn licence(&self) -> &'static str;

    /// The files that make up the data: what is downloaded, checked and kept apart.
    fn parts(&self) -> &'static [&'static str];

    /// The part that a local file holds, by its name.
    fn part_of(&self, file_name: &str) -> Option<&'static str>;

    /// Reads a part in the form the publisher ships, unpacked or not, and hands its rows and its release on.
    ///
    /// # Errors
    /// `source.malformed` when the file as a whole is not what it should be; single bad rows are counted instead.
    fn read(&self, part: &str, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()>;

    /// True if the publisher asks for one request at a time.
    fn wants_one_at_a_time(&self) -> bool {
        false
    }

    /// Gets a part from the publisher or a mirror, unless it is still the one described by `last`.
    ///
    /// # Errors
    /// `source.download`, `source.checksum`, `source.too_large`, `state.io`.
    fn fetch(&self, part: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched>;
}

/// What a source needs to go online.
pub struct Online<'a> {
    /// The publisher or a mirror.
    pub site: Site<'a>,
    /// Asks for files.
    pub downloader: &'a Downloader,
    /// Takes the progress of the part.
    pub progress: ByteProgress<'a>,
    /// What the administrator should know although the part came.
    pub warn: &'a (dyn Fn(Warning) + Sync),
}

/// The outcome of fetching a part.
#[derive(Debug)]
pub enum Fetched {
    /// It is still the one at hand, or an older one.
    Unchanged,
    /// A new one.
    New {
        /// The file as it came.
        downloaded: Downloaded,
        /// The file's own name.
        file_name: String,
    },
}

impl Online<'_> {
    /// The URL of a file by its own name: under the mirror, or under the publisher's `base`.
    fn url(&self, base: &str, file_name: &str) -> Url {
        let base = match self.site {
            Site::Publisher => base,
            Site::Mirror(base) => base.trim_end_matches('/'),
        };
        Url::new(format!("{base}/{file_name}"))
    }
}

/// Publishers count their days in UTC.
fn utc_date(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// What the server said of the last file, if it came from the same place.
fn validators(last: Option<&Provenance>, url: &Url) -> Option<Validators> {
    let last = last.filter(|last| last.location == url.to_string())?;
    Some(Validators { etag: last.etag.clone(), last_modified: last.last_modified.clone() })
}

/// The failure to get a file that the server does not have.
fn absent(url: &Url, status: &str) -> Error {
    Error::new(Code::SourceDownload, format!("there is no {url}: the server says {status}"))
}

/// Refuses a text that may have been cut off: nothing in it tells where it ends. What is gzipped tells by itself.
fn refuse_unless_whole(downloaded: &Downloaded) -> Result<()> {
    let cannot_read = Error::state_io("read", downloaded.file.path());
    let mut beginning = [0; 2];
    let length = downloaded.file.as_file().read_at(&mut beginning, 0).map_err(cannot_read)?;
    if downloaded.is_whole || is_gzip(&beginning[..length]) {
        return Ok(());
    }
    let message = format!("{} came without its length: nobody can tell whether it is whole", downloaded.url);
    Err(Error::new(Code::SourceDownload, message)
        .with_hint("The data in force stays. Have the server send Content-Length, or the gzipped file."))
}

/// Every source.
pub const SOURCES: &[&dyn Source] = &[&dbip::Dbip, &rir::Rir, &ipdeny::Ipdeny];

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
