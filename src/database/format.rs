//! The file format of a compiled database.
//!
//! ```text
//! magic "GEOIPDB\0" · version u32 · head length u32 · head (JSON) · CRC-32 of all before
//! index: first address of each v4 block [u32] · first address of each v6 block [u128] · CRC-32 of both
//! v4 blocks · v6 blocks, each: starts [u32 or u128] · country set ids [u16] · CRC-32 of both
//! ```
//! Numbers are little-endian. The head holds the metadata, the table of country sets and the number of segments. A lookup
//! of one address reads the head, the index and one block (`src/storage/blocks.rs`), and everything that is read is
//! covered by a checksum.

use std::io::{self, BufWriter, Read, Seek, Write};

use serde::{Deserialize, Serialize};

use super::{CountrySetId, CountrySetTable, Database, Located, Metadata, Segment, Segments};
use crate::country::CountryCode;
use crate::net::{Address, RangeSet};
use crate::storage::blocks::{
    Blocks, CHECKSUM_SIZE, OUT_OF_ORDER, buffered, check_end, write_blocks, write_index,
};
use crate::storage::columns::{Cell, Checksummed, FormatError};

const MAGIC: [u8; 8] = *b"GEOIPDB\0";
/// Raised with every change of the layout or of the meaning of a column.
const VERSION: u32 = 4;
/// The most bytes of a head. A real one has some 50 kB; anything beyond this is damage.
const HEAD_LIMIT: u32 = 16 << 20;

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
    write_index(database.v4.starts(), &mut output)?;
    write_index(database.v6.starts(), &mut output)?;
    output.write_checksum()?;
    write_blocks(database.v4.starts(), database.v4.country_sets(), &mut output)?;
    write_blocks(database.v6.starts(), database.v6.country_sets(), &mut output)?;
    output.flush()
}

/// Reads and checks the head, and checks that the file is as long as the head says.
///
/// One small read thus finds a truncated file or a damaged head. Damage within the blocks is found when they are read.
pub(super) fn read_metadata(mut input: impl Read + Seek) -> Result<Metadata, FormatError> {
    let head = read_head(&mut Checksummed::new(&mut input))?;
    let begin = input.stream_position()?;
    let sizes = [
        Blocks::<u32, CountrySetId>::stored_size(head.segments_v4),
        Blocks::<u128, CountrySetId>::stored_size(head.segments_v6),
    ];
    let end = sizes.into_iter().fold(begin + CHECKSUM_SIZE as u64, u64::saturating_add);
    check_end(&mut input, end).map(|()| head.metadata)
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
        let v4 = Blocks::read(&mut opening, head.segments_v4)?;
        let v6 = Blocks::read(&mut opening, head.segments_v6)?;
        opening.check_checksum()?;
        let (v4, v6_place) = v4.at(opening.into_inner().stream_position()?);
        let (v6, end) = v6.at(v6_place);
        check_end(&mut input, end)?;
        Ok(Self { metadata: head.metadata, country_sets, v4: Index(v4), v6: Index(v6) })
    }
}

/// The index of a family's blocks, and what is read from them.
#[derive(Debug)]
pub(super) struct Index<A>(Blocks<A, CountrySetId>);

impl<A: Address + Cell> Index<A> {
    /// Reads all blocks.
    pub(super) fn read_all(
        &self,
        input: impl Read + Seek,
        country_sets: &CountrySetTable,
    ) -> Result<Segments<A>, FormatError> {
        let (starts, ids) = self.0.read_all(input, |id| country_sets.has(id))?;
        Segments::from_columns(starts, ids).ok_or(FormatError::Corrupt(OUT_OF_ORDER))
    }

    /// Reads all blocks, one at a time. Returns the addresses of the country sets that are marked.
    pub(super) fn select(
        &self,
        input: impl Read + Seek,
        country_sets: &CountrySetTable,
        is_marked: &[bool],
    ) -> Result<RangeSet<A>, FormatError> {
        let mut selected = RangeSet::default();
        let take = |range, id: CountrySetId| selected.extend(is_marked[id.index()].then_some(range));
        self.0.for_each(input, |id| country_sets.has(id), take)?;
        Ok(selected)
    }

    /// Reads only the blocks that cover `addresses`, given in ascending order.
    pub(super) fn locate(
        &self,
        input: &mut (impl Read + Seek),
        country_sets: &CountrySetTable,
        addresses: &[A],
    ) -> Result<Located<A>, FormatError> {
        let found = self.0.locate(input, |id| country_sets.has(id), addresses)?;
        let segment = |(address, range, country_set)| (address, Segment { range, country_set });
        Ok(found.into_iter().map(segment).collect())
    }
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
