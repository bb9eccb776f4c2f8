//! The file format of a list that is kept.
//!
//! ```text
//! magic "GEOIPLS\0" · version u32 · length of head u32 · head (JSON) · ranges of v4 · ranges of v6 · CRC-32 of all before
//! ranges: count u64 · first addresses [u32 or u128] · last addresses
//! ```
//! Numbers are little-endian.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::{Head, KeptList};
use crate::error::{Code, Error};
use crate::net::{Address, AddressRange, Addresses, RangeSet};
use crate::storage::columns::{Cell, Checksummed, FormatError, read_column, write_column};

const MAGIC: [u8; 8] = *b"GEOIPLS\0";
/// Raised with every change of the layout or meaning of the file.
const VERSION: u32 = 1;
/// A longer head is damage.
const HEAD_LIMIT: u32 = 1 << 20;

pub(super) fn write(list: &KeptList, output: impl Write) -> io::Result<()> {
    let mut output = Checksummed::new(BufWriter::new(output));
    let head = serde_json::to_vec(&list.head)?;
    output.write_all(&MAGIC)?;
    output.write_all(&VERSION.to_le_bytes())?;
    output.write_all(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    output.write_all(&head)?;
    write_ranges(&list.content.v4, &mut output)?;
    write_ranges(&list.content.v6, &mut output)?;
    output.write_checksum()?;
    output.flush()
}

pub(super) fn read(input: impl Read) -> Result<KeptList, FormatError> {
    let mut input = Checksummed::new(BufReader::new(input));
    let head = read_head(&mut input)?;
    let content = Addresses { v4: read_ranges(&mut input)?, v6: read_ranges(&mut input)? };
    input.check_checksum()?;
    input.check_end()?;
    Ok(KeptList { head, content })
}

fn read_head(input: &mut Checksummed<impl Read>) -> Result<Head, FormatError> {
    input.check_beginning(MAGIC, VERSION, "it does not begin like a list")?;
    let head = input.read_head(HEAD_LIMIT)?;
    serde_json::from_slice(&head).map_err(|_| FormatError::Corrupt("its head is not readable"))
}

fn write_ranges<A: Address + Cell>(
    set: &RangeSet<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    let column =
        |end: fn(AddressRange<A>) -> A| set.ranges().iter().map(|range| end(*range)).collect::<Vec<A>>();
    output.write_all(&(set.ranges().len() as u64).to_le_bytes())?;
    write_column(&column(AddressRange::first), output)?;
    write_column(&column(AddressRange::last), output)
}

fn read_ranges<A: Address + Cell>(input: &mut Checksummed<impl Read>) -> Result<RangeSet<A>, FormatError> {
    let count = usize::try_from(u64::from_le_bytes(input.read_array()?)).unwrap_or(usize::MAX);
    let firsts: Vec<A> = read_column(input, count)?;
    let lasts: Vec<A> = read_column(input, count)?;
    let ranges = firsts.into_iter().zip(lasts).map(|(first, last)| AddressRange::new(first, last));
    let ranges: Option<Vec<AddressRange<A>>> = ranges.collect();
    let ranges = ranges.ok_or(FormatError::Corrupt("a range ends before it begins"))?;
    let set: RangeSet<A> = ranges.iter().copied().collect();
    // Ranges that would be joined or sorted are not those that were written.
    if set.ranges() == ranges { Ok(set) } else { Err(FormatError::Corrupt("its ranges are not in order")) }
}

pub(super) fn describe(error: FormatError, path: &Path) -> Error {
    error.describe(path, Code::DatabaseCorrupt, Code::DatabaseVersion)
}
