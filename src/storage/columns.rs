//! Helpers for our binary files: columns of little-endian numbers, covered by CRC-32 checksums.

use std::io::{self, Read, Write};
use std::path::Path;

use crc32fast::Hasher;

use crate::error::{Code, Error};

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum FormatError {
    /// Reading failed, or the file ends early.
    Io(io::Error),
    /// The content is inconsistent.
    Corrupt(&'static str),
    /// The file was written by another version of the helper.
    Version(u32),
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl FormatError {
    /// The error to report. `corrupt` and `version` are the codes for this kind of file.
    pub(crate) fn describe(self, path: &Path, corrupt: Code, version: Code) -> Error {
        let path = path.display();
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Error::new(corrupt, format!("{path} is cut off"))
            }
            Self::Io(error) => Error::new(Code::StateIo, format!("cannot read {path}: {error}")),
            Self::Corrupt(what) => Error::new(corrupt, format!("{path} is damaged: {what}")),
            Self::Version(number) => Error::new(
                version,
                format!("{path} has format {number}, which belongs to another version of the helper"),
            ),
        }
    }
}

/// Bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A number that can be stored in a column.
pub(crate) trait Cell: Copy {
    const SIZE: usize;
    fn put(self, cell: &mut [u8]);
    fn get(cell: &[u8]) -> Self;
}

macro_rules! impl_cell {
    ($($number:ty),*) => {$(
        impl Cell for $number {
            const SIZE: usize = size_of::<Self>();

            fn put(self, cell: &mut [u8]) {
                cell.copy_from_slice(&self.to_le_bytes());
            }

            fn get(cell: &[u8]) -> Self {
                cell.try_into().map(Self::from_le_bytes).unwrap_or_default()
            }
        }
    )*};
}

impl_cell!(u8, u16, u32, u64, u128);

/// Cells that are converted at once.
const CHUNK: usize = 4096;

/// Writes the values of a column.
pub(crate) fn write_column<C: Cell>(column: &[C], output: &mut Checksummed<impl Write>) -> io::Result<()> {
    let mut bytes = vec![0; CHUNK.min(column.len()) * C::SIZE];
    for chunk in column.chunks(CHUNK) {
        let bytes = &mut bytes[..chunk.len() * C::SIZE];
        for (value, cell) in chunk.iter().zip(bytes.chunks_exact_mut(C::SIZE)) {
            value.put(cell);
        }
        output.write_all(bytes)?;
    }
    Ok(())
}

/// Reads a column of `length` values.
pub(crate) fn read_column<C: Cell>(input: &mut Checksummed<impl Read>, length: usize) -> io::Result<Vec<C>> {
    // The vector grows with the data that is really there, so a damaged length cannot exhaust the memory.
    let mut column = Vec::with_capacity(length.min(1 << 20));
    extend_column(&mut column, input, length)?;
    Ok(column)
}

/// Appends `length` values to a column.
pub(crate) fn extend_column<C: Cell>(
    column: &mut Vec<C>,
    input: &mut Checksummed<impl Read>,
    length: usize,
) -> io::Result<()> {
    let mut bytes = vec![0; CHUNK.min(length) * C::SIZE];
    let mut missing = length;
    while missing > 0 {
        let cells = CHUNK.min(missing);
        let bytes = &mut bytes[..cells * C::SIZE];
        input.read_exact(bytes)?;
        column.extend(bytes.chunks_exact(C::SIZE).map(C::get));
        missing -= cells;
    }
    Ok(())
}

/// A stream that computes the CRC-32 of everything since the last checksum.
pub(crate) struct Checksummed<S> {
    inner: S,
    hasher: Hasher,
}

impl<S> Checksummed<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, hasher: Hasher::new() }
    }

    pub(crate) fn into_inner(self) -> S {
        self.inner
    }

    fn take_checksum(&mut self) -> [u8; 4] {
        std::mem::take(&mut self.hasher).finalize().to_le_bytes()
    }
}

impl<S: Write> Checksummed<S> {
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.inner.write_all(bytes)
    }

    pub(crate) fn write_checksum(&mut self) -> io::Result<()> {
        let checksum = self.take_checksum();
        self.inner.write_all(&checksum)
    }
}

impl<S: Read> Checksummed<S> {
    pub(crate) fn read_exact(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_exact(bytes)?;
        self.hasher.update(bytes);
        Ok(())
    }

    pub(crate) fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Checks that the file begins with `magic` and is of this version; `not_ours` says that it does not.
    pub(crate) fn check_beginning(
        &mut self,
        magic: [u8; 8],
        version: u32,
        not_ours: &'static str,
    ) -> Result<(), FormatError> {
        if self.read_array()? != magic {
            return Err(FormatError::Corrupt(not_ours));
        }
        match u32::from_le_bytes(self.read_array()?) {
            found if found == version => Ok(()),
            found => Err(FormatError::Version(found)),
        }
    }

    /// Reads a head that has its length before it.
    pub(crate) fn read_head(&mut self, limit: u32) -> Result<Vec<u8>, FormatError> {
        let length = u32::from_le_bytes(self.read_array()?);
        if length > limit {
            return Err(FormatError::Corrupt("its head is too long"));
        }
        let mut head = vec![0; length as usize];
        self.read_exact(&mut head)?;
        Ok(head)
    }

    pub(crate) fn check_checksum(&mut self) -> Result<(), FormatError> {
        let expected = self.take_checksum();
        let mut found = [0; 4];
        self.inner.read_exact(&mut found)?;
        if found == expected { Ok(()) } else { Err(FormatError::Corrupt("its checksum does not match")) }
    }

    pub(crate) fn check_end(&mut self) -> Result<(), FormatError> {
        match self.inner.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(FormatError::Corrupt("data follows its end")),
        }
    }
}
