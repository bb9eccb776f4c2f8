//! Downloads files over an unreliable network: with limits on size and time, with retries, and with resumption.

mod attempt;
mod client;
mod url;

use std::io;
use std::thread;
use std::time::{Duration, Instant};

pub use reqwest::StatusCode;
use reqwest::blocking::Client;

use crate::dataset::ReadFile;
use crate::error::{Code, Error, Result};
use crate::storage::{LockKind, StagedFile, StateDir};
use attempt::{Attempt, Failure, Partial};
pub use url::{Url, with_urls_masked, without_secrets};

/// The most time for all files of an update, retries included.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(800);
const ATTEMPTS: u32 = 3;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(500);

/// Where the files of a source are downloaded from.
#[derive(Debug, Clone, Copy)]
pub enum Site<'a> {
    /// The publisher, over HTTPS only.
    Publisher,
    /// A mirror that the administrator configured: the URL to which file names are appended.
    Mirror(&'a str),
}

/// What the server said about a file that we have. With it, the server can answer that the file is unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl From<&ReadFile> for Validators {
    fn from(file: &ReadFile) -> Self {
        Self { etag: file.etag.clone(), last_modified: file.last_modified.clone() }
    }
}

/// The response to a request for a file.
#[derive(Debug)]
pub enum Response {
    /// The complete file.
    File(Box<Downloaded>),
    /// The file is the one we have.
    NotModified,
    /// The server does not have the file.
    NotFound {
        /// The `Date` header, in case our clock is wrong.
        server_date: Option<String>,
        /// The HTTP status, as text.
        status: String,
    },
}

/// A downloaded file.
#[derive(Debug)]
pub struct Downloaded {
    /// The content. The file is removed when this value is dropped.
    pub file: StagedFile,
    /// The URL that was requested.
    pub url: Url,
    /// The validators that the server sent with it.
    pub validators: Validators,
    /// 200, or another status that the caller understands.
    pub status: StatusCode,
    /// True if the transfer was certainly complete. Otherwise it may have been cut off without notice.
    pub is_complete: bool,
}

/// Receives the number of bytes downloaded and, if known, the total.
pub type ByteProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Downloads files.
pub struct Downloader {
    client: Client,
    /// The statuses of a server that does not have a file.
    absent: Vec<StatusCode>,
    /// The statuses beside 200 whose content is wanted.
    understood: Vec<StatusCode>,
    directory: StateDir,
    limit: u64,
    deadline: Instant,
}

impl Downloader {
    /// Downloads into `directory` and refuses files of more than `limit` bytes. An attempt fails if no byte arrives for
    /// `silence`. The time for all files begins now.
    ///
    /// # Errors
    /// `source.download` if the system has no usable trust store or resolver.
    pub fn new(site: Site<'_>, directory: &StateDir, limit: u64, silence: Duration) -> Result<Self> {
        let client = client::build(site, silence)?;
        let mut absent = vec![StatusCode::NOT_FOUND, StatusCode::GONE];
        // Object stores answer 403 for a missing file if listing is not allowed. A publisher's means that we are blocked.
        absent.extend(matches!(site, Site::Mirror(_)).then_some(StatusCode::FORBIDDEN));
        let deadline = Instant::now() + TOTAL_TIMEOUT;
        Ok(Self { client, absent, understood: Vec::new(), directory: directory.clone(), limit, deadline })
    }

    /// The same, for a server that says in the content what an answer with one of these statuses means.
    #[must_use]
    pub fn understanding(self, statuses: &[StatusCode]) -> Self {
        Self { understood: statuses.to_vec(), ..self }
    }

    /// The same, with less time for all files.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: self.deadline.min(deadline), ..self }
    }

    /// Downloads `url`, unless it is still the file described by `known`.
    ///
    /// After a temporary failure it retries with a growing delay, and resumes the download if the server can.
    ///
    /// # Errors
    /// `source.download`, `source.too_large`, `state.io`.
    pub fn get(&self, url: &Url, known: Option<&Validators>, progress: ByteProgress<'_>) -> Result<Response> {
        let mut partial = Partial::new(self.new_file()?);
        let mut attempt = 1;
        loop {
            let next = Attempt { downloader: self, url, known, deadline: self.deadline, progress };
            let failure = match next.run(&mut partial) {
                Ok(Some(response)) => return Ok(response),
                Ok(None) => return Ok(Response::File(Box::new(partial.into_downloaded(url)))),
                Err(failure) => failure,
            };
            match failure {
                Failure::Temporary(reason) if attempt < ATTEMPTS && Instant::now() < self.deadline => {
                    log::info!("{url}: {reason}; retrying");
                    thread::sleep(jittered(FIRST_RETRY_DELAY * 2_u32.pow(attempt - 1)));
                    attempt += 1;
                }
                Failure::Temporary(reason) | Failure::Permanent(reason) => {
                    return Err(Error::new(Code::SourceDownload, format!("cannot download {url}: {reason}")));
                }
                Failure::TooLarge => {
                    let megabytes = self.limit >> 20;
                    let message = format!("{url} is larger than {megabytes} MiB");
                    return Err(Error::new(Code::SourceTooLarge, message));
                }
                Failure::Disk(error) => {
                    return Err(Error::state_io("write to", self.directory.path())(error));
                }
            }
        }
    }

    /// Creates an empty file in the download directory, for a source that assembles one.
    ///
    /// # Errors
    /// `state.io`.
    pub fn new_file(&self) -> Result<StagedFile> {
        StagedFile::new(&self.directory, LockKind::Data)
    }

    /// Downloads a small text, such as a checksum. `None` if the server does not have it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn get_text(&self, url: &Url) -> Result<Option<String>> {
        /// The most bytes of a text that are read.
        const LIMIT: u64 = 1 << 20;
        match self.get(url, None, &|_, _| {})? {
            Response::File(downloaded) => {
                let mut text = Vec::new();
                let file = downloaded.file.as_file();
                io::Read::read_to_end(&mut io::Read::take(file, LIMIT), &mut text)
                    .map_err(Error::state_io("read", downloaded.file.path()))?;
                Ok(Some(String::from_utf8_lossy(&text).into_owned()))
            }
            Response::NotModified | Response::NotFound { .. } => Ok(None),
        }
    }
}

/// A random time between half of `pause` and one and a half of it, so that many machines do not ask at the same moment.
pub fn jittered(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library seeds each state randomly.
    let random = RandomState::new().build_hasher().finish() % 1000;
    pause / 2 + pause.mul_f64(f64::from(u32::try_from(random).unwrap_or(0)) / 1000.0)
}
