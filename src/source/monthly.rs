//! A file of DB-IP that appears once a month, with the month in its name: `dbip-country-lite-2026-06.csv.gz`.

use jiff::civil::Date;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, ToSpan};

use super::{Fetched, Online, refuse_unless_whole, utc_date};
use crate::dataset::{Provenance, ReadFile};
use crate::download::{Response, Url, Validators};
use crate::error::{Code, Error, Result};

const BASE: &str = "https://download.db-ip.com/free";
/// How many months before the current one to try. A new month appears some days late, and old months are deleted.
const MONTHS_BACK: usize = 6;

/// The file of every month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Monthly {
    /// Its name before the month.
    pub(crate) name: &'static str,
}

/// DB-IP ASN Lite, <https://db-ip.com/db/download/ip-to-asn-lite>.
pub(crate) const DBIP_ASN: Monthly = Monthly { name: "dbip-asn-lite" };

/// The month of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Release {
    /// That in its name.
    Known(String),
    /// That in its name lies too far in the future to be trusted.
    Future(String),
    /// Its name has none.
    Unknown,
}

/// The month that we have.
#[derive(Debug)]
pub(crate) struct Edition {
    pub(crate) release: Option<String>,
    pub(crate) file: ReadFile,
}

impl From<&Provenance> for Edition {
    fn from(last: &Provenance) -> Self {
        let Provenance { location, sha256, etag, last_modified, release, .. } = last.clone();
        Self { release, file: ReadFile { location, sha256, etag, last_modified } }
    }
}

impl Edition {
    /// What the server said about its file, if it came from this URL.
    fn validators(&self, url: &Url) -> Option<Validators> {
        (self.file.location == url.to_string()).then(|| Validators::from(&self.file))
    }
}

/// The result of walking back month by month.
enum Walk {
    Found(Fetched),
    Nothing { server_date: Option<Date>, status: String },
}

impl Monthly {
    /// The month of a file, by the first of these names that has one.
    pub(crate) fn release<'a>(self, names: impl IntoIterator<Item = Option<&'a str>>) -> Release {
        match names.into_iter().flatten().find_map(|name| self.month_in(name)) {
            Some(month) if is_future(&month, utc_date(Timestamp::now())) => Release::Future(month),
            Some(month) => Release::Known(month),
            None => Release::Unknown,
        }
    }

    /// Downloads the file of the newest month, unless it is `last`.
    ///
    /// # Errors
    /// `source.download`, `source.too_large`, `state.io`.
    pub(crate) fn fetch(self, online: &Online<'_>, last: Option<&Edition>) -> Result<Fetched> {
        let our_date = utc_date(Timestamp::now());
        let (server_date, status) = match self.fetch_newest(our_date, online, last)? {
            Walk::Found(fetched) => return Ok(fetched),
            Walk::Nothing { server_date, status } => (server_date, status),
        };
        // Nothing is published by our clock's calendar. The clock may be wrong, so try the server's date.
        if let Some(server_date) =
            server_date.filter(|date| date.first_of_month() != our_date.first_of_month())
            && let Walk::Found(fetched) = self.fetch_newest(server_date, online, last)?
        {
            return Ok(fetched);
        }
        let url = online.url(BASE, &self.file_name(our_date));
        let message = format!(
            "there is no {url}, nor any of the {MONTHS_BACK} months before: the server answered {status}"
        );
        Err(Error::new(Code::SourceDownload, message))
    }

    fn fetch_newest(self, from: Date, online: &Online<'_>, last: Option<&Edition>) -> Result<Walk> {
        let (mut server_date, mut said) = (None, String::new());
        let last_release =
            last.and_then(|last| last.release.as_deref()).filter(|month| !is_future(month, from));
        let months =
            std::iter::successors(Some(from.first_of_month()), |month| month.checked_sub(1.month()).ok());
        for month in months.take(MONTHS_BACK + 1) {
            let (file_name, month) = (self.file_name(month), month_name(month));
            let url = online.url(BASE, &file_name);
            let known = match last_release {
                Some(release) if month.as_str() < release => return Ok(Walk::Found(Fetched::Unchanged)),
                // This is the edition we have. Ask for it only if the server can answer that it is unchanged.
                Some(release) if month == release => match last.and_then(|last| last.validators(&url)) {
                    Some(known) if known != Validators::default() => Some(known),
                    _ => return Ok(Walk::Found(Fetched::Unchanged)),
                },
                _ => None,
            };
            match online.downloader.get(&url, known.as_ref(), online.progress)? {
                Response::File(downloaded) => {
                    refuse_unless_whole(&downloaded)?;
                    return Ok(Walk::Found(Fetched::New { downloaded, file_name }));
                }
                Response::NotModified => return Ok(Walk::Found(Fetched::Unchanged)),
                Response::NotFound { server_date: date, status } => {
                    said = status;
                    let parser = rfc2822::DateTimeParser::new();
                    server_date = date.and_then(|date| parser.parse_timestamp(&date).ok()).map(utc_date);
                }
            }
        }
        Ok(Walk::Nothing { server_date, status: said })
    }

    fn file_name(self, month: Date) -> String {
        format!("{}-{}.csv.gz", self.name, month_name(month))
    }

    /// The month in a file name: `dbip-country-lite-2026-06.csv.gz` gives `2026-06`.
    fn month_in(self, file_name: &str) -> Option<String> {
        let month = file_name.strip_prefix(self.name)?.strip_prefix('-')?.get(..7)?;
        let day = format!("{month}-01");
        day.parse::<Date>().is_ok_and(|date| month_name(date) == month).then(|| month.to_owned())
    }
}

fn month_name(month: Date) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

/// True for a month too far ahead to be published today. If we trusted it, every real edition would look older until
/// that month comes. The next month is accepted, in case our clock is behind.
fn is_future(month: &str, today: Date) -> bool {
    today.first_of_month().checked_add(1.month()).is_ok_and(|next| *month > *month_name(next))
}
