//! Two columns on disk for each address family: where segments begin, and who holds them. They are cut into blocks with a
//! checksum each, and an index names the first address of each block. So a look at one address reads one block.
//!
//! ```text
//! index: first address of each block [u32 or u128]
//! blocks, each: starts [u32 or u128] · holders · CRC-32 of both
//! ```
//! Every block but the last has 1024 segments.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use super::columns::{Cell, Checksummed, FormatError, extend_column, read_column, write_column};
use crate::net::{Address, AddressRange};

/// Segments per block.
const BLOCK: usize = 1024;
/// Bytes of a checksum.
pub(crate) const CHECKSUM_SIZE: usize = 4;
pub(crate) const OUT_OF_ORDER: &str = "its segments are out of order";

/// The index of a family's blocks.
#[derive(Debug)]
pub(crate) struct Blocks<A, H> {
    /// Position of the first block in the file.
    place: u64,
    /// The first address of each block.
    begins: Vec<A>,
    /// Number of segments in all blocks.
    segments: usize,
    holder: PhantomData<H>,
}

/// An address with the segment around it and its holder.
pub(crate) type Found<A, H> = (A, AddressRange<A>, H);

/// A file that is read from its front.
pub(crate) fn buffered<R: Read>(input: R) -> Checksummed<BufReader<R>> {
    Checksummed::new(BufReader::with_capacity(1 << 16, input))
}

/// Refuses a file that does not end at `end`, the position that follows from its head.
pub(crate) fn check_end(input: &mut impl Seek, end: u64) -> Result<(), FormatError> {
    if input.seek(SeekFrom::End(0))? == end {
        Ok(())
    } else {
        Err(FormatError::Corrupt("it is not as long as its head says"))
    }
}

impl<A: Address + Cell, H: Cell + Eq> Blocks<A, H> {
    const SEGMENT_SIZE: usize = A::SIZE + H::SIZE;

    /// Reads an index. Its position in the file is set later.
    pub(crate) fn read(input: &mut Checksummed<impl Read>, segments: usize) -> Result<Self, FormatError> {
        let begins: Vec<A> = read_column(input, segments.div_ceil(BLOCK))?;
        if begins.first() != Some(&A::MIN) || !begins.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::Corrupt("its index is out of order"));
        }
        Ok(Self { place: 0, begins, segments, holder: PhantomData })
    }

    /// The same, with its blocks at this position of the file. Returns the position behind the last of them, too.
    pub(crate) fn at(self, place: u64) -> (Self, u64) {
        let end = place.saturating_add(Self::size(self.segments));
        (Self { place, ..self }, end)
    }

    /// Bytes of the index and the blocks of so many segments.
    pub(crate) fn stored_size(segments: usize) -> u64 {
        let index = segments.div_ceil(BLOCK).saturating_mul(A::SIZE);
        Self::size(segments).saturating_add(index as u64)
    }

    /// Bytes that so many segments take in blocks, checksums included.
    fn size(segments: usize) -> u64 {
        let checksums = segments.div_ceil(BLOCK).saturating_mul(CHECKSUM_SIZE);
        segments.saturating_mul(Self::SEGMENT_SIZE).saturating_add(checksums) as u64
    }

    /// Number of segments in a block.
    fn length(&self, block: usize) -> usize {
        (self.segments - block * BLOCK).min(BLOCK)
    }

    /// Reads all blocks into columns. `is_known` tells whether there is such a holder.
    pub(crate) fn read_all(
        &self,
        input: impl Read + Seek,
        is_known: impl Fn(H) -> bool,
    ) -> Result<(Vec<A>, Vec<H>), FormatError> {
        let mut input = self.first_block(input)?;
        let (mut starts, mut holders) =
            (Vec::with_capacity(self.segments), Vec::with_capacity(self.segments));
        for block in 0..self.begins.len() {
            self.read_block(block, &mut input, &is_known, (&mut starts, &mut holders))?;
        }
        Ok((starts, holders))
    }

    /// Reads all blocks, one at a time, and calls `take` with each segment and its holder.
    pub(crate) fn for_each(
        &self,
        input: impl Read + Seek,
        is_known: impl Fn(H) -> bool,
        mut take: impl FnMut(AddressRange<A>, H),
    ) -> Result<(), FormatError> {
        let mut input = self.first_block(input)?;
        let (mut starts, mut holders) = (Vec::new(), Vec::new());
        for block in 0..self.begins.len() {
            // Keep the last segment: the first one of the next block is checked against it.
            let passed = starts.len().saturating_sub(1);
            starts.drain(..passed);
            holders.drain(..passed);
            let first = starts.len();
            self.read_block(block, &mut input, &is_known, (&mut starts, &mut holders))?;
            let behind = self.begins.get(block + 1).copied();
            for (range, holder) in segments(&starts[first..], &holders[first..], behind) {
                take(range, holder);
            }
        }
        Ok(())
    }

    /// Reads only the blocks that cover `addresses`, given in ascending order.
    pub(crate) fn locate(
        &self,
        input: &mut (impl Read + Seek),
        is_known: impl Fn(H) -> bool,
        addresses: &[A],
    ) -> Result<Vec<Found<A, H>>, FormatError> {
        let block_of = |address: &A| self.begins.partition_point(|begin| begin <= address).saturating_sub(1);
        let mut found = Vec::with_capacity(addresses.len());
        let (mut bytes, mut starts, mut holders) = (Vec::new(), Vec::new(), Vec::new());
        for in_one_block in addresses.chunk_by(|a, b| block_of(a) == block_of(b)) {
            let block = block_of(&in_one_block[0]);
            bytes.resize(self.length(block) * Self::SEGMENT_SIZE + CHECKSUM_SIZE, 0);
            input.seek(SeekFrom::Start(self.place + Self::size(block * BLOCK)))?;
            input.read_exact(&mut bytes)?;
            starts.clear();
            holders.clear();
            let mut block_input = Checksummed::new(&bytes[..]);
            self.read_block(block, &mut block_input, &is_known, (&mut starts, &mut holders))?;
            let behind = self.begins.get(block + 1).copied();
            found.extend(in_one_block.iter().map(|address| {
                let (range, holder) = segment_of(*address, &starts, &holders, behind);
                (*address, range, holder)
            }));
        }
        Ok(found)
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
        is_known: impl Fn(H) -> bool,
        (starts, holders): (&mut Vec<A>, &mut Vec<H>),
    ) -> Result<(), FormatError> {
        let (before, length) = (starts.len(), self.length(block));
        extend_column(starts, input, length)?;
        extend_column(holders, input, length)?;
        input.check_checksum()?;
        if !holders[before..].iter().all(|holder| is_known(*holder)) {
            return Err(FormatError::Corrupt("a segment has an unknown holder"));
        }
        let next = self.begins.get(block + 1);
        let is_in_place = starts.get(before) == self.begins.get(block)
            && next.is_none_or(|next| starts.last().is_some_and(|last| last < next));
        let neighbour = before.saturating_sub(1);
        let (starts, holders) = (&starts[neighbour..], &holders[neighbour..]);
        if is_in_place && starts.is_sorted_by(|a, b| a < b) && holders.is_sorted_by(|a, b| a != b) {
            Ok(())
        } else {
            Err(FormatError::Corrupt(OUT_OF_ORDER))
        }
    }
}

/// Writes the index of segments that begin at `starts`.
pub(crate) fn write_index<A: Address + Cell>(
    starts: &[A],
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    let begins: Vec<A> = starts.iter().copied().step_by(BLOCK).collect();
    write_column(&begins, output)
}

/// Writes the blocks of segments.
pub(crate) fn write_blocks<A: Address + Cell, H: Cell>(
    starts: &[A],
    holders: &[H],
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    for (starts, holders) in starts.chunks(BLOCK).zip(holders.chunks(BLOCK)) {
        write_column(starts, output)?;
        write_column(holders, output)?;
        output.write_checksum()?;
    }
    Ok(())
}

/// The segments of a run of columns, each with its holder. `behind` is the first address of the segment after the run, if
/// there is one.
pub(crate) fn segments<A: Address, H: Copy>(
    starts: &[A],
    holders: &[H],
    behind: Option<A>,
) -> impl Iterator<Item = (AddressRange<A>, H)> {
    (0..starts.len()).map(move |index| segment(index, starts, holders, behind))
}

/// As [`segments`], only the segment around `address`, which must not be below the first segment.
pub(crate) fn segment_of<A: Address, H: Copy>(
    address: A,
    starts: &[A],
    holders: &[H],
    behind: Option<A>,
) -> (AddressRange<A>, H) {
    let index = starts.partition_point(|start| *start <= address).saturating_sub(1);
    segment(index, starts, holders, behind)
}

fn segment<A: Address, H: Copy>(
    index: usize,
    starts: &[A],
    holders: &[H],
    behind: Option<A>,
) -> (AddressRange<A>, H) {
    let next = starts.get(index + 1).copied().or(behind);
    let last = next.and_then(Address::predecessor).unwrap_or(A::MAX);
    (AddressRange::new(starts[index], last).unwrap_or(AddressRange::ALL), holders[index])
}
