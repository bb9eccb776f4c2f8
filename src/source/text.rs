//! Reads files as publishers ship them: text, possibly gzipped.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use memchr::memchr;

use crate::error::{Code, Error, Result};

/// The most unpacked bytes of a file. Anything larger is an attack or a mistake.
const UNPACKED_LIMIT: u64 = 256 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The unpacked content of a file, gzipped or not, up to a limit.
pub struct Unpacked<'a> {
    content: Limited<Box<dyn Read + 'a>>,
    packed_name: Option<String>,
}

impl<'a> Unpacked<'a> {
    /// Detects by the first bytes whether `file` is gzipped.
    ///
    /// # Errors
    /// `source.unreadable`, or `source.malformed` for an empty file.
    pub fn new(file: &'a mut dyn Read) -> Result<Self> {
        let mut file = BufReader::with_capacity(1 << 16, file);
        let beginning = file.fill_buf().map_err(|error| broken(&error))?;
        if beginning.is_empty() {
            return Err(Error::new(Code::SourceMalformed, "it is empty"));
        }
        if !is_gzip(beginning) {
            return Ok(Self { content: Limited::new(Box::new(file)), packed_name: None });
        }
        let members = GzipMembers::new(file);
        let packed_name = members.packed_name();
        Ok(Self { content: Limited::new(Box::new(members)), packed_name })
    }

    /// Number of unpacked bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.content.read
    }

    /// The original file name in the gzip header, if the packer stored it.
    pub fn packed_name(&self) -> Option<&str> {
        self.packed_name.as_deref()
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

/// A reader that fails beyond the most unpacked bytes.
pub(super) struct Limited<R> {
    content: R,
    read: u64,
}

impl<R> Limited<R> {
    pub(super) fn new(content: R) -> Self {
        Self { content, read: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
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

/// True if these first bytes are those of a gzipped file.
pub(super) fn is_gzip(beginning: &[u8]) -> bool {
    beginning.starts_with(&GZIP_MAGIC)
}

/// The members of a gzipped file in sequence. Checksum and length of each member are verified. Only zeros may follow
/// the last member, as padding.
struct GzipMembers<R> {
    /// The current member, or `None` after the last one.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(file: R) -> Self {
        Self { member: Some(GzDecoder::new(file)) }
    }

    /// The file name in the header of the first member.
    fn packed_name(&self) -> Option<String> {
        let name = self.member.as_ref()?.header()?.filename()?;
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let length = member.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            self.member = match member.get_mut().fill_buf()?.first() {
                None => None,
                Some(0) => {
                    only_zeros(member.get_mut())?;
                    None
                }
                Some(_) => self.member.take().map(|member| GzDecoder::new(member.into_inner())),
            };
        }
        Ok(0)
    }
}

/// Reads to the end and fails unless there are only zeros.
///
/// # Errors
/// Those of `rest`, and `InvalidData` for anything else.
pub(super) fn only_zeros(rest: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "data follows its end"));
        }
        match bytes.len() {
            0 => return Ok(()),
            length => rest.consume(length),
        }
    }
}

/// False for a line that contains a zero byte or is not UTF-8.
pub(super) fn is_text(line: &[u8]) -> bool {
    memchr(0, line).is_none() && std::str::from_utf8(line).is_ok()
}

/// The fields of a line, split at `separator`.
pub(crate) fn fields(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        // Fields are so short that a vectorised search would take longer to start than to find the end.
        let end = text.iter().position(|byte| *byte == separator).unwrap_or(text.len());
        rest = text.get(end + 1..);
        Some(&text[..end])
    })
}

/// A field without blanks and quotes around it.
pub(crate) fn unquote(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}

/// The error for a failed read of a source file. Decoders report damage as I/O errors of a few kinds.
pub(super) fn broken(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::new(Code::SourceMalformed, "it is cut off"),
        io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidData
        | io::ErrorKind::Unsupported
        | io::ErrorKind::Other => Error::new(Code::SourceMalformed, format!("it is damaged: {error}")),
        io::ErrorKind::FileTooLarge => Error::new(Code::SourceTooLarge, error.to_string()),
        _ => Error::new(Code::SourceUnreadable, format!("cannot read it: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        Unpacked::new(&mut &file[..]).unwrap().read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn members_are_read_in_sequence_and_trailing_zeros_are_ignored() {
        let two = [packed(b"one "), packed(b""), packed(b"two")].concat();
        for zeros in [0, 1, 511, 1 << 17] {
            assert_eq!(unpacked(&[&two[..], &vec![0; zeros]].concat()).unwrap(), b"one two");
        }
    }

    #[test]
    fn garbage_after_the_last_member_is_refused() {
        let whole = packed(b"one");
        for garbage in [&b"x"[..], b"\0\0x", b"\x1f", b"\x1f\x8b", b"\n"] {
            assert!(unpacked(&[&whole[..], garbage].concat()).is_err(), "{garbage:?} was taken");
        }
        let behind_zeros = [&whole[..], &[0; 9], &packed(b"two")[..]].concat();
        assert!(unpacked(&behind_zeros).is_err());
    }

    #[test]
    fn the_trailer_of_each_member_is_verified() {
        let (one, two) = (packed(b"one"), packed(b"two"));
        let file = [&one[..], &two[..]].concat();
        for place in [one.len() - 8, one.len() - 1, file.len() - 8, file.len() - 1] {
            let mut damaged = file.clone();
            damaged[place] ^= 1;
            assert!(unpacked(&damaged).is_err(), "byte {place}");
        }
        assert!(
            (2..file.len())
                .filter(|length| *length != one.len())
                .all(|length| unpacked(&file[..length]).is_err())
        );
    }
}
