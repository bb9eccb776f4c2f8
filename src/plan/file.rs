//! The file format of a plan, which lets `heal` restore sets without the country data.
//!
//! ```text
//! magic "GEOIPLN\0" · version u32 · tables of v4 · tables of v6 · CRC-32 of all before
//! tables: blocked · specific · admin
//! table: length u64 · bases [u32 or u128] · prefix lengths [u8] · holes [u8]
//! ```
//! Numbers are little-endian.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use super::{Plan, PlanV4, PlanV6, Tables};
use crate::error::{Code, Result};
use crate::net::{Address, IpBits, Prefix, PrefixTable, TableEntry};
use crate::storage::columns::{Cell, Checksummed, FormatError, read_column, write_column};

const MAGIC: [u8; 8] = *b"GEOIPLN\0";
/// Raised with every change of the layout or meaning of a plan file.
const VERSION: u32 = 5;

impl Plan {
    /// Writes the plan in the format that [`Self::read`] reads.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn write(&self, output: impl Write) -> io::Result<()> {
        let mut output = Checksummed::new(BufWriter::new(output));
        output.write_all(&MAGIC)?;
        output.write_all(&VERSION.to_le_bytes())?;
        write_tables(self.v4(), self.admin_v4(), &mut output)?;
        write_tables(self.v6(), self.admin_v6(), &mut output)?;
        output.write_checksum()?;
        output.flush()
    }

    /// Reads a whole plan and validates it.
    ///
    /// # Errors
    /// `database.corrupt`, `database.version`, `state.io`.
    pub fn read(input: impl Read) -> Result<Self> {
        Self::read_checked(input).map_err(|error| {
            error.describe(Path::new("the plan"), Code::DatabaseCorrupt, Code::DatabaseVersion)
        })
    }

    /// As [`Self::read`], for callers that add the path to the error themselves.
    pub(crate) fn read_checked(input: impl Read) -> Result<Self, FormatError> {
        let mut input = Checksummed::new(BufReader::new(input));
        input.check_beginning(MAGIC, VERSION, "it does not begin like a plan")?;
        let (v4, admin_v4) = read_tables(&mut input)?;
        let (v6, admin_v6) = read_tables(&mut input)?;
        let plan = Self::of(PlanV4::of(v4, admin_v4), PlanV6::of(v6, admin_v6));
        input.check_checksum()?;
        input.check_end()?;
        Ok(plan)
    }
}

fn write_tables<A: IpBits + Cell>(
    tables: &Tables<A>,
    admin: &PrefixTable<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    write_table(tables.blocked(), output)?;
    write_table(tables.specific(), output)?;
    write_table(admin, output)
}

fn read_tables<A: IpBits + Cell>(
    input: &mut Checksummed<impl Read>,
) -> Result<(Tables<A>, PrefixTable<A>), FormatError> {
    let (blocked, specific, admin) = (read_table(input)?, read_table(input)?, read_table(input)?);
    let tables = Tables::new(blocked, specific);
    let tables = tables.ok_or(FormatError::Corrupt("a specific entry is larger than a mixed block"))?;
    Ok((tables, admin))
}

fn write_table<A: Address + Cell>(
    table: &PrefixTable<A>,
    output: &mut Checksummed<impl Write>,
) -> io::Result<()> {
    let column = |value: fn(&TableEntry<A>) -> u8| table.entries().iter().map(value).collect::<Vec<u8>>();
    let bases: Vec<A> = table.entries().iter().map(|entry| entry.prefix.base()).collect();
    output.write_all(&(table.len() as u64).to_le_bytes())?;
    write_column(&bases, output)?;
    write_column(&column(|entry| entry.prefix.length()), output)?;
    write_column(&column(|entry| entry.nomatch.into()), output)
}

fn read_table<A: Address + Cell>(input: &mut Checksummed<impl Read>) -> Result<PrefixTable<A>, FormatError> {
    let length = usize::try_from(u64::from_le_bytes(input.read_array()?)).unwrap_or(usize::MAX);
    let bases: Vec<A> = read_column(input, length)?;
    let lengths: Vec<u8> = read_column(input, length)?;
    let nomatch: Vec<u8> = read_column(input, length)?;
    let entry = |((base, length), nomatch)| {
        // Clearing host bits or rounding a length here would load another plan than the one on disk.
        let prefix = Prefix::around(base, length).filter(|prefix| prefix.base() == base)?;
        let nomatch = match nomatch {
            0 => false,
            1 => true,
            _ => return None,
        };
        Some(TableEntry { prefix, nomatch })
    };
    let entries: Option<Vec<_>> = bases.into_iter().zip(lengths).zip(nomatch).map(entry).collect();
    entries
        .and_then(PrefixTable::new)
        .ok_or(FormatError::Corrupt("its entries are not valid or not in order"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan file with one IPv4 entry, in table 0 (`blocked`) or table 1 (`specific`).
    fn plan_of(table: usize, base: u32, length: u8, nomatch: u8) -> Result<Plan> {
        let mut file = Vec::new();
        let mut output = Checksummed::new(&mut file);
        output.write_all(&MAGIC).unwrap();
        output.write_all(&VERSION.to_le_bytes()).unwrap();
        for place in 0..6 {
            output.write_all(&u64::from(place == table).to_le_bytes()).unwrap();
            if place == table {
                output.write_all(&base.to_le_bytes()).unwrap();
                output.write_all(&[length, nomatch]).unwrap();
            }
        }
        output.write_checksum().unwrap();
        Plan::read(&file[..])
    }

    #[test]
    fn entries_that_are_no_valid_prefix_are_refused() {
        assert_eq!(plan_of(0, 0x0a00_0000, 8, 1).unwrap().v4().blocked().len(), 1);
        for (base, length, nomatch) in
            [(0x0a00_0001, 8, 0), (0x0a00_0000, 8, 2), (0x0a00_0000, 33, 0), (0, 0, 0)]
        {
            assert_eq!(plan_of(0, base, length, nomatch).unwrap_err().code(), Code::DatabaseCorrupt);
        }
    }

    #[test]
    fn a_specific_entry_larger_than_a_mixed_block_is_refused() {
        let plan = plan_of(1, 0x0a00_0080, 25, 0).unwrap();
        let mixed = Prefix::around(0x0a00_0000, 24).unwrap();
        assert_eq!(plan.v4().mixed().entries(), [TableEntry { prefix: mixed, nomatch: false }]);
        assert_eq!(plan_of(1, 0x0a00_0000, 23, 0).unwrap_err().code(), Code::DatabaseCorrupt);
    }
}
