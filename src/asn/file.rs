//! The file format of the network data that is kept.
//!
//! ```text
//! magic "GEOIPAS\0" · version u32 · head length u32 · head (JSON) · CRC-32 of all before
//! index of the networks · index of the v4 segments · index of the v6 segments · CRC-32 of all three
//! blocks of networks · blocks of v4 segments · blocks of v6 segments
//! ```
//! Numbers are little-endian. The head holds the sizes of all that follows. So who holds an address is told by the head, the
//! index, one block of segments (`src/storage/blocks.rs`) and one of networks (`src/asn/holder_blocks.rs`).

use std::collections::{BTreeSet, HashMap};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::chosen::{ChosenNetworks, Gathered};
use super::holder_blocks::{self, HolderBlocks};
use super::{AsNumber, Head, Holders, NamedNetwork, NetworkTable};
use crate::error::{Code, Error, Result};
use crate::net::by_family;
use crate::storage::blocks::{Blocks, CHECKSUM_SIZE, Found, check_end, write_blocks, write_index};
use crate::storage::columns::{Checksummed, FormatError};

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
    holder_blocks::write_index(holders, &mut output)?;
    write_index(&v4.starts, &mut output)?;
    write_index(&v6.starts, &mut output)?;
    output.write_checksum()?;
    holder_blocks::write_blocks(holders, &mut output)?;
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
    index_place: u64,
}

/// The index, and with it where each block is.
struct Index {
    networks: HolderBlocks,
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
        read.map(|(stored, index_place)| Self { input, path: path.to_owned(), stored, index_place })
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
        self.read_index()
            .and_then(|index| index.networks.read_all(&mut self.input))
            .map_err(|error| describe(error, &self.path))
    }

    /// Reads the addresses of these networks.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn chosen(&mut self, numbers: &[AsNumber]) -> Result<ChosenNetworks> {
        self.read_chosen(numbers).map_err(|error| describe(error, &self.path))
    }

    /// As [`Self::chosen`], only the ranges around some addresses.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn chosen_around(&mut self, numbers: &[AsNumber], addresses: &[IpAddr]) -> Result<ChosenNetworks> {
        self.read_around(numbers, addresses).map_err(|error| describe(error, &self.path))
    }

    /// Reads which network holds each of these addresses. Those that nobody holds are left out.
    ///
    /// # Errors
    /// As [`Self::holders`].
    pub fn holding(&mut self, addresses: &[IpAddr]) -> Result<HashMap<IpAddr, NamedNetwork>> {
        self.read_holding(addresses).map_err(|error| describe(error, &self.path))
    }

    fn read_index(&mut self) -> Result<Index, FormatError> {
        self.input.seek(SeekFrom::Start(self.index_place))?;
        let mut input = Checksummed::new(&mut self.input);
        let networks = HolderBlocks::read(&mut input, self.stored.networks)?;
        let v4 = Blocks::read(&mut input, self.stored.segments_v4)?;
        let v6 = Blocks::read(&mut input, self.stored.segments_v6)?;
        input.check_checksum()?;
        let (networks, v4_place) = networks.at(input.into_inner().stream_position()?);
        let (v4, v6_place) = v4.at(v4_place);
        Ok(Index { networks, v4, v6: v6.at(v6_place).0 })
    }

    fn read_chosen(&mut self, numbers: &[AsNumber]) -> Result<ChosenNetworks, FormatError> {
        let mut gathered = Gathered::new(numbers);
        let Index { v4, v6, .. } = self.read_index()?;
        v4.for_each(&mut self.input, |_| true, |range, number| gathered.take_v4(range, number))?;
        v6.for_each(&mut self.input, |_| true, |range, number| gathered.take_v6(range, number))?;
        Ok(gathered.finish())
    }

    fn read_around(
        &mut self,
        numbers: &[AsNumber],
        addresses: &[IpAddr],
    ) -> Result<ChosenNetworks, FormatError> {
        let mut gathered = Gathered::new(numbers);
        let index = self.read_index()?;
        let (v4, v6) = self.locate(&index, addresses)?;
        for (_, range, number) in v4 {
            gathered.take_v4(range, number);
        }
        for (_, range, number) in v6 {
            gathered.take_v6(range, number);
        }
        Ok(gathered.finish())
    }

    fn read_holding(&mut self, addresses: &[IpAddr]) -> Result<HashMap<IpAddr, NamedNetwork>, FormatError> {
        let index = self.read_index()?;
        let (v4, v6) = self.locate(&index, addresses)?;
        let v4 = v4.into_iter().map(|(address, _, number)| (IpAddr::V4(address.into()), number));
        let v6 = v6.into_iter().map(|(address, _, number)| (IpAddr::V6(address.into()), number));
        let found: Vec<(IpAddr, AsNumber)> =
            v4.chain(v6).filter_map(|(address, number)| Some((address, AsNumber::new(number)?))).collect();
        let numbers: BTreeSet<AsNumber> = found.iter().map(|(_, number)| *number).collect();
        let numbers: Vec<AsNumber> = numbers.into_iter().collect();
        let named = index.networks.named(&mut self.input, &numbers)?;
        let named: HashMap<AsNumber, NamedNetwork> = numbers.into_iter().zip(named).collect();
        Ok(found
            .into_iter()
            .filter_map(|(address, number)| Some((address, named.get(&number)?.clone())))
            .collect())
    }

    /// The segments around addresses.
    fn locate(&mut self, index: &Index, addresses: &[IpAddr]) -> Result<Located, FormatError> {
        let (wanted_v4, wanted_v6) = by_family(addresses);
        let v4 = index.v4.locate(&mut self.input, |_| true, &wanted_v4)?;
        Ok((v4, index.v6.locate(&mut self.input, |_| true, &wanted_v6)?))
    }
}

/// Segments around addresses of each family, with the numbers of their holders.
type Located = (Vec<Found<u32, u32>>, Vec<Found<u128, u32>>);

/// The head, and the position behind it.
fn read_head(input: &mut (impl Read + Seek)) -> Result<(Stored, u64), FormatError> {
    let mut beginning = Checksummed::new(&mut *input);
    beginning.check_beginning(MAGIC, VERSION, "it does not begin like network data")?;
    let head = beginning.read_head(HEAD_LIMIT)?;
    beginning.check_checksum()?;
    let stored: Stored =
        serde_json::from_slice(&head).map_err(|_| FormatError::Corrupt("its head is not readable"))?;
    let index_place = input.stream_position()?;
    let sizes = [
        HolderBlocks::stored_size(stored.networks, stored.name_bytes),
        Blocks::<u32, u32>::stored_size(stored.segments_v4),
        Blocks::<u128, u32>::stored_size(stored.segments_v6),
        CHECKSUM_SIZE as u64,
    ];
    check_end(input, sizes.into_iter().fold(index_place, u64::saturating_add))?;
    Ok((stored, index_place))
}

fn describe(error: FormatError, path: &Path) -> Error {
    error
        .describe(path, Code::DatabaseCorrupt, Code::DatabaseVersion)
        .with_hint("Run `networks`: it gets the data again.")
}
