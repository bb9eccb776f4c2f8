//! DB-IP Lite: one gzipped CSV file a month, `start,end,country`, IPv4 rows first.

use std::io::Read;
use std::net::IpAddr;

use super::{Row, RowSink, Source, SourceId, Unpacked, for_each_line};
use crate::country::CountryCode;
use crate::error::Result;

/// DB-IP Lite, <https://db-ip.com/db/download/ip-to-country-lite>.
pub(super) struct Dbip;

impl Source for Dbip {
    fn id(&self) -> SourceId {
        SourceId::Dbip
    }

    fn title(&self) -> &'static str {
        "DB-IP Lite"
    }

    fn licence(&self) -> &'static str {
        "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
    }

    fn read(&self, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()> {
        let unpacked = Unpacked::new(content)?;
        rows.set_release(release_of(file_name).or_else(|| release_of(unpacked.packed_name()?)));
        for_each_line(unpacked, |number, line| rows.take(number, parse_row(line)))
    }
}

/// The month in a file name: `dbip-country-lite-2026-06.csv.gz` is of `2026-06`.
fn release_of(file_name: &str) -> Option<String> {
    let month = file_name.strip_prefix("dbip-country-lite-")?.get(..7)?;
    let shape: String = month.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    (shape == "0000-00").then(|| month.to_owned())
}

/// A row, or why it is malformed.
fn parse_row(line: &[u8]) -> Result<Row, &'static str> {
    let mut fields = line.split(|byte| *byte == b',').map(unquote);
    let (Some(first), Some(last), Some(country), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err("it does not have three fields");
    };
    let first = parse_address(first).ok_or("the first field is not an address")?;
    let last = parse_address(last).ok_or("the second field is not an address")?;
    let country = match country {
        [] => None,
        letters => Some(CountryCode::from_ascii(letters).ok_or("the third field is not a country code")?),
    };
    Ok(Row { first, last, country })
}

fn unquote(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
}

fn parse_address(field: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(field).ok()?.parse().ok()
}
