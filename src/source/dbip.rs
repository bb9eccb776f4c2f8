//! DB-IP Lite: one gzipped CSV file a month, `start,end,country`, IPv4 rows first.

use std::io::Read;
use std::net::IpAddr;

use super::address::{Leading, leading_ipv4, leading_ipv6, parse_ip};
use super::monthly::{Edition, Monthly, Release};
use super::text::{fields, unquote};
use super::{Attribution, Fetched, Online, Row, RowSink, Source, SourceId, Unpacked, for_each_line};
use crate::country::CountryCode;
use crate::dataset::Provenance;
use crate::error::Result;

/// DB-IP Lite, <https://db-ip.com/db/download/ip-to-country-lite>.
pub(super) struct Dbip;

const COUNTRIES: Monthly = Monthly { name: "dbip-country-lite" };

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

    fn attribution(&self) -> Attribution {
        Attribution { text: "IP Geolocation by DB-IP", url: "https://db-ip.com" }
    }

    fn stale_after_days(&self) -> u16 {
        45
    }

    fn parts(&self) -> &'static [&'static str] {
        &[COUNTRIES.name]
    }

    fn part_of(&self, _: &str) -> Option<&'static str> {
        Some(COUNTRIES.name)
    }

    fn read(&self, _: &str, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()> {
        let unpacked = Unpacked::new(content)?;
        match COUNTRIES.release([Some(file_name), unpacked.packed_name()]) {
            Release::Future(month) => rows.distrust_release(month),
            Release::Known(month) => rows.set_release(Some(month)),
            Release::Unknown => rows.set_release(None),
        }
        for_each_line(unpacked, parse_row, |number, row| rows.take(number, row))
    }

    fn fetch(&self, _: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
        COUNTRIES.fetch(online, last.map(Edition::from).as_ref())
    }
}

/// A row, or why it is malformed.
fn parse_row(line: &[u8]) -> Result<Row, &'static str> {
    let plain = plain_row(line, leading_ipv4).or_else(|| plain_row(line, leading_ipv6));
    plain.map_or_else(|| quoted_row(line), Ok)
}

/// A row in the published form, parsed in one go. `None` for a row in any other form.
fn plain_row<A: Into<IpAddr>>(line: &[u8], leading: impl Fn(&[u8]) -> Leading<'_, A>) -> Option<Row> {
    let (first, rest) = leading(line)?;
    let (last, rest) = leading(rest.strip_prefix(b",")?)?;
    let country = CountryCode::from_ascii(rest.strip_prefix(b",")?)?;
    Some(Row { first: first.into(), last: last.into(), country: Some(country) })
}

/// A row with quotes or blanks around its fields, or without a country.
fn quoted_row(line: &[u8]) -> Result<Row, &'static str> {
    let mut fields = fields(line, b',').map(unquote);
    let (Some(first), Some(last), Some(country), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err("it does not have three fields");
    };
    let first = parse_ip(first).ok_or("the first field is not an address")?;
    let last = parse_ip(last).ok_or("the second field is not an address")?;
    let country = match country {
        [] => None,
        letters => Some(CountryCode::from_ascii(letters).ok_or("the third field is not a country code")?),
    };
    Ok(Row { first, last, country })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_with_quotes_means_the_same_as_one_without(v4: [u32; 2], v6: [u128; 2], shift in 0..128, code in "[A-Za-z]{2}") {
            let [first, last] = v4.map(Ipv4Addr::from_bits);
            let [low, high] = v6.map(|bits| Ipv6Addr::from_bits(bits << shift));
            for (first, last) in [(first.into(), last.into()), (low.into(), high.into()), (first.into(), IpAddr::V6(low))] {
                let plain = format!("{first},{last},{code}");
                let quoted = format!("\"{first}\", \"{last}\" ,\"{code}\"");
                let row = Ok(Row { first, last, country: code.parse().ok() });
                prop_assert_eq!(parse_row(plain.as_bytes()), row);
                prop_assert_eq!(quoted_row(plain.as_bytes()), row);
                prop_assert_eq!(parse_row(quoted.as_bytes()), row);
            }
        }

        #[test]
        fn both_parsers_agree_on_every_line(line in "(([0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9a-f:]{0,9}|::ffff:1.2.3.4|[, ]){0,3},[0-9a-f:.]{0,9},[A-Z]{0,3}") {
            prop_assert_eq!(parse_row(line.as_bytes()), quoted_row(line.as_bytes()), "{}", line);
        }
    }
}
