//! One HTTP request for a file: resumes a partial download if it can, and classifies failures.

use std::io::{self, Read, Seek, Write};
use std::time::Instant;

use reqwest::StatusCode;
use reqwest::blocking::Response as HttpResponse;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, LAST_MODIFIED, RANGE, TRANSFER_ENCODING,
};

use super::{ByteProgress, Downloaded, Downloader, Response, Url, Validators};
use crate::storage::StagedFile;

/// Why a request failed.
pub(super) enum Failure {
    /// A retry may succeed.
    Temporary(String),
    /// A retry would fail again.
    Permanent(String),
    /// The file is larger than the limit.
    TooLarge,
    /// The received data could not be written.
    Disk(io::Error),
}

/// A download in progress.
pub(super) struct Partial {
    file: StagedFile,
    length: u64,
    /// The length of the complete file, if the server sent it.
    total: Option<u64>,
    /// True if the server sent the length or uses chunked encoding, so that a cut-off transfer is noticed.
    knows_its_end: bool,
    validators: Validators,
    status: StatusCode,
}

impl Partial {
    pub(super) fn new(file: StagedFile) -> Self {
        let (validators, status) = (Validators::default(), StatusCode::OK);
        Self { file, length: 0, total: None, knows_its_end: false, validators, status }
    }

    pub(super) fn into_downloaded(self, url: &Url) -> Downloaded {
        let Self { file, validators, knows_its_end, status, .. } = self;
        Downloaded { file, url: url.clone(), validators, status, is_complete: knows_its_end }
    }

    /// A strong `ETag`, by which the server can check that the rest still belongs to the data we have (RFC 9110, 13.1.5).
    fn strong_etag(&self) -> Option<&str> {
        self.validators.etag.as_deref().filter(|etag| self.length > 0 && !etag.starts_with("W/"))
    }

    fn start_over(&mut self) -> io::Result<()> {
        self.length = 0;
        self.file.as_file().set_len(0)?;
        self.file.rewind()
    }

    /// Starts over with a complete response.
    fn begin(&mut self, response: &HttpResponse) -> io::Result<()> {
        let headers = response.headers();
        self.status = response.status();
        self.total = response.content_length();
        self.knows_its_end = self.total.is_some() || is_chunked(headers);
        self.validators =
            Validators { etag: header(headers, &ETAG), last_modified: header(headers, &LAST_MODIFIED) };
        self.start_over()
    }

    /// True if a partial response continues our data: it starts where our data ends, and total length and `ETag` are the
    /// same. An unknown total length is taken from it, because a server may send less than the complete rest.
    fn continues_with(&mut self, response: &HttpResponse) -> bool {
        let headers = response.headers();
        let same_tag = header(headers, &ETAG).is_none_or(|etag| Some(etag) == self.validators.etag);
        let range = header(headers, &CONTENT_RANGE);
        let behind = range.as_deref().and_then(|range| range.strip_prefix("bytes ")?.split_once('/'));
        let Some((range, total)) = behind else { return false };
        let begins_there = range.split_once('-').is_some_and(|(first, _)| first.parse() == Ok(self.length));
        let same_total = total == "*" || self.total.is_none_or(|known| total.parse() == Ok(known));
        self.total = self.total.or_else(|| total.parse().ok());
        self.knows_its_end &= self.total.is_some();
        same_tag && begins_there && same_total
    }
}

/// One request for a file.
pub(super) struct Attempt<'a> {
    pub(super) downloader: &'a Downloader,
    pub(super) url: &'a Url,
    pub(super) known: Option<&'a Validators>,
    pub(super) deadline: Instant,
    pub(super) progress: ByteProgress<'a>,
}

impl Attempt<'_> {
    /// Sends the request and adds the content to `partial`. Returns a response that has no content.
    pub(super) fn run(&self, partial: &mut Partial) -> Result<Option<Response>, Failure> {
        let resumes = partial.strong_etag().is_some();
        let response = self.send(partial)?;
        let status = response.status();
        match status {
            _ if status == StatusCode::OK || (!resumes && self.downloader.understood.contains(&status)) => {
                partial.begin(&response).map_err(Failure::Disk)?;
            }
            StatusCode::PARTIAL_CONTENT if resumes && partial.continues_with(&response) => {}
            _ if self.downloader.absent.contains(&status) && !resumes => {
                let server_date = header(response.headers(), &DATE);
                return Ok(Some(Response::NotFound { server_date, status: status.to_string() }));
            }
            _ if status.is_server_error() || [408, 429].contains(&status.as_u16()) => {
                return Err(Failure::Temporary(format!("the server answered {status}")));
            }
            // The status is about the range. Retry without one to learn the status of the file.
            _ if resumes => {
                partial.start_over().map_err(Failure::Disk)?;
                return Err(Failure::Temporary(format!(
                    "the server answered {status} to a request for the rest of the file"
                )));
            }
            StatusCode::NOT_MODIFIED if self.has_conditions() => return Ok(Some(Response::NotModified)),
            _ => return Err(Failure::Permanent(format!("the server answered {status}"))),
        }
        self.receive(response, partial)?;
        Ok(None)
    }

    /// True if the request is conditional. Only then is the answer "not modified" meaningful.
    fn has_conditions(&self) -> bool {
        self.known.is_some_and(|known| *known != Validators::default())
    }

    fn send(&self, partial: &Partial) -> Result<HttpResponse, Failure> {
        // Without compression in transfer, length, checksum and gzip trailer are those of the stored file.
        let mut request = self.downloader.client.get(self.url.as_asked()).header(ACCEPT_ENCODING, "identity");
        if let Some(etag) = partial.strong_etag() {
            request = request.header(RANGE, format!("bytes={}-", partial.length)).header(IF_RANGE, etag);
        } else if let Some(known) = self.known {
            let conditions = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
            for (name, value) in
                conditions.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
            {
                request = request.header(name, value);
            }
        }
        request.send().map_err(|error| {
            let reason = root_cause(&error);
            // An invalid URL or a refused redirect will not change by a retry.
            if error.is_redirect() || error.is_builder() {
                Failure::Permanent(reason)
            } else {
                Failure::Temporary(reason)
            }
        })
    }

    fn receive(&self, mut response: HttpResponse, partial: &mut Partial) -> Result<(), Failure> {
        let limit = self.downloader.limit;
        let end = response.content_length().map(|rest| partial.length.saturating_add(rest));
        let total = partial.total.or(end);
        if total.max(end).is_some_and(|total| total > limit) {
            return Err(Failure::TooLarge);
        }
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = match response.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => {
                    return Err(Failure::Temporary(format!("the connection broke: {}", root_cause(&error))));
                }
            };
            partial.length += length as u64;
            if partial.length > limit {
                return Err(Failure::TooLarge);
            }
            if Instant::now() > self.deadline {
                return Err(Failure::Temporary("it took too long".into()));
            }
            partial.file.write_all(&buffer[..length]).map_err(Failure::Disk)?;
            (self.progress)(partial.length, total);
        }
        match total {
            Some(total) if partial.length < total => Err(Failure::Temporary("the connection broke".into())),
            Some(total) if partial.length > total => {
                partial.start_over().map_err(Failure::Disk)?;
                Err(Failure::Temporary("the server sent more than was requested".into()))
            }
            _ => partial.file.rewind().map_err(Failure::Disk),
        }
    }
}

/// True if the encoding of the body marks its own end (RFC 9112, 6.3).
fn is_chunked(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TRANSFER_ENCODING).into_iter().next_back();
    let last = codings.and_then(|codings| codings.to_str().ok()?.rsplit(',').next());
    last.is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The innermost cause. The outer ones repeat the URL and add little.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
