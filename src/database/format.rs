//! The file format of a compiled database.
//!
//! ```text
//! magic "GEOIPDB\0" · version u32 · head length u32 · head (JSON) · CRC-32 of all before
//! v4 starts [u32] · v4 holders [u16] · v6 starts [u128] · v6 holders [u16] · CRC-32 of the columns
//! ```
//! Numbers are little-endian. The head holds the metadata, the holder table and the column lengths.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};

use super::{Database, HolderId, HolderTable, Metadata, Partition};
use crate::codec::{Cell, Checksummed, FormatError, read_column, write_column};
use crate::country::CountryCode;
use crate::net::Address;

const MAGIC: [u8; 8] = *b"GEOIPDB\0";
/// Raised with every change of the layout or of what the columns mean.
const VERSION: u32 = 1;
/// A head is some 50 kB; a length beyond this is damage, not data.
const HEAD_LIMIT: u32 = 16 << 20;
const CHECKSUM_BYTES: u64 = 4;

/// The head as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Head {
    metadata: Metadata,
    holders: Vec<Vec<CountryCode>>,
    segments_v4: usize,
    segments_v6: usize,
}

/// Writes `database` to `output`.
pub(super) fn write(database: &Database, output: impl Write) -> io::Result<()> {
    let mut output = Checksummed::new(BufWriter::with_capacity(1 << 16, output));
    let head = serde_json::to_vec(&Head {
        metadata: database.metadata.clone(),
        holders: database.holders.combinations().to_vec(),
        segments_v4: database.v4.starts().len(),
        segments_v6: database.v6.starts().len(),
    })?;
    output.write_all(&MAGIC)?;
    output.write_all(&VERSION.to_le_bytes())?;
    let length = u32::try_from(head.len()).ok().filter(|length| *length <= HEAD_LIMIT);
    let length =
        length.ok_or_else(|| io::Error::other("its rows overlap in more ways than can be stored"))?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&head)?;
    output.write_checksum()?;
    write_partition(&database.v4, &mut output)?;
    write_partition(&database.v6, &mut output)?;
    output.write_checksum()?;
    output.flush()
}

/// Reads a whole database and checks all of it.
pub(super) fn read(input: impl Read) -> Result<Database, FormatError> {
    let mut input = Checksummed::new(BufReader::with_capacity(1 << 16, input));
    let head = read_head_from(&mut input)?;
    let mut holders = HolderTable::default();
    for combination in &head.holders {
        if !combination.is_sorted_by(|a, b| a < b) {
            return Err(FormatError::Corrupt("a combination of holders is out of order"));
        }
        holders.intern(combination).map_err(|_| FormatError::Corrupt("too many holders"))?;
    }
    if holders.combinations() != head.holders {
        return Err(FormatError::Corrupt("the holder table repeats itself"));
    }
    let v4 = read_partition(&mut input, head.segments_v4, &holders)?;
    let v6 = read_partition(&mut input, head.segments_v6, &holders)?;
    input.check_checksum()?;
    input.check_end()?;
    Ok(Database { metadata: head.metadata, holders, v4, v6 })
}

/// Reads and checks the head alone, and that what follows it is as long as it says.
///
/// This notices a file that was cut off or whose head is damaged at the price of one small read. Damage within the
/// columns shows when somebody reads them, as everybody does who uses them.
pub(super) fn read_metadata(mut input: impl Read + Seek) -> Result<Metadata, FormatError> {
    let head = read_head_from(&mut Checksummed::new(&mut input))?;
    let columns =
        column_bytes::<u32>(head.segments_v4).saturating_add(column_bytes::<u128>(head.segments_v6));
    let begin = input.stream_position()?;
    if input.seek(SeekFrom::End(0))? != begin.saturating_add(columns).saturating_add(CHECKSUM_BYTES) {
        return Err(FormatError::Corrupt("it is not as long as its head says"));
    }
    Ok(head.metadata)
}

fn column_bytes<A: Cell>(segments: usize) -> u64 {
    (segments as u64).saturating_mul((A::SIZE + HolderId::SIZE) as u64)
}

fn read_head_from(input: &mut Checksummed<impl Read>) -> Result<Head, FormatError> {
    if input.read_array()? != MAGIC {
        return Err(FormatError::Corrupt("it does not begin like a database"));
    }
    let version = u32::from_le_bytes(input.read_array()?);
    if version != VERSION {
        return Err(FormatError::Version(version));
    }
    let length = u32::from_le_bytes(input.read_array()?);
    if length > HEAD_LIMIT {
        return Err(FormatError::Corrupt("its head is too long"));
    }
    let mut head = vec![0; length as usize];
    input.read_exact(&mut head)?;
    input.check_checksum()?;
    serde_json::from_slice(&head).map_err(|_| FormatError::Corrupt("its head is not valid"))
}

impl Cell for HolderId {
    const SIZE: usize = u16::SIZE;

    fn put(self, cell: &mut [u8]) {
        self.0.put(cell);
    }

    fn get(cell: &[u8]) -> Self {
        Self(u16::get(cell))
    }
}

fn write_partition<A: Address + Cell>(
    partition: &Partition<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    write_column(partition.starts(), output)?;
    write_column(partition.holders(), output)
}

fn read_partition<A: Address + Cell>(
    input: &mut Checksummed<impl Read>,
    length: usize,
    holders: &HolderTable,
) -> Result<Partition<A>, FormatError> {
    let starts = read_column(input, length)?;
    let ids: Vec<HolderId> = read_column(input, length)?;
    if ids.iter().any(|id| id.index() >= holders.combinations().len()) {
        return Err(FormatError::Corrupt("a segment has an unknown holder"));
    }
    Partition::from_columns(starts, ids).ok_or(FormatError::Corrupt("its segments are out of order"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::DatabaseBuilder;
    use crate::error::{Code, Result};
    use crate::net::AddressRange;
    use crate::source::SourceId;

    /// A database of two neighbours, written with these changes.
    fn written_and_read(holders: Option<&str>, ids: Option<[u16; 4]>) -> Result<Database> {
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
            database.v4 = Partition::unchecked(starts, ids.map(HolderId).to_vec());
        }
        let mut file = Vec::new();
        write(&database, &mut file).unwrap();
        if let Some(holders) = holders {
            let length = usize::try_from(u32::from_le_bytes(file[12..16].try_into().unwrap())).unwrap();
            let head = String::from_utf8(file[16..16 + length].to_vec()).unwrap();
            let head = head.replace(r#"[[],["CN"],["DE"]]"#, holders);
            let mut changed = Vec::new();
            let mut output = Checksummed::new(&mut changed);
            output.write_all(&file[..12]).unwrap();
            output.write_all(&u32::try_from(head.len()).unwrap().to_le_bytes()).unwrap();
            output.write_all(head.as_bytes()).unwrap();
            output.write_checksum().unwrap();
            changed.extend_from_slice(&file[16 + length + 4..]);
            file = changed;
        }
        Database::read(&file[..])
    }

    #[test]
    fn holders_out_of_order_are_refused() {
        assert!(written_and_read(None, None).is_ok());
        assert!(written_and_read(Some(r#"[[],["CN"],["DE","FR"]]"#), None).is_ok());
        for bad in [r#"[[],["CN"],["FR","DE"]]"#, r#"[[],["CN"],["DE","DE"]]"#, r#"[["CN"],[],["DE"]]"#] {
            assert_eq!(written_and_read(Some(bad), None).unwrap_err().code(), Code::DatabaseCorrupt, "{bad}");
        }
    }

    #[test]
    fn neighbours_with_one_holder_are_refused() {
        assert!(written_and_read(None, Some([0, 2, 1, 0])).is_ok());
        let refused = written_and_read(None, Some([0, 1, 1, 0])).unwrap_err();
        assert_eq!(refused.code(), Code::DatabaseCorrupt);
    }
}
