//! The publishers of country data: one file per source, behind one trait for downloading and parsing.
//!
//! To add a source, add its id to `source_ids!` in `dataset.rs` and a file here. The compiler then asks for its line in
//! [`of`].

mod address;
mod checksum;
mod dbip;
mod file;
mod ipdeny;
mod lines;
mod monthly;
mod rir;
mod rows;
mod text;
mod zipped;

use std::io::Read;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::Serialize;

pub(crate) use address::parse_ip;
pub(crate) use checksum::{Sum, verify};
pub use file::{FILE_LIMIT, SourceFile};
pub use lines::for_each_line;
pub(crate) use monthly::{DBIP_ASN, Edition, Release};
pub use rows::{Row, RowReport, RowSink};
pub(crate) use rows::{Span, refuse_malformed};
pub use text::Unpacked;
use text::is_gzip;
pub(crate) use text::{fields, unquote};
use zipped::is_zip;

use crate::dataset::{Provenance, SourceId};
use crate::download::{ByteProgress, Downloaded, Downloader, Site, Url, Validators};
use crate::error::{Code, Error, Result};
use crate::warning::Warning;

/// A publisher of country data.
pub trait Source: Sync {
    /// The id, as used in requests and file names.
    fn id(&self) -> SourceId;

    /// The name shown to people.
    fn title(&self) -> &'static str;

    /// The licence of the data, with the attribution that it requires.
    fn licence(&self) -> &'static str;

    /// Whom to name, as the publisher asks for or is known by.
    fn attribution(&self) -> Attribution;

    /// After how many days an edition should long have had a successor: the publisher's own pace, a week until the next
    /// update, and another for one that failed.
    fn stale_after_days(&self) -> u16;

    /// The files that make up the data. Each is downloaded, checked and stored on its own.
    fn parts(&self) -> &'static [&'static str];

    /// The part that a local file contains, recognised by its name.
    fn part_of(&self, file_name: &str) -> Option<&'static str>;

    /// Parses a part in the publisher's format, gzipped or not, and passes its rows and its release to `rows`.
    ///
    /// # Errors
    /// `source.malformed` if the file as a whole is not usable. Single malformed rows are only counted.
    fn read(&self, part: &str, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()>;

    /// True if the publisher asks for one request at a time.
    fn wants_one_at_a_time(&self) -> bool {
        false
    }

    /// Downloads a part from the publisher or a mirror, unless it is still the file described by `last`.
    ///
    /// # Errors
    /// `source.download`, `source.checksum`, `source.too_large`, `state.io`.
    fn fetch(&self, part: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched>;
}

/// Whom to name where the data is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Attribution {
    /// The name.
    pub text: &'static str,
    /// The web page that it leads to.
    pub url: &'static str,
}

/// What a source needs to download a part.
pub struct Online<'a> {
    /// The publisher or a mirror.
    pub site: Site<'a>,
    /// The HTTP client.
    pub downloader: &'a Downloader,
    /// Receives the progress of the part.
    pub progress: ByteProgress<'a>,
    /// Receives warnings about a part that was downloaded nevertheless.
    pub warn: &'a (dyn Fn(Warning) + Sync),
}

/// The outcome of downloading a part.
#[derive(Debug)]
pub enum Fetched {
    /// The server has the file that we have, or an older one.
    Unchanged,
    /// The server has a new file.
    New {
        /// The file in the publisher's format.
        downloaded: Box<Downloaded>,
        /// Its file name.
        file_name: String,
    },
}

impl Online<'_> {
    /// The URL of a file, below the mirror or below the publisher's `base`.
    pub(crate) fn url(&self, base: &str, file_name: &str) -> Url {
        let base = match self.site {
            Site::Publisher => base,
            Site::Mirror(base) => base.trim_end_matches('/'),
        };
        Url::new(format!("{base}/{file_name}"))
    }
}

/// The date in UTC, in which publishers date their files.
fn utc_date(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// The validators of the last file, if it came from the same URL.
fn validators(last: Option<&Provenance>, url: &Url) -> Option<Validators> {
    let last = last.filter(|last| last.location == url.to_string())?;
    Some(Validators { etag: last.etag.clone(), last_modified: last.last_modified.clone() })
}

/// The error for a file that the server does not have.
pub(crate) fn absent(url: &Url, status: &str) -> Error {
    Error::new(Code::SourceDownload, format!("there is no {url}: the server answered {status}"))
}

/// Refuses a text that may have been cut off in transfer. A gzipped or zipped file needs no check here: it contains its
/// own length.
///
/// # Errors
/// `source.download`, `state.io`.
pub(crate) fn refuse_unless_whole(downloaded: &Downloaded) -> Result<()> {
    let cannot_read = Error::state_io("read", downloaded.file.path());
    let mut beginning = [0; 4];
    let length = downloaded.file.as_file().read_at(&mut beginning, 0).map_err(cannot_read)?;
    let beginning = &beginning[..length];
    if downloaded.is_complete || is_gzip(beginning) || is_zip(beginning) {
        return Ok(());
    }
    let message = format!("{} came without its length, so it may be incomplete", downloaded.url);
    Err(Error::new(Code::SourceDownload, message).with_hint(
        "The data in force stays. Configure the server to send Content-Length, or provide the file gzipped.",
    ))
}

/// The source of an id.
pub fn of(id: SourceId) -> &'static dyn Source {
    match id {
        SourceId::Dbip => &dbip::Dbip,
        SourceId::Rir => &rir::Rir,
        SourceId::Ipdeny => &ipdeny::Ipdeny,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_its_source() {
        for id in SourceId::ALL {
            assert_eq!(of(id).id(), id);
        }
    }
}
