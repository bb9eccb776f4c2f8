//! Text files as publishers ship them: perhaps gzipped, with either line end, with or without a byte order mark.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc;
use std::thread;

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;

use crate::error::{Code, Error, Result};

/// No source unpacks to more; beyond it a file is an attack or a mistake.
const UNPACKED_LIMIT: u64 = 256 << 20;
/// No line of any source is longer.
const LINE_LIMIT: usize = 4096;
/// Bytes that are unpacked before they are handed on.
const BLOCK: usize = 1 << 16;
/// Blocks that wait to be handled.
const BLOCKS_AHEAD: usize = 4;
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
/// What is longer than one block is handled in a thread of its own while this one unpacks the next block.
///
/// # Errors
/// `source.malformed` for what is damaged, cut off, binary or a web page, `source.too_large`, and whatever
/// `handle` returns.
pub fn for_each_line(
    mut content: impl Read,
    handle: impl FnMut(u64, &[u8]) -> Result<()> + Send,
) -> Result<()> {
    let mut lines = Lines { handle, number: 1, begun: Vec::new(), binary: false };
    let first = Block::read(&mut content);
    if first.is_last() {
        return lines.take(&first);
    }
    thread::scope(|scope| {
        let (sender, blocks) = mpsc::sync_channel(BLOCKS_AHEAD);
        let handler = scope.spawn(move || blocks.iter().try_for_each(|block| lines.take(&block)));
        let mut next = Some(first);
        while let Some(block) = next {
            next = (!block.is_last()).then(|| Block::read(&mut content));
            // A handler that takes no more has failed, and says why.
            if sender.send(block).is_err() {
                break;
            }
        }
        drop(sender);
        handler.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The next bytes of a text.
struct Block {
    bytes: Vec<u8>,
    /// How the text ends behind these bytes, if it does.
    end: Option<io::Result<()>>,
}

impl Block {
    fn read(content: &mut impl Read) -> Self {
        let mut bytes = Vec::with_capacity(BLOCK);
        let end = match content.take(BLOCK as u64).read_to_end(&mut bytes) {
            Ok(length) if length == BLOCK => None,
            end => Some(end.map(drop)),
        };
        Self { bytes, end }
    }

    fn is_last(&self) -> bool {
        self.end.is_some()
    }
}

/// Cuts blocks into lines.
struct Lines<F> {
    handle: F,
    /// The number of the line that comes next.
    number: u64,
    /// What the blocks before hold of that line.
    begun: Vec<u8>,
    /// True once a zero byte came: a line that holds it is refused.
    binary: bool,
}

impl<F: FnMut(u64, &[u8]) -> Result<()>> Lines<F> {
    fn take(&mut self, block: &Block) -> Result<()> {
        self.binary |= memchr(0, &block.bytes).is_some();
        let mut rest = &block.bytes[..];
        while let Some(end) = memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end + 1);
            rest = behind;
            if self.begun.is_empty() {
                self.take_line(line)?;
            } else {
                let mut begun = std::mem::take(&mut self.begun);
                begun.extend_from_slice(line);
                self.take_line(&begun)?;
            }
        }
        self.begun.extend_from_slice(rest);
        // Refused as soon as it is too long, before all of it is in memory.
        if self.begun.len() >= LINE_LIMIT || (block.is_last() && !self.begun.is_empty()) {
            let line = std::mem::take(&mut self.begun);
            self.take_line(&line)?;
        }
        match &block.end {
            Some(Err(error)) => Err(broken(error).within(&format!("after line {}", self.number - 1))),
            _ => Ok(()),
        }
    }

    fn take_line(&mut self, line: &[u8]) -> Result<()> {
        let number = self.number;
        self.number += 1;
        let text = trim(line, number);
        if number == 1 && text.first() == Some(&b'<') {
            return Err(Error::new(Code::SourceMalformed, "it is a web page, not a data file"));
        }
        if line.len() >= LINE_LIMIT || (self.binary && text.contains(&0)) {
            let message = format!("line {number} is not text of this format");
            return Err(Error::new(Code::SourceMalformed, message));
        }
        if text.is_empty() { Ok(()) } else { (self.handle)(number, text) }
    }
}

fn trim(line: &[u8], number: u64) -> &[u8] {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    line.trim_ascii()
}

/// The fields of a line between separators.
pub(super) fn fields(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr(separator, text).unwrap_or(text.len());
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
