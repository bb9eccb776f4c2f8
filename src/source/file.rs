//! A source file on disk that has not been parsed yet.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::OnceLock;

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::zipped::{Zipped, is_zip};
use crate::download::{Downloaded, with_urls_masked};
use crate::error::{Code, Error, Result};
use crate::storage::columns::hex;

/// The most bytes of a source's file, packed or unpacked.
pub const FILE_LIMIT: u64 = 64 << 20;

/// A file in the format that its publisher ships.
#[derive(Debug)]
pub struct SourceFile {
    file: File,
    /// Its file name.
    pub name: String,
    /// Its path or URL.
    pub location: String,
    /// Its length in bytes.
    pub bytes: u64,
    sha256: OnceLock<String>,
}

impl SourceFile {
    /// Opens a file that the administrator names.
    ///
    /// # Errors
    /// `source.unreadable`, `source.too_large`.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // An administrator may have entered a URL as the path, with a password in it.
        let location = with_urls_masked(&path.display().to_string());
        // Opening a named pipe would otherwise block until somebody writes to it.
        let open = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path);
        Self::new(open.map_err(|error| unreadable(&location, &error))?, name, location)
    }

    /// Opens a file that was downloaded.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn downloaded(downloaded: &Downloaded, name: String) -> Result<Self> {
        let location = downloaded.url.to_string();
        let file = downloaded.file.reopen().map_err(|error| unreadable(&location, &error))?;
        Self::new(file, name, location)
    }

    fn new(file: File, name: String, location: String) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| unreadable(&location, &error))?;
        if !metadata.is_file() {
            return Err(unreadable(&location, &io::Error::other("it is not a regular file")));
        }
        if metadata.len() > FILE_LIMIT {
            let message = format!("{location} is larger than {} MiB", FILE_LIMIT >> 20);
            return Err(Error::new(Code::SourceTooLarge, message));
        }
        Ok(Self { file, name, location, bytes: metadata.len(), sha256: OnceLock::new() })
    }

    /// SHA-256 of its content, in hex. The file is read once for it, which may happen while another thread parses it.
    ///
    /// # Errors
    /// `source.unreadable`.
    pub fn sha256(&self) -> Result<&str> {
        if let Some(known) = self.sha256.get() {
            return Ok(known);
        }
        let digest = hex_digest::<Sha256>(&self.file).map_err(|error| unreadable(&self.location, &error))?;
        Ok(self.sha256.get_or_init(|| digest))
    }

    /// Hands its name and its content to `reader`; of a zip, the content of the file in it, and its name if that of the zip
    /// tells no more than that. `report` is called with the percentage that was read.
    ///
    /// # Errors
    /// `source.malformed`, `source.too_large` and `source.unreadable` for a zip; those of `reader`.
    pub fn read<T>(
        &self,
        report: &mut dyn FnMut(u8),
        reader: impl FnOnce(&str, &mut dyn Read) -> Result<T>,
    ) -> Result<T> {
        if !self.is_zip()? {
            return reader(
                &self.name,
                &mut Metered { content: &self.file, read: 0, total: self.bytes, report },
            );
        }
        let mut zipped = Zipped::open(&self.file)?;
        let is_called_zip = self.name.to_ascii_lowercase().ends_with(".zip");
        let name = if is_called_zip { zipped.name.clone() } else { self.name.clone() };
        let (total, content) = zipped.content()?;
        reader(&name, &mut Metered { content, read: 0, total, report })
    }

    /// The name of the file in it, if it is a zip.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn zipped_name(&self) -> Result<Option<String>> {
        if self.is_zip()? { Zipped::open(&self.file).map(|zipped| Some(zipped.name)) } else { Ok(None) }
    }

    fn is_zip(&self) -> Result<bool> {
        let mut beginning = [0; 4];
        let length =
            self.file.read_at(&mut beginning, 0).map_err(|error| unreadable(&self.location, &error))?;
        Ok(is_zip(&beginning[..length]))
    }
}

/// The digest of a whole file in hex. It does not move the file's read position.
pub(super) fn hex_digest<D: Digest>(file: &File) -> io::Result<String> {
    let mut hasher = D::new();
    let mut buffer = vec![0; 1 << 16];
    let mut place = 0;
    loop {
        match file.read_at(&mut buffer, place)? {
            0 => break,
            length => {
                hasher.update(&buffer[..length]);
                place += length as u64;
            }
        }
    }
    Ok(hex(&hasher.finalize()))
}

fn unreadable(location: &str, error: &io::Error) -> Error {
    Error::new(Code::SourceUnreadable, format!("cannot read {location}: {error}"))
}

/// A reader that reports its progress.
struct Metered<'a, R> {
    content: R,
    read: u64,
    total: u64,
    report: &'a mut dyn FnMut(u8),
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.content.read(buffer)?;
        self.read += length as u64;
        let percent = self.read.saturating_mul(100).checked_div(self.total).unwrap_or(100);
        (self.report)(u8::try_from(percent).unwrap_or(100).min(100));
        Ok(length)
    }
}
