//! The addresses of a list, as read from the publisher's file.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::line::{self, Line};
use crate::error::{Code, Error, Result};
use crate::net::{AddressRange, Addresses, IpBits, RangeSet};
use crate::source::{Unpacked, for_each_line, refuse_malformed};

/// The most rows of a list that are read. The largest list that defenders share has a tenth of that.
const MOST_ROWS: u64 = 1_000_000;
/// The longest block of IPv4 that a list may name has this many addresses: a /8.
const WIDEST_V4: u128 = 1 << 24;
/// As [`WIDEST_V4`], for IPv6: a /16.
const WIDEST_V6: u128 = 1 << 112;

/// What happened to the rows of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// Rows that were used.
    pub used: u64,
    /// Rows of special-purpose addresses only, which are never dropped. Some lists hold them by design.
    pub special: u64,
    /// Rows that could not be understood, or that name so many addresses that they must be a mistake.
    pub malformed: u64,
    /// The first malformed row, described in words.
    pub first_malformed: Option<String>,
    /// When the publisher made the list, in seconds since 1970, if the list says so.
    #[serde(skip)]
    pub made_at: Option<i64>,
}

impl Report {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            used: self.used + other.used,
            special: self.special + other.special,
            malformed: self.malformed + other.malformed,
            first_malformed: self.first_malformed.or(other.first_malformed),
            // A list is as old as its oldest file.
            made_at: self.made_at.into_iter().chain(other.made_at).min(),
        }
    }
}

/// Reads a list in any of its formats, gzipped or not.
///
/// # Errors
/// `source.malformed` for what is no list, or if too many rows are malformed to trust the others;
/// `source.too_large`, `source.unreadable`. A list without a row is no error here.
pub fn read(file: &mut dyn Read) -> Result<(Addresses, Report)> {
    let (mut rows, mut report) = (Rows::default(), Report::default());
    for_each_line(Unpacked::new(file)?, line::read, |number, line| {
        if let Err(reason) = line.and_then(|line| rows.take(line, &mut report)) {
            report.malformed += 1;
            report.first_malformed.get_or_insert_with(|| format!("line {number}: {reason}"));
        }
        if report.used > MOST_ROWS {
            return Err(Error::new(Code::SourceTooLarge, format!("it has more than {MOST_ROWS} rows")));
        }
        Ok(())
    })?;
    let first = report.first_malformed.as_deref().unwrap_or_default();
    refuse_malformed(report.used + report.special, report.malformed, first)?;
    Ok((rows.into(), report))
}

/// The rows that were read so far.
#[derive(Default)]
struct Rows {
    v4: FamilyRows<u32>,
    v6: FamilyRows<u128>,
}

/// The rows of one family.
struct FamilyRows<A> {
    ranges: Vec<AddressRange<A>>,
    special: RangeSet<A>,
}

impl<A: IpBits> Default for FamilyRows<A> {
    fn default() -> Self {
        let special = A::special_blocks().into_iter().map(|block| AddressRange::from(block.prefix));
        Self { ranges: Vec::new(), special: special.collect() }
    }
}

impl Rows {
    fn take(&mut self, line: Line, report: &mut Report) -> Result<(), &'static str> {
        match line {
            Line::V4(range) => self.v4.take(range, WIDEST_V4, report)?,
            Line::V6(range) => self.v6.take(range, WIDEST_V6, report)?,
            Line::MadeAt(seconds) => report.made_at = report.made_at.max(Some(seconds)),
            Line::Nothing => {}
        }
        Ok(())
    }
}

impl From<Rows> for Addresses {
    fn from(Rows { v4, v6 }: Rows) -> Self {
        Self { v4: v4.ranges.into_iter().collect(), v6: v6.ranges.into_iter().collect() }
    }
}

impl<A: IpBits> FamilyRows<A> {
    fn take(
        &mut self,
        range: AddressRange<A>,
        widest: u128,
        report: &mut Report,
    ) -> Result<(), &'static str> {
        let around = self.special.range_of(range.first());
        if around.is_some_and(|around| around.contains(range.last())) {
            report.special += 1;
        } else if range.span() >= widest {
            return Err("it names too many addresses for one row");
        } else {
            report.used += 1;
            self.ranges.push(range);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<(Vec<String>, Report)> {
        let (list, report) = read(&mut text.as_bytes())?;
        let v4 = list.v4.ranges().iter().map(ToString::to_string);
        let v6 = list.v6.ranges().iter().map(ToString::to_string);
        Ok((v4.chain(v6).collect(), report))
    }

    #[test]
    fn rows_of_both_families_are_joined_whatever_their_order() {
        let text =
            "# a list\r\n198.51.100.128/25\r\n2001:db8::1\r\n\r\n198.51.100.0/25\n198.51.100.7\n2001:db8::2";
        let (ranges, report) = list(text).unwrap();
        assert_eq!(ranges, ["198.51.100.0-198.51.100.255", "2001:db8::1-2001:db8::2"]);
        assert_eq!((report.used, report.special, report.malformed), (5, 0, 0));
    }

    #[test]
    fn what_is_never_dropped_is_left_out_and_counted() {
        let text = "10.0.0.0/8\n127.0.0.0/8\n224.0.0.0/3\n192.168.1.7\nfe80::1\n198.51.100.7\n";
        let (ranges, report) = list(text).unwrap();
        assert_eq!(ranges, ["198.51.100.7-198.51.100.7"]);
        assert_eq!((report.used, report.special), (1, 5));
    }

    #[test]
    fn a_row_that_names_a_large_part_of_the_internet_is_refused() {
        for wide in ["8.0.0.0/7", "2000::/3", "0.0.0.0-255.255.255.255", "0.0.0.0/0", "::/0"] {
            let (ranges, report) = list(&format!("9.0.0.0/8\n2001::/16\n{wide}\n")).unwrap();
            assert_eq!((ranges.len(), report.malformed), (2, 1), "{wide}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused_and_an_empty_one_is_not() {
        for text in ["<html>blocked</html>", "not found", "a\nb\nc\n", "198.51.100.7\nx\ny\n"] {
            assert_eq!(list(text).unwrap_err().code(), Code::SourceMalformed, "{text}");
        }
        let (ranges, report) = list("# nothing today\n").unwrap();
        assert_eq!((ranges.len(), report), (0, Report::default()));
    }

    #[test]
    fn the_publishers_own_date_is_kept() {
        let text = "{\"cidr\":\"198.51.100.0/24\"}\n{\"type\":\"metadata\",\"timestamp\":1764374400}\n";
        assert_eq!(list(text).unwrap().1.made_at, Some(1_764_374_400));
    }
}
