//! Where sources put their rows: checked, counted, and handed to the builder.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::country::CountryCode;
use crate::database::DatabaseBuilder;
use crate::dataset::RowCounts;
use crate::error::{Code, Error, Result};
use crate::net::AddressRange;

/// One row of a source: the addresses from `first` to `last`, and who holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address.
    pub last: IpAddr,
    /// The country; none where the source names none.
    pub country: Option<CountryCode>,
}

/// Takes the rows of one file.
#[derive(Debug, Default)]
pub struct RowSink {
    builder: DatabaseBuilder,
    report: RowReport,
}

/// What became of the rows of a file.
#[derive(Debug, Default)]
pub struct RowReport {
    /// How many rows there were of each kind.
    pub counts: RowCounts,
    /// Codes in used rows that stand for no known country.
    pub unknown_codes: BTreeSet<CountryCode>,
    /// What the publisher calls this edition.
    pub release: Option<String>,
    /// What the file's name calls an edition that cannot be there yet.
    pub future_release: Option<String>,
    /// The first row that was left out, in words.
    pub first_malformed: Option<String>,
}

impl RowSink {
    /// Says which edition the file is of.
    pub fn set_release(&mut self, release: Option<String>) {
        self.report.release = release;
    }

    /// Says that the file's name speaks of an edition that cannot be there yet: it is one of unknown date.
    pub fn distrust_release(&mut self, release: String) {
        self.report.future_release = Some(release);
    }

    /// Counts a row that names no country.
    pub fn count_unassigned(&mut self) {
        self.report.counts.unassigned += 1;
    }

    /// Takes the row of a line, or why it could not be understood.
    ///
    /// # Errors
    /// `source.malformed` when the rows cannot be compiled at all; a bad row alone is only counted.
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

    /// The rows, ready to compile, and what became of them.
    ///
    /// # Errors
    /// `source.malformed` when there is no usable row or too many are malformed to trust the rest.
    pub fn finish(mut self) -> Result<(DatabaseBuilder, RowReport)> {
        /// So many bad rows are tolerated, or one in a hundred.
        const TOLERATED: u64 = 100;
        let RowCounts { used, malformed, .. } = self.report.counts;
        let first = self.report.first_malformed.as_deref().unwrap_or("it is empty");
        if used == 0 {
            return Err(Error::new(Code::SourceMalformed, format!("it holds no usable row ({first})")));
        }
        if malformed > used.min(TOLERATED).max(used / 100) {
            let message = format!("{malformed} of {} rows are malformed ({first})", used + malformed);
            return Err(Error::new(Code::SourceMalformed, message));
        }
        self.report.counts.displaced = self.builder.displaced_rows();
        Ok((self.builder, self.report))
    }
}

/// A range of either family.
enum Span {
    V4(AddressRange<u32>),
    V6(AddressRange<u128>),
}

/// As many addresses as a /5 has: the widest real row, `28.0.0.0-30.255.255.255`, holds a third of that.
const TOO_WIDE_V4: u128 = 1 << 27;
/// As many addresses of global unicast as a /5 has: the widest real row, `2003:4000::-23ff:…`, holds half of that.
const TOO_WIDE_V6: u128 = 1 << 123;
/// RFC 4291. Nobody sends from space outside it, and DB-IP's rows of that are as wide as the gaps.
const GLOBAL_UNICAST: RangeInclusive<u128> = 0x2000 << 112..=(0x4000 << 112) - 1;

impl Span {
    /// True for a row that would put a good part of the internet into one country: a mistake, or an attack.
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

    fn new(first: IpAddr, last: IpAddr) -> Result<Self, &'static str> {
        // To the network, addresses that are mapped into IPv6 are those of IPv4.
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
        if span.is_too_wide() { Err("no country holds that many addresses in a row") } else { Ok(span) }
    }
}
