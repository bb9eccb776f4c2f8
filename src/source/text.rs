//! Files as publishers ship them: text, perhaps gzipped.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::{Code, Error, Result};

/// No source unpacks to more; beyond it a file is an attack or a mistake.
const UNPACKED_LIMIT: u64 = 256 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked content of a file, gzipped or not, up to a limit.
pub struct Unpacked<'a> {
    content: Box<dyn Read + 'a>,
    packed_name: Option<String>,
    read: u64,
}

impl<'a> Unpacked<'a> {
    /// Looks at the first bytes to tell whether `file` is gzipped.
    ///
    /// # Errors
    /// `source.unreadable`, or `source.malformed` for an empty file.
    pub fn new(file: &'a mut dyn Read) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let beginning = file.fill_buf().map_err(|error| broken(&error))?;
        if beginning.is_empty() {
            return Err(Error::new(Code::SourceMalformed, "it is empty"));
        }
        if !beginning.starts_with(&GZIP_MAGIC) {
            return Ok(Self { content: Box::new(file), packed_name: None, read: 0 });
        }
        let decoder = MultiGzDecoder::new(file);
        let packed_name = decoder.header().and_then(|header| header.filename());
        let packed_name = packed_name.map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(Self { content: Box::new(decoder), packed_name, read: 0 })
    }

    /// The name that the file had before it was gzipped, where the packer kept it.
    pub fn packed_name(&self) -> Option<&str> {
        self.packed_name.as_deref()
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.content.read(buffer)?;
        self.read += length as u64;
        if self.read > UNPACKED_LIMIT {
            let megabytes = UNPACKED_LIMIT >> 20;
            let message = format!("it unpacks to more than {megabytes} MiB");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(length)
    }
}

/// The fields of a line between separators.
pub(super) fn fields(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        // Fields are too short for a search to be worth its beginning.
        let end = text.iter().position(|byte| *byte == separator).unwrap_or(text.len());
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// Why reading a source file failed: decoders report damage as I/O errors of a few kinds.
pub(super) fn broken(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::new(Code::SourceMalformed, "it is cut off"),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            Error::new(Code::SourceMalformed, format!("it is damaged: {error}"))
        }
        io::ErrorKind::FileTooLarge => Error::new(Code::SourceTooLarge, error.to_string()),
        _ => Error::new(Code::SourceUnreadable, format!("cannot read it: {error}")),
    }
}
