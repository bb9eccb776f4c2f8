//! The delegation files of the five regional internet registries: one file per registry, published daily.
//!
//! Format: <https://ftp.ripe.net/pub/stats/ripencc/RIR-Statistics-Exchange-Format.txt>.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use jiff::civil::Date;

use super::address::{parse_ipv4, parse_ipv6};
use super::checksum::{Sum, verify};
use super::text::{fields, is_text};
use super::{
    Attribution, Fetched, Online, Row, RowSink, Source, SourceId, Unpacked, absent, for_each_line, validators,
};
use crate::country::CountryCode;
use crate::dataset::Provenance;
use crate::download::{Response, Site, Url};
use crate::error::{Code, Error, Result};
use crate::net::{AddressRange, Prefix};

/// The delegation files.
pub(super) struct Rir;

/// The registries by their own names, which occur in file names and in the files.
const REGISTRIES: &[&str] = &["afrinic", "apnic", "arin", "lacnic", "ripencc"];

impl Source for Rir {
    fn id(&self) -> SourceId {
        SourceId::Rir
    }

    fn title(&self) -> &'static str {
        "RIR delegation files"
    }

    fn licence(&self) -> &'static str {
        "Delegation statistics of AFRINIC, APNIC, ARIN, LACNIC and RIPE NCC"
    }

    fn attribution(&self) -> Attribution {
        Attribution { text: "AFRINIC, APNIC, ARIN, LACNIC, RIPE NCC", url: "https://www.nro.net/about/rirs/" }
    }

    fn stale_after_days(&self) -> u16 {
        15
    }

    fn parts(&self) -> &'static [&'static str] {
        REGISTRIES
    }

    fn part_of(&self, file_name: &str) -> Option<&'static str> {
        REGISTRIES.iter().copied().find(|registry| file_name.starts_with(&format!("delegated-{registry}-")))
    }

    fn read(&self, part: &str, _: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()> {
        let mut file = DelegationFile::default();
        for_each_line(Unpacked::new(content)?, Line::parse, |number, line| file.take(number, line, rows))?;
        rows.set_release(file.check(part)?);
        Ok(())
    }

    fn fetch(&self, part: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
        let file_name = format!("delegated-{part}-extended-latest");
        let bases = match online.site {
            Site::Publisher => bases(part),
            // For a mirror, `Online::url` ignores the base.
            Site::Mirror(_) => vec![String::new()],
        };
        let mut failures = Vec::new();
        for base in bases {
            match fetch_from(&online.url(&base, &file_name), &file_name, online, last) {
                Ok(fetched) => return Ok(fetched),
                Err(failure) => failures.push(failure),
            }
        }
        let reasons: Vec<&str> = failures.iter().map(Error::message).collect();
        let code = failures.last().map_or(Code::SourceDownload, Error::code);
        Err(Error::new(code, reasons.join("; ")))
    }
}

/// Base URLs: the registry's own server, then the mirror of all registries at RIPE NCC.
fn bases(registry: &str) -> Vec<String> {
    let host = registry.strip_suffix("ncc").unwrap_or(registry);
    let mut hosts = vec![host, "ripe"];
    hosts.dedup();
    hosts.iter().map(|host| format!("https://ftp.{host}.net/pub/stats/{registry}")).collect()
}

/// A file without a known length is accepted here, because its summary lines say how many records it must have.
fn fetch_from(url: &Url, file_name: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
    match online.downloader.get(url, validators(last, url).as_ref(), online.progress)? {
        Response::NotModified => Ok(Fetched::Unchanged),
        Response::NotFound { status, .. } => Err(absent(url, &status)),
        Response::File(downloaded) => {
            verify(Sum::Md5, &downloaded, &url.with(".md5"), file_name, online)?;
            Ok(Fetched::New { downloaded, file_name: file_name.to_owned() })
        }
    }
}

/// What a delegation file says about itself, for comparison with its content.
#[derive(Default)]
struct DelegationFile {
    registry: Option<String>,
    last_day: Option<String>,
    ipv4: Records,
    ipv6: Records,
    /// Number of damaged lines whose record type is unknown.
    unclear: u64,
}

/// The number of records of one type.
#[derive(Default)]
struct Records {
    /// By the summary line.
    expected: Option<u64>,
    /// Found in the file.
    found: u64,
}

impl DelegationFile {
    fn take(&mut self, number: u64, line: Line, rows: &mut RowSink) -> Result<()> {
        match line {
            Line::Irrelevant => Ok(()),
            Line::Version { registry, last_day } if self.registry.is_none() => {
                self.registry = Some(registry);
                self.last_day = Some(last_day);
                Ok(())
            }
            Line::Version { .. } => rows.take(number, Err("it is a second version line")),
            Line::Summary { kind, count } => {
                self.records(kind).expected = Some(count);
                Ok(())
            }
            Line::NotText { kind } => {
                match kind {
                    Some(kind) => self.records(kind).found += 1,
                    None => self.unclear += 1,
                }
                rows.take(number, Err("it is not text"))
            }
            Line::Record { kind, assignment } => {
                if let Some(kind) = kind {
                    self.records(kind).found += 1;
                }
                match assignment {
                    Assignment::Assigned(row) => rows.take(number, row),
                    Assignment::Unassigned => {
                        rows.count_unassigned();
                        Ok(())
                    }
                }
            }
        }
    }

    fn records(&mut self, kind: Kind) -> &mut Records {
        match kind {
            Kind::Ipv4 => &mut self.ipv4,
            Kind::Ipv6 => &mut self.ipv6,
        }
    }

    /// Compares the content with the header and the summary. Returns the release, which is the last day that the file
    /// covers.
    fn check(self, part: &str) -> Result<Option<String>> {
        let malformed = |message: String| Err(Error::new(Code::SourceMalformed, message));
        match self.registry.as_deref() {
            None => return malformed("it has no version line".into()),
            Some(registry) if registry != part => {
                return malformed(format!("it is the file of {registry}, not of {part}"));
            }
            Some(_) => {}
        }
        let mut unclear = self.unclear;
        for (kind, Records { expected, found }) in [("ipv4", self.ipv4), ("ipv6", self.ipv6)] {
            let Some(expected) = expected else {
                return malformed(format!("it has no summary of its {kind} records"));
            };
            match expected.checked_sub(found) {
                // A damaged line may be the missing record.
                Some(missing) if missing <= unclear => unclear -= missing,
                _ => return malformed(format!("it has {found} {kind} records instead of {expected}")),
            }
        }
        // A date outside the calendar is no release, because releases are compared and shown.
        let last_day = self.last_day.and_then(|day| day.parse::<Date>().ok());
        Ok(last_day.map(|day| day.to_string()))
    }
}

/// The type of a record that is about addresses.
#[derive(Clone, Copy)]
enum Kind {
    Ipv4,
    Ipv6,
}

impl Kind {
    fn of(text: &[u8]) -> Option<Self> {
        match text {
            b"ipv4" => Some(Self::Ipv4),
            b"ipv6" => Some(Self::Ipv6),
            _ => None,
        }
    }
}

/// A line of a delegation file.
enum Line {
    /// A comment, or a line about AS numbers.
    Irrelevant,
    Version {
        registry: String,
        last_day: String,
    },
    Summary {
        kind: Kind,
        count: u64,
    },
    Record {
        kind: Option<Kind>,
        assignment: Assignment,
    },
    /// A line with damaged bytes. The kind is `None` if it cannot be read.
    NotText {
        kind: Option<Kind>,
    },
}

/// The status of a record's addresses.
enum Assignment {
    /// Assigned to a country, or a record that could not be parsed.
    Assigned(Result<Row, &'static str>),
    /// Available or reserved.
    Unassigned,
}

impl Line {
    fn parse(line: &[u8]) -> Self {
        /// Fields after these do not matter.
        const FIELDS: usize = 8;
        let malformed = |kind, reason| Self::Record { kind, assignment: Assignment::Assigned(Err(reason)) };
        if line.starts_with(b"#") {
            return Self::Irrelevant;
        }
        let mut texts: [&[u8]; FIELDS] = [b""; FIELDS];
        let mut count = 0;
        for (text, field) in texts.iter_mut().zip(fields(line, b'|')) {
            *text = field;
            count += 1;
        }
        if !is_text(line) && texts[2] != b"asn" {
            return Self::NotText { kind: Kind::of(texts[2]) };
        }
        match texts[..count] {
            [version, registry, _serial, _records, _first_day, last_day, _offset]
                if version.first().is_some_and(u8::is_ascii_digit) =>
            {
                let text = |field| String::from_utf8_lossy(field).into_owned();
                Self::Version { registry: text(registry), last_day: text(last_day) }
            }
            [_, _, kind, _, count, b"summary"] => match (Kind::of(kind), parse_number(count)) {
                (Some(kind), Some(count)) => Self::Summary { kind, count },
                _ => Self::Irrelevant,
            },
            [_, _, b"asn", _, _, _, _, ..] => Self::Irrelevant,
            [_, country, kind_name, start, value, _date, status, ..] => {
                let kind = Kind::of(kind_name);
                match status {
                    b"allocated" | b"assigned" => {
                        let row = parse_record(country, kind, start, value);
                        Self::Record { kind, assignment: Assignment::Assigned(row) }
                    }
                    b"available" | b"reserved" => Self::Record { kind, assignment: Assignment::Unassigned },
                    _ => malformed(kind, "its status is not known"),
                }
            }
            _ => malformed(None, "it is not a record"),
        }
    }
}

/// Parses a record that assigns addresses to a country. An empty country code means no country.
fn parse_record(country: &[u8], kind: Option<Kind>, start: &[u8], value: &[u8]) -> Result<Row, &'static str> {
    let (first, last) = match kind.ok_or("its type is not known")? {
        Kind::Ipv4 => ipv4_range(start, value)?,
        Kind::Ipv6 => ipv6_range(start, value)?,
    };
    let country = match country {
        [] => None,
        letters => Some(CountryCode::from_ascii(letters).ok_or("its country code is not valid")?),
    };
    Ok(Row { first, last, country })
}

/// An IPv4 record is a start address and a number of addresses, which need not be a CIDR block.
fn ipv4_range(start: &[u8], count: &[u8]) -> Result<(IpAddr, IpAddr), &'static str> {
    let first = parse_ipv4(start).ok_or("its start is not an IPv4 address")?;
    let count: u32 = parse_number(count).ok_or("its number of addresses is not valid")?;
    let last = count.checked_sub(1).and_then(|rest| first.to_bits().checked_add(rest));
    let last = last.ok_or("its number of addresses is zero or too large")?;
    Ok((first.into(), Ipv4Addr::from_bits(last).into()))
}

/// An IPv6 record is a start address and a prefix length.
fn ipv6_range(start: &[u8], length: &[u8]) -> Result<(IpAddr, IpAddr), &'static str> {
    let start = parse_ipv6(start).ok_or("its start is not an IPv6 address")?;
    let length: u8 = parse_number(length).ok_or("its prefix length is not valid")?;
    let prefix = Prefix::around(start.to_bits(), length).ok_or("its prefix length is not valid")?;
    let range = AddressRange::from(prefix);
    Ok((Ipv6Addr::from_bits(range.first()).into(), Ipv6Addr::from_bits(range.last()).into()))
}

fn parse_number<N: FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_valid_date_is_an_edition() {
        let release = |last_day: &str| {
            let none = || Records { expected: Some(0), found: 0 };
            let file = DelegationFile {
                registry: Some("arin".into()),
                last_day: Some(last_day.into()),
                ipv4: none(),
                ipv6: none(),
                unclear: 0,
            };
            file.check("arin").unwrap()
        };
        assert_eq!(release("20260601").as_deref(), Some("2026-06-01"));
        for bad in ["00000000", "20260631", "2026-}0-60", "2026", "", "202606011", "\u{e9}\u{e9}\u{e9}\u{e9}"]
        {
            assert_eq!(release(bad), None, "{bad:?}");
        }
    }
}
