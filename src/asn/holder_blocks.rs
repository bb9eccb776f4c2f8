//! All networks on disk, in blocks with a checksum each. An index names the first number of each block, so that the name of one
//! network is read without the others.
//!
//! ```text
//! index: first number of each block [u32] · bytes of the names in each block [u32]
//! blocks, each: numbers [u32] · IPv4 addresses [u64] · IPv6 networks [u64] · bytes of each name [u32] · names · CRC-32
//! ```
//! Every block but the last has 1024 networks.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{AsNumber, Holders, NamedNetwork};
use crate::storage::blocks::{CHECKSUM_SIZE, buffered};
use crate::storage::columns::{Cell, Checksummed, FormatError, extend_column, read_column, write_column};

/// Networks per block.
const BLOCK: usize = 1024;
/// Bytes of a network beside its name.
const NETWORK_SIZE: usize = 2 * u32::SIZE + 2 * u64::SIZE;

/// The index of the blocks.
#[derive(Debug)]
pub(super) struct HolderBlocks {
    /// Position of the first block in the file.
    place: u64,
    /// The first number of each block.
    begins: Vec<u32>,
    /// Bytes of the names in each block.
    name_bytes: Vec<u32>,
    /// Number of networks in all blocks.
    networks: usize,
}

impl HolderBlocks {
    /// Reads an index. Its position in the file is set later.
    pub(super) fn read(input: &mut Checksummed<impl Read>, networks: usize) -> Result<Self, FormatError> {
        let blocks = networks.div_ceil(BLOCK);
        let begins: Vec<u32> = read_column(input, blocks)?;
        if !begins.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::Corrupt(OUT_OF_ORDER));
        }
        Ok(Self { place: 0, begins, name_bytes: read_column(input, blocks)?, networks })
    }

    /// The same, with its blocks at this position of the file. Returns the position behind the last of them, too.
    pub(super) fn at(self, place: u64) -> (Self, u64) {
        let end = place.saturating_add(self.size(self.begins.len()));
        (Self { place, ..self }, end)
    }

    /// Bytes of the index and the blocks of so many networks, of which the names have so many bytes.
    pub(super) fn stored_size(networks: usize, name_bytes: usize) -> u64 {
        let blocks = networks.div_ceil(BLOCK).saturating_mul(2 * u32::SIZE + CHECKSUM_SIZE);
        networks.saturating_mul(NETWORK_SIZE).saturating_add(name_bytes).saturating_add(blocks) as u64
    }

    /// Bytes of the first blocks, checksums included.
    fn size(&self, blocks: usize) -> u64 {
        let names = self.name_bytes[..blocks].iter().map(|bytes| u64::from(*bytes)).sum::<u64>();
        let networks = (blocks * BLOCK).min(self.networks);
        names + (networks * NETWORK_SIZE + blocks * CHECKSUM_SIZE) as u64
    }

    /// Reads all networks.
    pub(super) fn read_all(&self, mut input: impl Read + Seek) -> Result<Holders, FormatError> {
        input.seek(SeekFrom::Start(self.place))?;
        let (mut input, mut holders) = (buffered(input), Holders::default());
        (0..self.begins.len()).try_for_each(|block| self.read_block(block, &mut input, &mut holders))?;
        Ok(holders)
    }

    /// Reads the names of networks, given in ascending order.
    pub(super) fn named(
        &self,
        input: &mut (impl Read + Seek),
        numbers: &[AsNumber],
    ) -> Result<Vec<NamedNetwork>, FormatError> {
        let block_of =
            |number: &AsNumber| self.begins.partition_point(|begin| *begin <= number.get()).saturating_sub(1);
        let mut named = Vec::with_capacity(numbers.len());
        for in_one_block in numbers.chunk_by(|a, b| block_of(a) == block_of(b)) {
            let (block, mut holders) = (block_of(&in_one_block[0]), Holders::default());
            input.seek(SeekFrom::Start(self.place + self.size(block)))?;
            self.read_block(block, &mut buffered(&mut *input), &mut holders)?;
            named.extend(in_one_block.iter().map(|number| holders.named(*number)));
        }
        Ok(named)
    }

    /// Appends a block and checks it, also against the network before it.
    fn read_block(
        &self,
        block: usize,
        input: &mut Checksummed<impl Read>,
        holders: &mut Holders,
    ) -> Result<(), FormatError> {
        let before = holders.len();
        let length = self.networks.saturating_sub(block * BLOCK).min(BLOCK);
        extend_column(&mut holders.numbers, input, length)?;
        extend_column(&mut holders.v4_addresses, input, length)?;
        extend_column(&mut holders.v6_networks, input, length)?;
        let lengths: Vec<u32> = read_column(input, length)?;
        let bytes = self.name_bytes.get(block).copied().unwrap_or_default() as usize;
        let names = String::from_utf8(read_column(input, bytes)?);
        input.check_checksum()?;
        holders.names += &names.map_err(|_| FormatError::Corrupt("its names are not text"))?;
        for length in lengths {
            let start = holders.name_ends.last().copied().unwrap_or_default();
            holders.name_ends.push(start.saturating_add(length));
        }
        let numbers = &holders.numbers[before.saturating_sub(1)..];
        if holders.numbers.get(before) == self.begins.get(block) && numbers.is_sorted_by(|a, b| a < b) {
            Ok(())
        } else {
            Err(FormatError::Corrupt(OUT_OF_ORDER))
        }
    }
}

const OUT_OF_ORDER: &str = "its networks are out of order";

/// Writes the index.
pub(super) fn write_index(holders: &Holders, output: &mut Checksummed<impl Write>) -> io::Result<()> {
    let begins: Vec<u32> = holders.numbers.iter().copied().step_by(BLOCK).collect();
    let name_bytes: Vec<u32> = lengths(holders).chunks(BLOCK).map(|lengths| lengths.iter().sum()).collect();
    write_column(&begins, output)?;
    write_column(&name_bytes, output)
}

/// Writes the blocks.
pub(super) fn write_blocks(holders: &Holders, output: &mut Checksummed<impl Write>) -> io::Result<()> {
    let lengths = lengths(holders);
    let mut names = holders.names.as_bytes();
    for start in (0..holders.len()).step_by(BLOCK) {
        let block = start..holders.len().min(start + BLOCK);
        let (of_block, rest) = names.split_at(lengths[block.clone()].iter().sum::<u32>() as usize);
        names = rest;
        write_column(&holders.numbers[block.clone()], output)?;
        write_column(&holders.v4_addresses[block.clone()], output)?;
        write_column(&holders.v6_networks[block.clone()], output)?;
        write_column(&lengths[block], output)?;
        output.write_all(of_block)?;
        output.write_checksum()?;
    }
    Ok(())
}

/// The bytes of each name.
fn lengths(holders: &Holders) -> Vec<u32> {
    let starts = std::iter::once(&0).chain(&holders.name_ends);
    holders.name_ends.iter().zip(starts).map(|(end, start)| end - start).collect()
}
