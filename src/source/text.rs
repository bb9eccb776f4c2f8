//! Text files as publishers ship them: perhaps gzipped, with either line end, with or without a byte order mark.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::{Code, Error, Result};

/// No source unpacks to more; beyond it a file is an attack or a mistake.
const UNPACKED_LIMIT: u64 = 256 << 20;
/// No line of any source is longer.
const LINE_LIMIT: u64 = 4096;
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

/// Calls `handle` with the number (from 1) and the bytes of each line that is not empty.
///
/// # Errors
/// `source.malformed` for what is damaged, cut off, binary or a web page, `source.too_large`, and whatever
/// `handle` returns.
pub fn for_each_line(content: impl Read, mut handle: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    let mut content = BufReader::with_capacity(1 << 16, content);
    let mut line = Vec::with_capacity(256);
    for number in 1_u64.. {
        line.clear();
        let length = content
            .by_ref()
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)
            .map_err(|error| broken(&error).within(&format!("after line {}", number - 1)))?;
        if length == 0 {
            break;
        }
        let text = trim(&line, number);
        if number == 1 && text.first() == Some(&b'<') {
            return Err(Error::new(Code::SourceMalformed, "it is a web page, not a data file"));
        }
        if length as u64 == LINE_LIMIT || text.contains(&0) {
            return Err(Error::new(
                Code::SourceMalformed,
                format!("line {number} is not text of this format"),
            ));
        }
        if !text.is_empty() {
            handle(number, text)?;
        }
    }
    Ok(())
}

fn trim(line: &[u8], number: u64) -> &[u8] {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    line.trim_ascii()
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
