//! Gets files over HTTP on a bad network: bounded in size and time, resumed, repeated, and never by a downgrade.

mod attempt;
mod client;
mod url;

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::Client;

use crate::error::{Code, Error, Result};
use crate::storage::{LockKind, StagedFile, StateDir};
use attempt::{Attempt, Failure, Partial};
pub use url::{Url, with_urls_masked, without_secrets};

/// A server may take this long for one file altogether.
const TOTAL_PATIENCE: Duration = Duration::from_secs(900);
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Where a source's files come from.
#[derive(Debug, Clone, Copy)]
pub enum Site<'a> {
    /// The publisher, over HTTPS alone.
    Publisher,
    /// A mirror that the administrator named: everything before the files' own names.
    Mirror(&'a str),
}

/// What the server said of a file that we have, so that it need not send it again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

/// The outcome of asking for a file.
#[derive(Debug)]
pub enum Response {
    /// It came, whole.
    File(Downloaded),
    /// It is the one we have.
    NotModified,
    /// The server has no such file; with the `Date` header, in case our clock is wrong.
    NotFound {
        /// The server's own time.
        server_date: Option<String>,
        /// How it says so.
        status: String,
    },
}

/// A file that came whole.
#[derive(Debug)]
pub struct Downloaded {
    /// The content; removed with this value.
    pub file: StagedFile,
    /// Where it was asked for.
    pub url: Url,
    /// What the server said of it.
    pub validators: Validators,
    /// True if its length was told, or its end; otherwise it may have been cut off.
    pub is_whole: bool,
}

/// Takes the number of bytes that came and, where the server told it, of how many.
pub type ByteProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Asks for files.
pub struct Downloader {
    client: Client,
    /// Stores of files say 403 of what they do not have to whoever may not list them. A publisher says it of us.
    absent_is_forbidden: bool,
    directory: StateDir,
    limit: u64,
}

impl Downloader {
    /// Stores files in `directory` and refuses more than `limit` bytes. An attempt fails when `silence` passes
    /// without a byte.
    ///
    /// # Errors
    /// `source.download` if the system has no usable trust store or resolver.
    pub fn new(site: Site<'_>, directory: &StateDir, limit: u64, silence: Duration) -> Result<Self> {
        let client = client::build(site, silence)?;
        let absent_is_forbidden = matches!(site, Site::Mirror(_));
        Ok(Self { client, absent_is_forbidden, directory: directory.clone(), limit })
    }

    /// Gets `url`, unless it is still as `known` describes it.
    ///
    /// What may pass by itself is tried again after a pause, from where it broke off if the server can.
    ///
    /// # Errors
    /// `source.download`, `source.too_large`, `state.io`.
    pub fn get(&self, url: &Url, known: Option<&Validators>, progress: ByteProgress<'_>) -> Result<Response> {
        let deadline = Instant::now() + TOTAL_PATIENCE;
        let mut partial = Partial::new(self.new_file()?);
        let mut attempt = 1;
        loop {
            let next = Attempt { downloader: self, url, known, deadline, progress };
            let failure = match next.run(&mut partial) {
                Ok(Some(response)) => return Ok(response),
                Ok(None) => return Ok(Response::File(partial.into_downloaded(url))),
                Err(failure) => failure,
            };
            match failure {
                Failure::Passing(reason) if attempt < ATTEMPTS && Instant::now() < deadline => {
                    log::info!("{url}: {reason}; trying again");
                    thread::sleep(jittered(FIRST_PAUSE * 2_u32.pow(attempt - 1)));
                    attempt += 1;
                }
                Failure::Passing(reason) | Failure::Final(reason) => {
                    return Err(Error::new(Code::SourceDownload, format!("cannot get {url}: {reason}")));
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

    /// An empty file in the directory of downloads, for a source that puts one together.
    ///
    /// # Errors
    /// `state.io`.
    pub fn new_file(&self) -> Result<StagedFile> {
        StagedFile::new(&self.directory, LockKind::Data)
    }

    /// Gets a small text, such as a checksum; none where the server has none.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn get_text(&self, url: &Url) -> Result<Option<String>> {
        /// Longer texts are not read: they cannot be what was asked for.
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

/// Half to one and a half of `pause`, so that many machines do not knock at the same moment.
pub fn jittered(pause: Duration) -> Duration {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library seeds each of these states at random.
    let random = RandomState::new().build_hasher().finish() % 1000;
    pause / 2 + pause.mul_f64(f64::from(u32::try_from(random).unwrap_or(0)) / 1000.0)
}
