//! The delegation files of the five regional internet registries, one file each, made daily.
//!
//! Format: <https://ftp.ripe.net/pub/stats/ripencc/RIR-Statistics-Exchange-Format.txt>.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use jiff::civil::Date;

use super::address::{parse_ipv4, parse_ipv6};
use super::checksum::verify_md5;
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

/// The registries, as they call themselves in file names and in the files.
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
            // Online::url puts the mirror in the place of any base.
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

/// The registry's own server, then the mirror that RIPE NCC keeps of all five.
fn bases(registry: &str) -> Vec<String> {
    let host = registry.strip_suffix("ncc").unwrap_or(registry);
    let mut hosts = vec![host, "ripe"];
    hosts.dedup();
    hosts.iter().map(|host| format!("https://ftp.{host}.net/pub/stats/{registry}")).collect()
}

/// A file that came without its length is believed: its summary lines tell how many records there are.
fn fetch_from(url: &Url, file_name: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
    match online.downloader.get(url, validators(last, url).as_ref(), online.progress)? {
        Response::NotModified => Ok(Fetched::Unchanged),
        Response::NotFound { status, .. } => Err(absent(url, &status)),
        Response::File(downloaded) => {
            verify_md5(&downloaded, &url.with(".md5"), file_name, online)?;
            Ok(Fetched::New { downloaded, file_name: file_name.to_owned() })
        }
    }
}

/// What a delegation file says of itself, to be compared with what is in it.
#[derive(Default)]
struct DelegationFile {
    registry: Option<String>,
    last_day: Option<String>,
    ipv4: Records,
    ipv6: Records,
    /// Damaged lines of which nobody can tell what they are about.
    unclear: u64,
}

/// The records of a type.
#[derive(Default)]
struct Records {
    /// How many the summary line tells.
    promised: Option<u64>,
    /// How many were there.
    found: u64,
}

impl DelegationFile {
    fn take(&mut self, number: u64, line: Line, rows: &mut RowSink) -> Result<()> {
        match line {
            Line::Aside => Ok(()),
            Line::Version { registry, last_day } if self.registry.is_none() => {
                self.registry = Some(registry);
                self.last_day = Some(last_day);
                Ok(())
            }
            Line::Version { .. } => rows.take(number, Err("it is a second version line")),
            Line::Summary { kind, count } => {
                self.records(kind).promised = Some(count);
                Ok(())
            }
            Line::NotText { kind } => {
                match kind {
                    Some(kind) => self.records(kind).found += 1,
                    None => self.unclear += 1,
                }
                rows.take(number, Err("it is not text"))
            }
            Line::Record { kind, holding } => {
                if let Some(kind) = kind {
                    self.records(kind).found += 1;
                }
                match holding {
                    Holding::Given(row) => rows.take(number, row),
                    Holding::Free => {
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

    /// Compares the file with its own header and summary; the release is the last day it covers.
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
        for (kind, Records { promised, found }) in [("ipv4", self.ipv4), ("ipv6", self.ipv6)] {
            let Some(promised) = promised else {
                return malformed(format!("it has no summary of its {kind} records"));
            };
            match promised.checked_sub(found) {
                // A damaged line may be the record that is missing.
                Some(missing) if missing <= unclear => unclear -= missing,
                _ => return malformed(format!("it holds {found} {kind} records instead of {promised}")),
            }
        }
        // A day that is none names no edition; editions are compared and shown.
        let last_day = self.last_day.and_then(|day| day.parse::<Date>().ok());
        Ok(last_day.map(|day| day.to_string()))
    }
}

/// What a record is about.
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
    /// A comment, or about numbers that are no addresses.
    Aside,
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
        holding: Holding,
    },
    /// A damaged line; none where it cannot be told what it is about.
    NotText {
        kind: Option<Kind>,
    },
}

/// Who holds the addresses of a record.
enum Holding {
    /// A country, unless the record cannot be understood.
    Given(Result<Row, &'static str>),
    /// Nobody: they are available or reserved.
    Free,
}

impl Line {
    fn parse(line: &[u8]) -> Self {
        /// No more fields are of interest.
        const FIELDS: usize = 8;
        let malformed = |kind, reason| Self::Record { kind, holding: Holding::Given(Err(reason)) };
        if line.starts_with(b"#") {
            return Self::Aside;
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
                _ => Self::Aside,
            },
            [_, _, b"asn", _, _, _, _, ..] => Self::Aside,
            [_, country, kind_name, start, value, _date, status, ..] => {
                let kind = Kind::of(kind_name);
                match status {
                    b"allocated" | b"assigned" => {
                        let row = parse_record(country, kind, start, value);
                        Self::Record { kind, holding: Holding::Given(row) }
                    }
                    b"available" | b"reserved" => Self::Record { kind, holding: Holding::Free },
                    _ => malformed(kind, "its status is not known"),
                }
            }
            _ => malformed(None, "it is not a record"),
        }
    }
}

/// A record that gives addresses to a country; an empty code names none.
fn parse_record(country: &[u8], kind: Option<Kind>, start: &[u8], value: &[u8]) -> Result<Row, &'static str> {
    let (first, last) = match kind.ok_or("its type is not known")? {
        Kind::Ipv4 => ipv4_range(start, value)?,
        Kind::Ipv6 => ipv6_range(start, value)?,
    };
    let country = match country {
        [] => None,
        letters => Some(CountryCode::from_ascii(letters).ok_or("its country code is not one")?),
    };
    Ok(Row { first, last, country })
}

/// An IPv4 record counts addresses: any number of them, from any address on.
fn ipv4_range(start: &[u8], count: &[u8]) -> Result<(IpAddr, IpAddr), &'static str> {
    let first = parse_ipv4(start).ok_or("its start is not an IPv4 address")?;
    let count: u32 = parse_number(count).ok_or("its number of addresses is not one")?;
    let last = count.checked_sub(1).and_then(|rest| first.to_bits().checked_add(rest));
    let last = last.ok_or("it holds no addresses or more than there are")?;
    Ok((first.into(), Ipv4Addr::from_bits(last).into()))
}

/// An IPv6 record names a prefix length.
fn ipv6_range(start: &[u8], length: &[u8]) -> Result<(IpAddr, IpAddr), &'static str> {
    let start = parse_ipv6(start).ok_or("its start is not an IPv6 address")?;
    let length: u8 = parse_number(length).ok_or("its prefix length is not one")?;
    let prefix = Prefix::around(start.to_bits(), length).ok_or("its prefix length is not one")?;
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
    fn only_a_day_of_the_calendar_is_an_edition() {
        let release = |last_day: &str| {
            let none = || Records { promised: Some(0), found: 0 };
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
