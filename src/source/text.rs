//! Text files as publishers ship them: perhaps gzipped, with either line end, with or without a byte order mark.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::error::{Code, Error, Result};

/// No source unpacks to more; beyond it a file is an attack or a mistake.
const UNPACKED_LIMIT: u64 = 256 << 20;
/// No line of any source is longer.
const LINE_LIMIT: u64 = 4096;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked content of a file, gzipped or not.
pub struct Unpacked<'a> {
    content: Box<dyn BufRead + 'a>,
    packed_name: Option<String>,
}

impl<'a> Unpacked<'a> {
    /// Looks at the first bytes to tell whether `file` is gzipped.
    ///
    /// # Errors
    /// `source.unreadable`.
    pub fn new(file: &'a mut dyn Read) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let is_gzip = file.fill_buf().map_err(|error| unreadable(&error))?.starts_with(&GZIP_MAGIC);
        if !is_gzip {
            return Ok(Self { content: Box::new(file), packed_name: None });
        }
        let decoder = MultiGzDecoder::new(file);
        let packed_name = decoder.header().and_then(|header| header.filename());
        let packed_name = packed_name.map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(Self { content: Box::new(BufReader::with_capacity(1 << 16, decoder)), packed_name })
    }

    /// The name that the file had before it was gzipped, where the packer kept it.
    pub fn packed_name(&self) -> Option<&str> {
        self.packed_name.as_deref()
    }
}

/// Calls `handle` with the number (from 1) and the bytes of each line that is not empty.
///
/// # Errors
/// `source.malformed` for what is damaged, cut off, binary or a web page, `source.too_large`, and whatever
/// `handle` returns.
pub fn for_each_line(unpacked: Unpacked<'_>, mut handle: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    let mut content = unpacked.content;
    let mut unpacked_bytes = 0;
    let mut line = Vec::with_capacity(256);
    for number in 1_u64.. {
        line.clear();
        let length = content
            .by_ref()
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)
            .map_err(|error| broken_stream(number, &error))? as u64;
        if length == 0 {
            break;
        }
        unpacked_bytes += length;
        if unpacked_bytes > UNPACKED_LIMIT {
            let megabytes = UNPACKED_LIMIT >> 20;
            return Err(Error::new(Code::SourceTooLarge, format!("it unpacks to more than {megabytes} MiB")));
        }
        let text = trim(&line, number);
        if number == 1 && text.first() == Some(&b'<') {
            return Err(Error::new(Code::SourceMalformed, "it is a web page, not a data file"));
        }
        if length == LINE_LIMIT || text.contains(&0) {
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

fn unreadable(error: &io::Error) -> Error {
    Error::new(Code::SourceUnreadable, format!("cannot read it: {error}"))
}

/// The decoder reports damage as I/O errors of a few kinds; anything else is the disk's.
fn broken_stream(line: u64, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::new(Code::SourceMalformed, format!("it is cut off after line {}", line - 1))
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Error::new(Code::SourceMalformed, format!("it is damaged after line {}: {error}", line - 1))
        }
        _ => Error::new(Code::SourceUnreadable, format!("cannot read on after line {}: {error}", line - 1)),
    }
}
