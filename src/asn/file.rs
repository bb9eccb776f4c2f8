//! The file format of the network data that is kept.
//!
//! ```text
//! magic "GEOIPAS\0" · version u32 · head length u32 · head (JSON) · CRC-32 of all before
//! networks: numbers [u32] · IPv4 addresses [u64] · IPv6 networks [u64] · ends of names [u32] · names · CRC-32 of all five
//! index: first address of each v4 block [u32] · first address of each v6 block [u128] · CRC-32 of both
//! v4 blocks · v6 blocks, each: starts [u32 or u128] · numbers [u32] · CRC-32 of both
//! ```
//! Numbers are little-endian. The head holds the sizes of all that follows. So who holds an address is told by the head, the
//! index and one block (`src/storage/blocks.rs`), and the addresses of a few networks without keeping all the others.

use std::collections::HashMap;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chosen::{ChosenNetworks, Gathered};
use super::{AsNumber, Head, Holders, NamedNetwork, NetworkTable};
use crate::error::{Code, Error, Result};
use crate::net::by_family;
use crate::storage::blocks::{Blocks, CHECKSUM_SIZE, buffered, check_end, write_blocks, write_index};
use crate::storage::columns::{Cell, Checksummed, FormatError, read_column, write_column};

const MAGIC: [u8; 8] = *b"GEOIPAS\0";
/// Raised with every change of the layout or meaning of the file.
const VERSION: u32 = 1;
/// A longer head is damage.
const HEAD_LIMIT: u32 = 1 << 20;

/// The head as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    head: Head,
    networks: usize,
    name_bytes: usize,
    segments_v4: usize,
    segments_v6: usize,
}

impl Stored {
    /// Bytes of all that is known of the networks, with their checksum.
    fn networks_size(&self) -> u64 {
        let columns = self.networks.saturating_mul(2 * u32::SIZE + 2 * u64::SIZE);
        columns.saturating_add(self.name_bytes).saturating_add(CHECKSUM_SIZE) as u64
    }
}

pub(super) fn write(head: &Head, table: &NetworkTable, output: impl Write) -> io::Result<()> {
    let NetworkTable { holders, v4, v6 } = table;
    let mut output = Checksummed::new(BufWriter::with_capacity(1 << 16, output));
    let stored = serde_json::to_vec(&Stored {
        head: head.clone(),
        networks: holders.len(),
        name_bytes: holders.names.len(),
        segments_v4: v4.starts.len(),
        segments_v6: v6.starts.len(),
    })?;
    output.write_all(&MAGIC)?;
    output.write_all(&VERSION.to_le_bytes())?;
    output.write_all(&u32::try_from(stored.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    output.write_all(&stored)?;
    output.write_checksum()?;
    write_column(&holders.numbers, &mut output)?;
    write_column(&holders.v4_addresses, &mut output)?;
    write_column(&holders.v6_networks, &mut output)?;
    write_column(&holders.name_ends, &mut output)?;
    output.write_all(holders.names.as_bytes())?;
    output.write_checksum()?;
    write_index(&v4.starts, &mut output)?;
    write_index(&v6.starts, &mut output)?;
    output.write_checksum()?;
    write_blocks(&v4.starts, &v4.numbers, &mut output)?;
    write_blocks(&v6.starts, &v6.numbers, &mut output)?;
    output.flush()
}

/// The kept data, of which only the head has been read. Everything that is read is checked.
#[derive(Debug)]
pub struct NetworkFile<R> {
    input: R,
    /// Its path, for messages.
    path: PathBuf,
    stored: Stored,
    /// The position behind the head.
    networks_place: u64,
}

/// The index, and with it where each block is.
struct Index {
    v4: Blocks<u32, u32>,
    v6: Blocks<u128, u32>,
}

impl<R: Read + Seek> NetworkFile<R> {
    /// Reads the head, and checks that the file is as long as the head says.
    ///
    /// # Errors
    /// `database.corrupt`, `database.version`.
    pub(super) fn open(mut input: R, path: &Path) -> Result<Self> {
        let read = read_head(&mut input).map_err(|error| describe(error, path));
        read.map(|(stored, networks_place)| Self { input, path: path.to_owned(), stored, networks_place })
    }

    /// Where the data comes from, and what it holds in total.
    pub fn head(&self) -> &Head {
        &self.stored.head
    }

    /// Reads all networks, with their names and sizes.
    ///
    /// # Errors
    /// `database.corrupt`, `state.io`.
    pub fn holders(&mut self) -> Result<Holders> {
        self.read_holders().map_err(|error| describe(error, &self.path))
    }

    /// Reads the addresses of these networks.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn chosen(&mut self, numbers: &[AsNumber]) -> Result<ChosenNetworks> {
        self.read_chosen(numbers).map_err(|error| describe(error, &self.path))
    }

    /// Reads who holds each of these addresses. Those that nobody holds are left out.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn holding(&mut self, addresses: &[IpAddr]) -> Result<HashMap<IpAddr, AsNumber>> {
        self.read_holding(addresses).map_err(|error| describe(error, &self.path))
    }

    /// As [`Self::holding`], with names.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn named_holding(&mut self, addresses: &[IpAddr]) -> Result<HashMap<IpAddr, NamedNetwork>> {
        let found = self.holding(addresses)?;
        if found.is_empty() {
            return Ok(HashMap::new());
        }
        let holders = self.holders()?;
        Ok(found.into_iter().map(|(address, number)| (address, holders.named(number))).collect())
    }

    fn read_holders(&mut self) -> Result<Holders, FormatError> {
        self.input.seek(SeekFrom::Start(self.networks_place))?;
        let mut input = buffered(&mut self.input);
        let count = self.stored.networks;
        let holders = Holders {
            numbers: read_column(&mut input, count)?,
            v4_addresses: read_column(&mut input, count)?,
            v6_networks: read_column(&mut input, count)?,
            name_ends: read_column(&mut input, count)?,
            names: String::from_utf8(read_column(&mut input, self.stored.name_bytes)?)
                .map_err(|_| FormatError::Corrupt("its names are not text"))?,
        };
        input.check_checksum()?;
        let ends = &holders.name_ends;
        if holders.numbers.is_sorted_by(|a, b| a < b) && ends.is_sorted() {
            Ok(holders)
        } else {
            Err(FormatError::Corrupt("its networks are out of order"))
        }
    }

    fn read_index(&mut self) -> Result<Index, FormatError> {
        let place = self.networks_place.saturating_add(self.stored.networks_size());
        self.input.seek(SeekFrom::Start(place))?;
        let mut input = Checksummed::new(&mut self.input);
        let v4 = Blocks::read(&mut input, self.stored.segments_v4)?;
        let v6 = Blocks::read(&mut input, self.stored.segments_v6)?;
        input.check_checksum()?;
        let (v4, v6_place) = v4.at(input.into_inner().stream_position()?);
        Ok(Index { v4, v6: v6.at(v6_place).0 })
    }

    fn read_chosen(&mut self, numbers: &[AsNumber]) -> Result<ChosenNetworks, FormatError> {
        let mut gathered = Gathered::new(numbers);
        let Index { v4, v6 } = self.read_index()?;
        v4.for_each(&mut self.input, |_| true, |range, number| gathered.take_v4(range, number))?;
        v6.for_each(&mut self.input, |_| true, |range, number| gathered.take_v6(range, number))?;
        Ok(gathered.named(&self.read_holders()?))
    }

    fn read_holding(&mut self, addresses: &[IpAddr]) -> Result<HashMap<IpAddr, AsNumber>, FormatError> {
        let (wanted_v4, wanted_v6) = by_family(addresses);
        let Index { v4, v6 } = self.read_index()?;
        let v4 = v4.locate(&mut self.input, |_| true, &wanted_v4)?;
        let v6 = v6.locate(&mut self.input, |_| true, &wanted_v6)?;
        let v4 = v4.into_iter().map(|(address, _, number)| (IpAddr::V4(address.into()), number));
        let v6 = v6.into_iter().map(|(address, _, number)| (IpAddr::V6(address.into()), number));
        Ok(v4.chain(v6).filter_map(|(address, number)| Some((address, AsNumber::new(number)?))).collect())
    }
}

/// The head, and the position behind it.
fn read_head(input: &mut (impl Read + Seek)) -> Result<(Stored, u64), FormatError> {
    let mut beginning = Checksummed::new(&mut *input);
    beginning.check_beginning(MAGIC, VERSION, "it does not begin like network data")?;
    let head = beginning.read_head(HEAD_LIMIT)?;
    beginning.check_checksum()?;
    let stored: Stored =
        serde_json::from_slice(&head).map_err(|_| FormatError::Corrupt("its head is not readable"))?;
    let networks_place = input.stream_position()?;
    let sizes = [
        stored.networks_size(),
        Blocks::<u32, u32>::stored_size(stored.segments_v4),
        Blocks::<u128, u32>::stored_size(stored.segments_v6),
        CHECKSUM_SIZE as u64,
    ];
    check_end(input, sizes.into_iter().fold(networks_place, u64::saturating_add))?;
    Ok((stored, networks_place))
}

fn describe(error: FormatError, path: &Path) -> Error {
    error
        .describe(path, Code::DatabaseCorrupt, Code::DatabaseVersion)
        .with_hint("Run `networks`: it gets the data again.")
}
