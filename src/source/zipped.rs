//! Reads the one file in a zip archive.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::text::{Limited, broken};
use crate::error::{Code, Error, Result};

/// The first bytes of an archive with a file, and those of an empty one.
const MAGICS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// The most bytes of an archive's directory. One with a single file needs a hundred.
const DIRECTORY_LIMIT: u64 = 1 << 20;
/// What the packer of macOS adds beside each file.
const OF_MACOS: &str = "__MACOSX/";

/// True if these first bytes are those of a zip archive.
pub(super) fn is_zip(beginning: &[u8]) -> bool {
    MAGICS.iter().any(|magic| beginning.starts_with(magic))
}

/// The file in an archive that holds a single one, wherever in it.
pub(super) struct Zipped<'a> {
    archive: ZipArchive<BufReader<Bounded<'a>>>,
    place: usize,
    /// Its name, without the folders around it.
    pub(super) name: String,
}

impl<'a> Zipped<'a> {
    /// Reads the archive's directory.
    ///
    /// # Errors
    /// `source.malformed` for a damaged archive, and if there is no file in it or more than one; `source.too_large`,
    /// `source.unreadable`.
    pub(super) fn open(file: &'a File) -> Result<Self> {
        let left = Rc::new(Cell::new(DIRECTORY_LIMIT));
        let bounded = Bounded { file, left: Rc::clone(&left) };
        let archive = ZipArchive::new(BufReader::new(bounded)).map_err(refused)?;
        left.set(u64::MAX);
        let mut files = Vec::new();
        for place in 0..archive.len() {
            let name =
                archive.name_for_index(place).unwrap_or(Err(ZipError::FileNotFound)).map_err(refused)?;
            if !name.ends_with('/') && !name.starts_with(OF_MACOS) {
                files.push((place, name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()));
            }
        }
        match <[_; 1]>::try_from(files) {
            Ok([(place, name)]) => Ok(Self { archive, place, name }),
            Err(files) => {
                let message = format!("the zip holds {} files instead of one", files.len());
                Err(Error::new(Code::SourceMalformed, message).with_hint("Put a single file into it."))
            }
        }
    }

    /// Its content, up to a limit, and the number of bytes that it should have.
    ///
    /// # Errors
    /// `source.malformed` if it is encrypted or packed in a way that is not known, `source.unreadable`.
    pub(super) fn content(&mut self) -> Result<(u64, impl Read)> {
        let file = self.archive.by_index(self.place).map_err(refused)?;
        Ok((file.size(), Limited::new(file)))
    }
}

/// A file of which no more than a number of bytes can be read.
struct Bounded<'a> {
    file: &'a File,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        let left = self.left.get().checked_sub(length as u64);
        let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, "the directory of the zip is too long");
        self.left.set(left.ok_or_else(too_long)?);
        Ok(length)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

fn refused(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => broken(&error),
        other => Error::new(Code::SourceMalformed, format!("it is no usable zip: {other}")),
    }
}
