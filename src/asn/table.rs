//! Who holds every address of both families, compiled from the rows of a publisher's files.

use std::collections::HashMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use super::chosen::{ChosenNetworks, Gathered};
use super::holders::Holders;
use super::name::cleaned;
use super::row::{self, Row};
use super::sweep::{Columns, NOBODY};
use super::{AsNumber, MOST_HOLDERS, MOST_ROWS};
use crate::error::{Code, Error, Result};
use crate::net::{AddressRange, IpBits, counted};
use crate::source::{Span, Unpacked, for_each_line, refuse_malformed};
use crate::storage::blocks::segments;

/// What happened to the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// Rows that were used.
    pub used: u64,
    /// Rows of nobody: addresses that are not routed, or of a number that nobody may have.
    pub reserved: u64,
    /// Rows that could not be understood, or that name so many addresses that they must be a mistake.
    pub malformed: u64,
    /// The first malformed row, described in words.
    pub first_malformed: Option<String>,
}

/// The rows that were read so far.
#[derive(Debug, Default)]
pub struct Rows {
    v4: Vec<(AddressRange<u32>, u32)>,
    v6: Vec<(AddressRange<u128>, u32)>,
    known: HashMap<u32, Known>,
    /// All names, one after the other.
    names: String,
    report: Report,
}

/// What is known of a network before its addresses are counted.
#[derive(Debug, Default, Clone, Copy)]
struct Known {
    /// Its name, within all names.
    name: (u32, u32),
    v4_addresses: u64,
    v6_networks: u64,
}

/// Who holds every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkTable {
    pub(super) holders: Holders,
    pub(super) v4: Columns<u32>,
    pub(super) v6: Columns<u128>,
}

impl Rows {
    /// Adds the rows of a file, gzipped or not. Returns the name that its packer stored, if it did.
    ///
    /// # Errors
    /// `source.malformed` for what is no such file, or if too many rows are malformed to trust the others;
    /// `source.too_large`, `source.unreadable`.
    pub fn read(&mut self, file: &mut dyn Read) -> Result<Option<String>> {
        let mut of_file = Report::default();
        let unpacked = Unpacked::new(file)?;
        let packed_name = unpacked.packed_name().map(str::to_owned);
        for_each_line(unpacked, row::read, |line, row| match row {
            Ok(row) => self.take(row, &mut of_file),
            Err(reason) => {
                of_file.malformed += 1;
                of_file.first_malformed.get_or_insert_with(|| format!("line {line}: {reason}"));
                Ok(())
            }
        })?;
        let first = of_file.first_malformed.as_deref().unwrap_or("it is empty");
        if of_file.used == 0 {
            return Err(Error::new(Code::SourceMalformed, format!("it has no usable row ({first})")));
        }
        refuse_malformed(of_file.used, of_file.malformed, first)?;
        let Report { used, reserved, malformed, first_malformed } = of_file;
        self.report.used += used;
        self.report.reserved += reserved;
        self.report.malformed += malformed;
        self.report.first_malformed = self.report.first_malformed.take().or(first_malformed);
        Ok(packed_name)
    }

    fn take(&mut self, Row { span, number, name }: Row, report: &mut Report) -> Result<()> {
        if AsNumber::new(number).is_none() {
            report.reserved += 1;
            return Ok(());
        }
        report.used += 1;
        let too_many = |most: usize, what: &str| {
            Err(Error::new(Code::SourceTooLarge, format!("it has more than {most} {what}")))
        };
        match span {
            Span::V4(range) => self.v4.push((range, number)),
            Span::V6(range) => self.v6.push((range, number)),
        }
        if self.v4.len() + self.v6.len() > MOST_ROWS {
            return too_many(MOST_ROWS, "rows");
        }
        let names = &mut self.names;
        self.known.entry(number).or_insert_with(|| {
            let start = length(names);
            names.push_str(&cleaned(&name));
            Known { name: (start, length(names)), ..Known::default() }
        });
        if self.known.len() > MOST_HOLDERS {
            return too_many(MOST_HOLDERS, "networks");
        }
        Ok(())
    }

    /// Compiles the rows.
    pub fn compile(self) -> (NetworkTable, Report) {
        let Self { v4, v6, mut known, names, report } = self;
        let v4 = Columns::of(v4);
        count(&v4, &mut known, |known, addresses| known.v4_addresses += addresses);
        let v6 = Columns::of(v6);
        count(&v6, &mut known, |known, networks| known.v6_networks += networks);
        (NetworkTable { holders: holders(known, &names), v4, v6 }, report)
    }
}

fn length(names: &str) -> u32 {
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

fn count<A: IpBits>(columns: &Columns<A>, known: &mut HashMap<u32, Known>, add: impl Fn(&mut Known, u64)) {
    for (range, number) in segments(&columns.starts, &columns.numbers, None) {
        if let Some(known) = known.get_mut(&number) {
            add(known, counted(range));
        }
    }
}

/// Those who hold an address. Rows may have been hidden by more specific ones.
fn holders(known: HashMap<u32, Known>, names: &str) -> Holders {
    let mut known: Vec<(u32, Known)> = known.into_iter().collect();
    known.retain(|(_, known)| known.v4_addresses > 0 || known.v6_networks > 0);
    known.sort_unstable_by_key(|(number, _)| *number);
    let mut holders = Holders::default();
    for (number, Known { name: (start, end), v4_addresses, v6_networks }) in known {
        holders.numbers.push(number);
        holders.v4_addresses.push(v4_addresses);
        holders.v6_networks.push(v6_networks);
        holders.names.push_str(names.get(start as usize..end as usize).unwrap_or_default());
        holders.name_ends.push(length(&holders.names));
    }
    holders
}

impl NetworkTable {
    /// All networks that hold addresses.
    pub fn holders(&self) -> &Holders {
        &self.holders
    }

    /// The addresses of these networks.
    pub fn chosen(&self, numbers: &[AsNumber]) -> ChosenNetworks {
        let mut gathered = Gathered::new(numbers);
        for (range, number) in segments(&self.v4.starts, &self.v4.numbers, None) {
            gathered.take_v4(range, number);
        }
        for (range, number) in segments(&self.v6.starts, &self.v6.numbers, None) {
            gathered.take_v6(range, number);
        }
        gathered.finish()
    }

    /// How much is held of each family: IPv4 addresses, and IPv6 networks of /64 or parts of them.
    pub fn held(&self) -> (u64, u64) {
        (held(&self.v4), held(&self.v6))
    }
}

fn held<A: IpBits>(columns: &Columns<A>) -> u64 {
    let all = segments(&columns.starts, &columns.numbers, None);
    all.filter(|(_, number)| *number != NOBODY).map(|(range, _)| counted(range)).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(texts: &[&str]) -> Result<(NetworkTable, Report)> {
        let mut rows = Rows::default();
        texts.iter().try_for_each(|text| rows.read(&mut text.as_bytes()).map(drop))?;
        Ok(rows.compile())
    }

    fn ranges(table: &NetworkTable, number: u32) -> Vec<String> {
        let chosen = table.chosen(&[AsNumber::new(number).unwrap()]);
        let addresses = &chosen.iter().next().unwrap().addresses;
        let v4 = addresses.v4.ranges().iter().map(ToString::to_string);
        v4.chain(addresses.v6.ranges().iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn the_most_specific_row_counts_and_what_touches_is_joined() {
        let (table, report) = compiled(&[
            "5.0.0.0,5.0.255.255,7,Wide\n5.0.1.0,5.0.1.255,8,Narrow\n5.0.2.0,5.0.2.255,7,Other name\n5.1.0.0,5.1.0.255,7,x\n",
            "2001:db8::,2001:db8:0:1:ffff:ffff:ffff:ffff,8,Narrow\n",
        ])
        .unwrap();
        assert_eq!(ranges(&table, 7), ["5.0.0.0-5.0.0.255", "5.0.2.0-5.1.0.255"]);
        assert_eq!(ranges(&table, 8)[1], "2001:db8::-2001:db8:0:1:ffff:ffff:ffff:ffff");
        let network = table.holders().get(AsNumber::new(8).unwrap()).unwrap();
        assert_eq!((&*network.name, network.v4_addresses, network.v6_networks), ("Narrow", 256, 2));
        assert_eq!(table.holders().get(AsNumber::new(7).unwrap()).unwrap().name, "Wide");
        assert_eq!((report.used, table.held()), (5, (65_536 + 256, 2)));
    }

    #[test]
    fn rows_of_nobody_are_counted_and_hold_nothing() {
        let (table, report) = compiled(&[
            "5.0.0.0,5.0.0.255,0,Not routed\n5.0.1.0,5.0.1.255,64512,Private\n5.0.2.0,5.0.2.255,7,x\n",
        ])
        .unwrap();
        assert_eq!((report.used, report.reserved, table.holders().len()), (1, 2, 1));
        assert_eq!(table.held(), (256, 0));
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        for text in ["<html>moved</html>", "not found", "5.0.0.0,5.0.0.255,DE\n", "5.0.0.0,5.0.0.255,0,\n"] {
            assert_eq!(compiled(&[text]).unwrap_err().code(), Code::SourceMalformed, "{text}");
        }
        assert_eq!(compiled(&["5.0.0.0,5.0.0.255,7,x\na\nb\n"]).unwrap_err().code(), Code::SourceMalformed);
        assert_eq!(compiled(&["start,end,number,name\n5.0.0.0,5.0.0.255,7,x\n"]).unwrap().1.malformed, 1);
    }
}
