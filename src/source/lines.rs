//! Reads the lines of a text in parallel: several threads parse, and the results are delivered in order.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::text::broken;
use crate::error::{Code, Error, Result};

/// The most bytes of a line, including its line end. No source has longer ones.
const LINE_LIMIT: usize = 4096;
/// A file that was not written completely can contain runs of zeros. A single zero is an error within one row.
const HOLE: &[u8] = b"\0\0";
/// Bytes that are read before a block is handed to a parser.
const BLOCK: usize = 1 << 18;
/// Blocks that may wait before each parser, and after it.
const BLOCKS_AHEAD: usize = 2;
/// Number of parsers. Parsing takes about twice as long as unpacking.
const PARSERS: usize = 2;

/// Calls `parse` with the bytes of each line that is not empty. Then calls `take` with the line number, from 1, and the
/// result of `parse`, in the order of the lines. A byte order mark and either kind of line end are ignored.
///
/// This thread unpacks. A text longer than one block is parsed by several threads in turns, and another thread calls
/// `take`.
///
/// # Errors
/// `source.malformed` for content that is damaged, truncated, binary or a web page; `source.too_large`; and the errors
/// of `take`.
pub fn for_each_line<T: Send>(
    mut content: impl Read,
    parse: impl Fn(&[u8]) -> T + Sync,
    take: impl FnMut(u64, T) -> Result<()> + Send,
) -> Result<()> {
    let mut blocks = Blocks { content: &mut content, begun: Vec::new(), ended: false };
    let first = blocks.next().map(Block::without_byte_order_mark);
    if first.as_ref().is_some_and(Block::is_web_page) {
        return Err(Error::new(Code::SourceMalformed, "it is a web page, not a data file"));
    }
    let mut taker = Taker { take, lines: 0 };
    if blocks.ended {
        return first.map_or(Ok(()), |only| taker.take(only.parse(&parse)));
    }
    let mut blocks = first.into_iter().chain(blocks);
    side_by_side(&mut blocks, &|block| block.parse(&parse), &mut |parsed| taker.take(parsed))
}

/// Parses blocks in several threads. One more thread takes the results in order.
fn side_by_side<T: Send>(
    blocks: &mut dyn Iterator<Item = Block>,
    parse: &(dyn Fn(Block) -> Parsed<T> + Sync),
    take: &mut (dyn FnMut(Parsed<T>) -> Result<()> + Send),
) -> Result<()> {
    thread::scope(|scope| {
        let parsers = (0..PARSERS).map(|_| {
            let (to_parse, blocks) = mpsc::sync_channel(BLOCKS_AHEAD);
            let (to_take, parsed) = mpsc::sync_channel(BLOCKS_AHEAD);
            // If sending fails, the taker has stopped with an error, which it returns itself.
            scope.spawn(move || blocks.iter().try_for_each(|block| to_take.send(parse(block))));
            (to_parse, parsed)
        });
        let (to_parse, parsed): (Vec<_>, Vec<_>) = parsers.unzip();
        let taker = scope
            .spawn(move || parsed.iter().cycle().map_while(|parser| parser.recv().ok()).try_for_each(take));
        for (block, parser) in blocks.zip(to_parse.iter().cycle()) {
            if parser.send(block).is_err() {
                break;
            }
        }
        drop(to_parse);
        taker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Splits a text into blocks of complete lines.
struct Blocks<'a> {
    content: &'a mut dyn Read,
    /// The beginning of the next line, already read.
    begun: Vec<u8>,
    ended: bool,
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if self.ended {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.begun.len() + BLOCK);
        bytes.append(&mut self.begun);
        let end = match (&mut self.content).take(BLOCK as u64).read_to_end(&mut bytes) {
            Ok(length) if length == BLOCK => None,
            end => Some(end.map(drop)),
        };
        self.ended = end.is_some();
        // A block without a line end is handed on as it is; it will be refused for its length.
        if let (None, Some(last)) = (&end, memrchr(b'\n', &bytes)) {
            self.begun = bytes.split_off(last + 1);
        }
        Some(Block { bytes, end })
    }
}

/// Some complete lines of a text.
struct Block {
    bytes: Vec<u8>,
    /// How the text ended, if it ends after these lines.
    end: Option<io::Result<()>>,
}

impl Block {
    fn without_byte_order_mark(mut self) -> Self {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            self.bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self
    }

    fn is_web_page(&self) -> bool {
        self.bytes.trim_ascii_start().starts_with(b"<")
    }

    fn parse<T>(self, parse: impl Fn(&[u8]) -> T) -> Parsed<T> {
        let Self { bytes, end } = self;
        let has_zeros = memchr(0, &bytes).is_some();
        let mut parsed = Parsed { lines: Vec::new(), count: 0, is_text: true, end };
        let mut start = 0;
        let line_ends = memchr_iter(b'\n', &bytes).map(|end| end + 1);
        let rest = Some(bytes.len()).filter(|_| bytes.last().is_some_and(|last| *last != b'\n'));
        for end in line_ends.chain(rest) {
            let line = &bytes[start..end];
            start = end;
            parsed.count += 1;
            if line.len() >= LINE_LIMIT || (has_zeros && memmem::find(line, HOLE).is_some()) {
                parsed.is_text = false;
                break;
            }
            let text = line.trim_ascii();
            if !text.is_empty() {
                parsed.lines.push((parsed.count, parse(text)));
            }
        }
        parsed
    }
}

/// The parsed lines of a block.
struct Parsed<T> {
    /// Each line number within the block, from 1, with its result.
    lines: Vec<(u64, T)>,
    /// Number of lines, including empty ones.
    count: u64,
    /// False if the last line is too long or contains a run of zeros.
    is_text: bool,
    end: Option<io::Result<()>>,
}

/// Delivers the parsed blocks.
struct Taker<F> {
    take: F,
    /// Number of lines in the earlier blocks.
    lines: u64,
}

impl<F> Taker<F> {
    fn take<T>(&mut self, block: Parsed<T>) -> Result<()>
    where
        F: FnMut(u64, T) -> Result<()>,
    {
        for (number, parsed) in block.lines {
            (self.take)(self.lines + number, parsed)?;
        }
        self.lines += block.count;
        let number = self.lines;
        if !block.is_text {
            let message = format!("line {number} is not text of this format");
            return Err(Error::new(Code::SourceMalformed, message));
        }
        match block.end {
            Some(Err(error)) => Err(broken(&error).within(&format!("after line {number}"))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &[u8]) -> Result<Vec<(u64, String)>> {
        let mut lines = Vec::new();
        let parse = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        for_each_line(text, parse, |number, line| {
            lines.push((number, line));
            Ok(())
        })?;
        Ok(lines)
    }

    /// Lines of all lengths up to the limit, every seventh empty, so that blocks end at any point of a line.
    fn long_text() -> Vec<String> {
        let lengths = (0..9 * BLOCK / LINE_LIMIT).map(|number| number * 131 % (LINE_LIMIT - 1));
        let lines = lengths.enumerate().map(|(number, length)| match number % 7 {
            0 => String::new(),
            _ => format!("{number:0>length$}"),
        });
        lines.collect()
    }

    #[test]
    fn lines_stay_complete_and_in_order_wherever_blocks_end() {
        let lines = long_text();
        let expected: Vec<(u64, String)> =
            (1..).zip(lines.iter().cloned()).filter(|(_, line)| !line.is_empty()).collect();
        for (line_end, last) in [("\n", ""), ("\n", "\n"), ("\r\n", "\r\n")] {
            let text = lines.join(line_end) + last;
            assert!(text.len() > 3 * BLOCK);
            assert!(lines_of(text.as_bytes()).unwrap() == expected, "{line_end:?} {last:?}");
        }
    }

    #[test]
    fn the_number_of_an_invalid_line_is_in_the_error() {
        let mut lines = long_text();
        let number = lines.len() - 3;
        for bad in ["x".repeat(LINE_LIMIT), "a\0\0b".into()] {
            lines[number - 1] = bad;
            let error = lines_of(lines.join("\n").as_bytes()).unwrap_err();
            assert_eq!(error.code(), Code::SourceMalformed);
            assert_eq!(error.message(), format!("line {number} is not text of this format"));
        }
        assert!(lines_of(&vec![b'x'; 3 * BLOCK]).is_err());
    }

    #[test]
    fn an_invalid_byte_affects_only_its_own_line() {
        let lines = lines_of(b"one\nt\0wo\nthr\xffee\nfour").unwrap();
        assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn an_error_of_the_taker_ends_the_reading() {
        let text = long_text().join("\n");
        let refuse = |number, (): ()| Err(Error::new(Code::SourceMalformed, format!("stopped at {number}")));
        let error = for_each_line(text.as_bytes(), |_| (), refuse).unwrap_err();
        assert_eq!(error.message(), "stopped at 2");
    }
}
