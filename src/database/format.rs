//! The file format of a compiled database.
//!
//! ```text
//! magic "GEOIPDB\0" · version u32 · head length u32 · head (JSON) · CRC-32 of all before
//! index: first address of each v4 block [u32] · first address of each v6 block [u128] · CRC-32 of both
//! v4 blocks · v6 blocks, each: starts [u32 or u128] · country set ids [u16] · CRC-32 of both
//! ```
//! Numbers are little-endian. The head holds the metadata, the table of country sets and the number of segments. Every
//! block but the last of a family has 1024 segments. So a lookup of one address reads the head, the index and one
//! block, and everything that is read is covered by a checksum.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::segments::{segment_of, segments};
use super::{CountrySetId, CountrySetTable, Database, Located, Metadata, Segments};
use crate::country::CountryCode;
use crate::net::{Address, RangeSet};
use crate::storage::columns::{Cell, Checksummed, FormatError, extend_column, read_column, write_column};

const MAGIC: [u8; 8] = *b"GEOIPDB\0";
/// Raised with every change of the layout or of the meaning of a column.
const VERSION: u32 = 4;
/// The most bytes of a head. A real one has some 50 kB; anything beyond this is damage.
const HEAD_LIMIT: u32 = 16 << 20;
/// Segments per block.
const BLOCK: usize = 1024;
const CHECKSUM_SIZE: usize = 4;
const OUT_OF_ORDER: &str = "its segments are out of order";

/// The head as it is stored.
#[derive(Serialize, Deserialize)]
struct Head {
    metadata: Metadata,
    country_sets: Vec<Vec<CountryCode>>,
    segments_v4: usize,
    segments_v6: usize,
}

/// Writes `database` to `output`.
pub(super) fn write(database: &Database, output: impl Write) -> io::Result<()> {
    let mut output = Checksummed::new(BufWriter::with_capacity(1 << 16, output));
    let head = serde_json::to_vec(&Head {
        metadata: database.metadata.clone(),
        country_sets: database.country_sets.combinations().to_vec(),
        segments_v4: database.v4.starts().len(),
        segments_v6: database.v6.starts().len(),
    })?;
    output.write_all(&MAGIC)?;
    output.write_all(&VERSION.to_le_bytes())?;
    let length = u32::try_from(head.len()).ok().filter(|length| *length <= HEAD_LIMIT);
    let length =
        length.ok_or_else(|| io::Error::other("its rows overlap in too many different combinations"))?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&head)?;
    output.write_checksum()?;
    write_column(&index_of(&database.v4), &mut output)?;
    write_column(&index_of(&database.v6), &mut output)?;
    output.write_checksum()?;
    write_blocks(&database.v4, &mut output)?;
    write_blocks(&database.v6, &mut output)?;
    output.flush()
}

fn buffered<R: Read>(input: R) -> Checksummed<BufReader<R>> {
    Checksummed::new(BufReader::with_capacity(1 << 16, input))
}

/// Reads and checks the head, and checks that the file is as long as the head says.
///
/// One small read thus finds a truncated file or a damaged head. Damage within the blocks is found when they are read.
pub(super) fn read_metadata(mut input: impl Read + Seek) -> Result<Metadata, FormatError> {
    let head = read_head(&mut Checksummed::new(&mut input))?;
    let begin = input.stream_position()?;
    let sizes = [stored_size::<u32>(head.segments_v4), stored_size::<u128>(head.segments_v6)];
    let end = sizes.into_iter().fold(begin + CHECKSUM_SIZE as u64, u64::saturating_add);
    check_end(&mut input, end).map(|()| head.metadata)
}

/// Refuses a file that does not end at `end`, the position that follows from its head.
fn check_end(input: &mut impl Seek, end: u64) -> Result<(), FormatError> {
    if input.seek(SeekFrom::End(0))? == end {
        Ok(())
    } else {
        Err(FormatError::Corrupt("it is not as long as its head says"))
    }
}

/// Bytes of a family's index and blocks.
fn stored_size<A: Address + Cell>(segments: usize) -> u64 {
    let index = segments.div_ceil(BLOCK).saturating_mul(A::SIZE);
    Index::<A>::size(segments).saturating_add(index as u64)
}

fn read_head(input: &mut Checksummed<impl Read>) -> Result<Head, FormatError> {
    input.check_beginning(MAGIC, VERSION, "it does not begin like a database")?;
    let head = input.read_head(HEAD_LIMIT)?;
    input.check_checksum()?;
    serde_json::from_slice(&head).map_err(|_| FormatError::Corrupt("its head is not valid"))
}

impl Cell for CountrySetId {
    const SIZE: usize = u16::SIZE;

    fn put(self, cell: &mut [u8]) {
        self.0.put(cell);
    }

    fn get(cell: &[u8]) -> Self {
        Self(u16::get(cell))
    }
}

/// Everything before the blocks.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) metadata: Metadata,
    pub(super) country_sets: CountrySetTable,
    pub(super) v4: Index<u32>,
    pub(super) v6: Index<u128>,
}

impl Opening {
    /// Reads and checks it, and checks that the file is as long as the head says.
    pub(super) fn read(mut input: impl Read + Seek) -> Result<Self, FormatError> {
        let mut opening = buffered(&mut input);
        let head = read_head(&mut opening)?;
        let mut country_sets = CountrySetTable::default();
        for combination in &head.country_sets {
            if !combination.is_sorted_by(|a, b| a < b) {
                return Err(FormatError::Corrupt("the countries of a set are out of order"));
            }
            country_sets.intern(combination).map_err(|_| FormatError::Corrupt("too many country sets"))?;
        }
        if country_sets.combinations() != head.country_sets {
            return Err(FormatError::Corrupt("a country set occurs twice"));
        }
        let mut v4 = Index::read(&mut opening, head.segments_v4)?;
        let mut v6 = Index::read(&mut opening, head.segments_v6)?;
        opening.check_checksum()?;
        v4.place = opening.into_inner().stream_position()?;
        v6.place = v4.end();
        check_end(&mut input, v6.end())?;
        Ok(Self { metadata: head.metadata, country_sets, v4, v6 })
    }
}

/// The index of a family's blocks.
#[derive(Debug)]
pub(super) struct Index<A> {
    /// Position of the first block in the file.
    place: u64,
    /// The first address of each block.
    begins: Vec<A>,
    /// Number of segments in all blocks.
    segments: usize,
}

impl<A: Address + Cell> Index<A> {
    const SEGMENT_SIZE: usize = A::SIZE + CountrySetId::SIZE;

    /// Reads an index. Its position in the file is set later.
    fn read(input: &mut Checksummed<impl Read>, segments: usize) -> Result<Self, FormatError> {
        let begins: Vec<A> = read_column(input, segments.div_ceil(BLOCK))?;
        if begins.first() != Some(&A::MIN) || !begins.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::Corrupt("its index is out of order"));
        }
        Ok(Self { place: 0, begins, segments })
    }

    /// Number of segments in a block.
    fn length(&self, block: usize) -> usize {
        (self.segments - block * BLOCK).min(BLOCK)
    }

    /// Bytes that so many segments take in blocks, checksums included.
    fn size(segments: usize) -> u64 {
        let checksums = segments.div_ceil(BLOCK).saturating_mul(CHECKSUM_SIZE);
        segments.saturating_mul(Self::SEGMENT_SIZE).saturating_add(checksums) as u64
    }

    /// Position in the file after the last block.
    fn end(&self) -> u64 {
        self.place.saturating_add(Self::size(self.segments))
    }

    /// Reads all blocks.
    pub(super) fn read_all(
        &self,
        input: impl Read + Seek,
        country_sets: &CountrySetTable,
    ) -> Result<Segments<A>, FormatError> {
        let mut input = self.first_block(input)?;
        let (mut starts, mut ids) = (Vec::with_capacity(self.segments), Vec::with_capacity(self.segments));
        for block in 0..self.begins.len() {
            self.read_block(block, &mut input, country_sets, (&mut starts, &mut ids))?;
        }
        Segments::from_columns(starts, ids).ok_or(FormatError::Corrupt(OUT_OF_ORDER))
    }

    /// Reads all blocks, one at a time. Returns the addresses of the country sets that are marked.
    pub(super) fn select(
        &self,
        input: impl Read + Seek,
        country_sets: &CountrySetTable,
        is_marked: &[bool],
    ) -> Result<RangeSet<A>, FormatError> {
        let mut input = self.first_block(input)?;
        let (mut starts, mut ids) = (Vec::new(), Vec::new());
        let mut selected = RangeSet::default();
        for block in 0..self.begins.len() {
            // Keep the last segment: the first one of the next block is checked against it.
            let passed = starts.len().saturating_sub(1);
            starts.drain(..passed);
            ids.drain(..passed);
            let first = starts.len();
            self.read_block(block, &mut input, country_sets, (&mut starts, &mut ids))?;
            let behind = self.begins.get(block + 1).copied();
            let segments = segments(&starts[first..], &ids[first..], behind);
            let marked = segments.filter(|segment| is_marked[segment.country_set.index()]);
            selected.extend(marked.map(|segment| segment.range));
        }
        Ok(selected)
    }

    /// Reads only the blocks that cover `addresses`, given in ascending order.
    pub(super) fn locate(
        &self,
        input: &mut (impl Read + Seek),
        country_sets: &CountrySetTable,
        addresses: &[A],
    ) -> Result<Located<A>, FormatError> {
        let block_of = |address: &A| self.begins.partition_point(|begin| begin <= address).saturating_sub(1);
        let mut located = Located::with_capacity(addresses.len());
        let (mut bytes, mut starts, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for in_one_block in addresses.chunk_by(|a, b| block_of(a) == block_of(b)) {
            let block = block_of(&in_one_block[0]);
            bytes.resize(self.length(block) * Self::SEGMENT_SIZE + CHECKSUM_SIZE, 0);
            input.seek(SeekFrom::Start(self.place + Self::size(block * BLOCK)))?;
            input.read_exact(&mut bytes)?;
            starts.clear();
            ids.clear();
            let mut block_input = Checksummed::new(&bytes[..]);
            self.read_block(block, &mut block_input, country_sets, (&mut starts, &mut ids))?;
            let behind = self.begins.get(block + 1).copied();
            located.extend(
                in_one_block.iter().map(|address| (*address, segment_of(*address, &starts, &ids, behind))),
            );
        }
        Ok(located)
    }

    fn first_block<R: Read + Seek>(&self, mut input: R) -> io::Result<Checksummed<BufReader<R>>> {
        input.seek(SeekFrom::Start(self.place))?;
        Ok(buffered(input))
    }

    /// Appends a block to the columns and checks it, also against the segment before it.
    fn read_block(
        &self,
        block: usize,
        input: &mut Checksummed<impl Read>,
        country_sets: &CountrySetTable,
        (starts, ids): (&mut Vec<A>, &mut Vec<CountrySetId>),
    ) -> Result<(), FormatError> {
        let (before, length) = (starts.len(), self.length(block));
        extend_column(starts, input, length)?;
        extend_column(ids, input, length)?;
        input.check_checksum()?;
        if ids[before..].iter().any(|id| id.index() >= country_sets.combinations().len()) {
            return Err(FormatError::Corrupt("a segment has an unknown country set"));
        }
        let next = self.begins.get(block + 1);
        let is_in_place = starts.get(before) == self.begins.get(block)
            && next.is_none_or(|next| starts.last().is_some_and(|last| last < next));
        let neighbour = before.saturating_sub(1);
        let (starts, ids) = (&starts[neighbour..], &ids[neighbour..]);
        if is_in_place && starts.is_sorted_by(|a, b| a < b) && ids.is_sorted_by(|a, b| a != b) {
            Ok(())
        } else {
            Err(FormatError::Corrupt(OUT_OF_ORDER))
        }
    }
}

fn index_of<A: Address>(segments: &Segments<A>) -> Vec<A> {
    segments.starts().iter().copied().step_by(BLOCK).collect()
}

fn write_blocks<A: Address + Cell>(
    segments: &Segments<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    for (starts, country_sets) in segments.starts().chunks(BLOCK).zip(segments.country_sets().chunks(BLOCK)) {
        write_column(starts, output)?;
        write_column(country_sets, output)?;
        output.write_checksum()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::DatabaseBuilder;
    use crate::dataset::SourceId;
    use crate::error::{Code, Result};
    use crate::net::AddressRange;

    /// A database with two neighbouring countries, written with these changes and read back.
    fn written_and_read(country_sets: Option<&str>, ids: Option<[u16; 4]>) -> Result<Database> {
        let mut builder = DatabaseBuilder::default();
        for (first, country) in [(0x0100_0000, "CN"), (0x0100_0100, "DE")] {
            builder
                .push_v4(AddressRange::new(first, first + 0xff).unwrap(), country.parse().unwrap())
                .unwrap();
        }
        let metadata = Metadata::new(SourceId::Dbip, "2026-06-01T00:00:00Z".into(), Vec::new());
        let mut database = builder.finish(metadata).unwrap();
        if let Some(ids) = ids {
            let starts = database.v4.starts().to_vec();
            database.v4 = Segments::unchecked(starts, ids.map(CountrySetId).to_vec());
        }
        let mut file = Vec::new();
        write(&database, &mut file).unwrap();
        if let Some(country_sets) = country_sets {
            let length = usize::try_from(u32::from_le_bytes(file[12..16].try_into().unwrap())).unwrap();
            let head = String::from_utf8(file[16..16 + length].to_vec()).unwrap();
            let head = head.replace(r#"[[],["CN"],["DE"]]"#, country_sets);
            let mut changed = Vec::new();
            let mut output = Checksummed::new(&mut changed);
            output.write_all(&file[..12]).unwrap();
            output.write_all(&u32::try_from(head.len()).unwrap().to_le_bytes()).unwrap();
            output.write_all(head.as_bytes()).unwrap();
            output.write_checksum().unwrap();
            changed.extend_from_slice(&file[16 + length + CHECKSUM_SIZE..]);
            file = changed;
        }
        Database::read(&file[..])
    }

    #[test]
    fn country_sets_out_of_order_are_refused() {
        assert!(written_and_read(None, None).is_ok());
        assert!(written_and_read(Some(r#"[[],["CN"],["DE","FR"]]"#), None).is_ok());
        for bad in [r#"[[],["CN"],["FR","DE"]]"#, r#"[[],["CN"],["DE","DE"]]"#, r#"[["CN"],[],["DE"]]"#] {
            assert_eq!(written_and_read(Some(bad), None).unwrap_err().code(), Code::DatabaseCorrupt, "{bad}");
        }
    }

    #[test]
    fn neighbouring_segments_with_the_same_countries_are_refused() {
        assert!(written_and_read(None, Some([0, 2, 1, 0])).is_ok());
        let refused = written_and_read(None, Some([0, 1, 1, 0])).unwrap_err();
        assert_eq!(refused.code(), Code::DatabaseCorrupt);
    }
}
