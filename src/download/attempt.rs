//! One attempt at a file.

use std::io::{self, Read, Seek, Write};
use std::time::Instant;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response as HttpResponse};
use reqwest::header::{
    CONTENT_RANGE, DATE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE,
};

use super::{ByteProgress, Downloaded, Response, Validators};
use crate::state::StagedFile;

/// Why an attempt failed.
pub(super) enum Failure {
    /// It may succeed another time.
    Passing(String),
    /// It will fail again.
    Final(String),
    /// The file exceeds the limit.
    TooLarge,
    /// What came could not be written.
    Disk(io::Error),
}

/// What has come so far.
pub(super) struct Partial {
    file: StagedFile,
    length: u64,
    validators: Validators,
}

impl Partial {
    pub(super) fn new(file: StagedFile) -> Self {
        Self { file, length: 0, validators: Validators::default() }
    }

    pub(super) fn into_downloaded(self, url: &str) -> Downloaded {
        Downloaded { file: self.file, url: url.to_owned(), validators: self.validators }
    }

    /// The tag by which the server can tell that the rest still belongs to what we have (RFC 9110, 13.1.5).
    fn strong_etag(&self) -> Option<&str> {
        self.validators.etag.as_deref().filter(|etag| self.length > 0 && !etag.starts_with("W/"))
    }

    fn start_over(&mut self) -> io::Result<()> {
        self.length = 0;
        self.file.as_file().set_len(0)?;
        self.file.rewind()
    }
}

/// Fills `partial`; a response that is not the file itself is returned.
pub(super) fn run(
    client: &Client,
    url: &str,
    known: Option<&Validators>,
    limit: u64,
    deadline: Instant,
    partial: &mut Partial,
    progress: ByteProgress<'_>,
) -> Result<Option<Response>, Failure> {
    let response = send(client, url, known, partial)?;
    match response.status() {
        StatusCode::NOT_MODIFIED => return Ok(Some(Response::NotModified)),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Ok(Some(Response::NotFound { server_date: header(response.headers(), &DATE) }));
        }
        StatusCode::PARTIAL_CONTENT if resumes_at(&response, partial.length) => {}
        StatusCode::OK => {
            partial.start_over().map_err(Failure::Disk)?;
            partial.validators = Validators {
                etag: header(response.headers(), &ETAG),
                last_modified: header(response.headers(), &LAST_MODIFIED),
            };
        }
        status if status.is_server_error() || [408, 429].contains(&status.as_u16()) => {
            return Err(Failure::Passing(format!("the server says {status}")));
        }
        status => return Err(Failure::Final(format!("the server says {status}"))),
    }
    receive(response, limit, deadline, partial, progress)?;
    Ok(None)
}

fn send(
    client: &Client,
    url: &str,
    known: Option<&Validators>,
    partial: &Partial,
) -> Result<HttpResponse, Failure> {
    let mut request = client.get(url);
    if let Some(etag) = partial.strong_etag() {
        request = request.header(RANGE, format!("bytes={}-", partial.length)).header(IF_RANGE, etag);
    } else if let Some(known) = known {
        let conditions = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
        for (name, value) in conditions.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)))
        {
            request = request.header(name, value);
        }
    }
    request.send().map_err(|error| {
        let reason = root_cause(&error);
        // A redirect that was refused, or an address that is none, stays so.
        if error.is_redirect() || error.is_builder() {
            Failure::Final(reason)
        } else {
            Failure::Passing(reason)
        }
    })
}

fn receive(
    mut response: HttpResponse,
    limit: u64,
    deadline: Instant,
    partial: &mut Partial,
    progress: ByteProgress<'_>,
) -> Result<(), Failure> {
    let total = response.content_length().map(|rest| partial.length + rest);
    if total.is_some_and(|total| total > limit) {
        return Err(Failure::TooLarge);
    }
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = match response.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) => return Err(Failure::Passing(format!("it broke off: {}", root_cause(&error)))),
        };
        partial.length += length as u64;
        if partial.length > limit {
            return Err(Failure::TooLarge);
        }
        if Instant::now() > deadline {
            return Err(Failure::Passing("it takes too long".into()));
        }
        partial.file.write_all(&buffer[..length]).map_err(Failure::Disk)?;
        progress(partial.length, total);
    }
    if total.is_some_and(|total| total != partial.length) {
        return Err(Failure::Passing("it broke off".into()));
    }
    partial.file.rewind().map_err(Failure::Disk)
}

/// True if a partial response begins where the file ends.
fn resumes_at(response: &HttpResponse, length: u64) -> bool {
    let range = header(response.headers(), &CONTENT_RANGE).unwrap_or_default();
    length > 0 && range.starts_with(&format!("bytes {length}-"))
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The innermost reason; the outer ones repeat the URL and say little.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
