//! Receives the rows of a source: validates them, counts them and passes them to the builder.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::country::CountryCode;
use crate::database::DatabaseBuilder;
use crate::dataset::RowCounts;
use crate::error::{Code, Error, Result};
use crate::net::AddressRange;

/// One row of a source: a range of addresses and its country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
    /// The country, or `None` if the source names none.
    pub country: Option<CountryCode>,
}

/// Receives the rows of one file.
#[derive(Debug, Default)]
pub struct RowSink {
    builder: DatabaseBuilder,
    report: RowReport,
}

/// What happened to the rows of a file.
#[derive(Debug, Default)]
pub struct RowReport {
    /// Number of rows of each kind.
    pub counts: RowCounts,
    /// Codes of used rows that are not known country codes.
    pub unknown_codes: BTreeSet<CountryCode>,
    /// The publisher's name for this edition.
    pub release: Option<String>,
    /// The edition in the file name, if it lies too far in the future to be trusted.
    pub future_release: Option<String>,
    /// The first malformed row, described in words.
    pub first_malformed: Option<String>,
}

impl RowSink {
    /// Sets the edition of the file.
    pub fn set_release(&mut self, release: Option<String>) {
        self.report.release = release;
    }

    /// Notes that the edition in the file name lies in the future. The file then counts as one of unknown date.
    pub fn distrust_release(&mut self, release: String) {
        self.report.future_release = Some(release);
    }

    /// Counts a row without a country.
    pub fn count_unassigned(&mut self) {
        self.report.counts.unassigned += 1;
    }

    /// Takes the row of a line, or the reason why it could not be parsed.
    ///
    /// # Errors
    /// `source.malformed` or `source.too_large` if the rows cannot be compiled. A malformed row alone is only counted.
    pub fn take(&mut self, line: u64, row: Result<Row, &'static str>) -> Result<()> {
        let row = row.and_then(|Row { first, last, country }| Ok((Span::new(first, last)?, country)));
        let counts = &mut self.report.counts;
        match row {
            Err(reason) => {
                counts.malformed += 1;
                self.report.first_malformed.get_or_insert_with(|| format!("line {line}: {reason}"));
            }
            Ok((span, Some(country))) if !country.is_placeholder() => {
                counts.used += 1;
                if !country.is_known() {
                    self.report.unknown_codes.insert(country);
                }
                match span {
                    Span::V4(range) => self.builder.push_v4(range, country)?,
                    Span::V6(range) => self.builder.push_v6(range, country)?,
                }
            }
            Ok(_) => counts.unassigned += 1,
        }
        Ok(())
    }

    /// Returns the rows, ready to compile, and the report.
    ///
    /// # Errors
    /// `source.malformed` if no row is usable, or if too many are malformed to trust the others.
    pub fn finish(mut self) -> Result<(DatabaseBuilder, RowReport)> {
        let RowCounts { used, malformed, .. } = self.report.counts;
        let first = self.report.first_malformed.as_deref().unwrap_or("it is empty");
        if used == 0 {
            return Err(Error::new(Code::SourceMalformed, format!("it has no usable row ({first})")));
        }
        refuse_malformed(used, malformed, first)?;
        self.report.counts.out_of_order = self.builder.out_of_order_rows();
        Ok((self.builder, self.report))
    }
}

/// Refuses a file if too many of its rows are malformed to trust the others. `first` describes the first of them.
///
/// # Errors
/// `source.malformed` if they are more than a hundred and more than one in a hundred, or more than the good ones.
pub(crate) fn refuse_malformed(used: u64, malformed: u64, first: &str) -> Result<()> {
    /// This many malformed rows are tolerated, or one in a hundred.
    const TOLERATED: u64 = 100;
    if malformed <= used.min(TOLERATED).max(used / 100) {
        return Ok(());
    }
    let message = format!("{malformed} of {} rows are malformed ({first})", used + malformed);
    Err(Error::new(Code::SourceMalformed, message))
}

/// A range of either family.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span {
    /// IPv4 addresses.
    V4(AddressRange<u32>),
    /// IPv6 addresses.
    V6(AddressRange<u128>),
}

/// Addresses of an IPv4 /5. The widest real row, `28.0.0.0-30.255.255.255`, has a third of that.
const TOO_WIDE_V4: u128 = 1 << 27;
/// Global unicast addresses of an IPv6 /5. The widest real row, `2003:4000::-23ff:…`, has half of that.
const TOO_WIDE_V6: u128 = 1 << 123;
/// RFC 4291. Nobody sends from outside this space, where DB-IP has rows that are as wide as the gaps.
const GLOBAL_UNICAST: RangeInclusive<u128> = 0x2000 << 112..=(0x4000 << 112) - 1;

impl Span {
    /// True for a row that would give a large part of the internet to one holder: a mistake or an attack.
    fn is_too_wide(&self) -> bool {
        match self {
            Self::V4(range) => range.span() + 1 >= TOO_WIDE_V4,
            Self::V6(range) => {
                let first = range.first().max(*GLOBAL_UNICAST.start());
                let last = range.last().min(*GLOBAL_UNICAST.end());
                last.checked_sub(first).is_some_and(|span| span + 1 >= TOO_WIDE_V6)
            }
        }
    }

    /// The range from `first` to `last`.
    ///
    /// # Errors
    /// In words, why it is none, or none to believe.
    pub(crate) fn new(first: IpAddr, last: IpAddr) -> Result<Self, &'static str> {
        // On the network, IPv4-mapped IPv6 addresses are IPv4 addresses.
        let ends = match (first.to_canonical(), last.to_canonical()) {
            ends @ (IpAddr::V4(_), IpAddr::V4(_)) => ends,
            _ => (first, last),
        };
        let span = match ends {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                AddressRange::new(first.to_bits(), last.to_bits()).map(Self::V4)
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                AddressRange::new(first.to_bits(), last.to_bits()).map(Self::V6)
            }
            _ => return Err("the range begins and ends in different families"),
        };
        let span = span.ok_or("the range ends before it begins")?;
        if span.is_too_wide() { Err("it is too wide for one holder") } else { Ok(span) }
    }
}
