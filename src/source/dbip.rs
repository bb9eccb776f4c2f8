//! DB-IP Lite: one gzipped CSV file a month, `start,end,country`, IPv4 rows first.

use std::io::Read;
use std::net::IpAddr;

use jiff::civil::Date;
use jiff::fmt::rfc2822;
use jiff::{Timestamp, ToSpan};

use super::address::{Leading, leading_ipv4, leading_ipv6, parse_ip};
use super::text::fields;
use super::{
    Attribution, Fetched, Online, Row, RowSink, Source, SourceId, Unpacked, for_each_line,
    refuse_unless_whole, utc_date, validators,
};
use crate::country::CountryCode;
use crate::dataset::Provenance;
use crate::download::{Response, Validators};
use crate::error::{Code, Error, Result};

/// DB-IP Lite, <https://db-ip.com/db/download/ip-to-country-lite>.
pub(super) struct Dbip;

const BASE: &str = "https://download.db-ip.com/free";
const NAME: &str = "dbip-country-lite";
/// How many months before the current one to try. A new month appears some days late, and old months are deleted.
const MONTHS_BACK: usize = 6;

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
        &[NAME]
    }

    fn part_of(&self, _: &str) -> Option<&'static str> {
        Some(NAME)
    }

    fn read(&self, _: &str, file_name: &str, content: &mut dyn Read, rows: &mut RowSink) -> Result<()> {
        let unpacked = Unpacked::new(content)?;
        match release_of(file_name).or_else(|| release_of(unpacked.packed_name()?)) {
            Some(month) if is_future(&month, utc_date(Timestamp::now())) => rows.distrust_release(month),
            known => rows.set_release(known),
        }
        for_each_line(unpacked, parse_row, |number, row| rows.take(number, row))
    }

    fn fetch(&self, _: &str, online: &Online<'_>, last: Option<&Provenance>) -> Result<Fetched> {
        let our_date = utc_date(Timestamp::now());
        let (server_date, status) = match fetch_newest(our_date, online, last)? {
            Walk::Found(fetched) => return Ok(fetched),
            Walk::Nothing { server_date, status } => (server_date, status),
        };
        // Nothing is published by our clock's calendar. The clock may be wrong, so try the server's date.
        if let Some(server_date) =
            server_date.filter(|date| date.first_of_month() != our_date.first_of_month())
            && let Walk::Found(fetched) = fetch_newest(server_date, online, last)?
        {
            return Ok(fetched);
        }
        let url = online.url(BASE, &file_name(our_date));
        let message = format!(
            "there is no {url}, nor any of the {MONTHS_BACK} months before: the server answered {status}"
        );
        Err(Error::new(Code::SourceDownload, message))
    }
}

/// The result of walking back month by month.
enum Walk {
    Found(Fetched),
    Nothing { server_date: Option<Date>, status: String },
}

fn fetch_newest(from: Date, online: &Online<'_>, last: Option<&Provenance>) -> Result<Walk> {
    let (mut server_date, mut said) = (None, String::new());
    let last_release = last.and_then(|last| last.release.as_deref()).filter(|month| !is_future(month, from));
    let months =
        std::iter::successors(Some(from.first_of_month()), |month| month.checked_sub(1.month()).ok());
    for month in months.take(MONTHS_BACK + 1) {
        let (file_name, month) = (file_name(month), month_name(month));
        let url = online.url(BASE, &file_name);
        let known = match last_release {
            Some(release) if month.as_str() < release => return Ok(Walk::Found(Fetched::Unchanged)),
            // This is the edition we have. Ask for it only if the server can answer that it is unchanged.
            Some(release) if month == release => match validators(last, &url) {
                Some(known) if known != Validators::default() => Some(known),
                _ => return Ok(Walk::Found(Fetched::Unchanged)),
            },
            _ => None,
        };
        match online.downloader.get(&url, known.as_ref(), online.progress)? {
            Response::File(downloaded) => {
                refuse_unless_whole(&downloaded)?;
                return Ok(Walk::Found(Fetched::New { downloaded, file_name }));
            }
            Response::NotModified => return Ok(Walk::Found(Fetched::Unchanged)),
            Response::NotFound { server_date: date, status } => {
                said = status;
                let parser = rfc2822::DateTimeParser::new();
                server_date = date.and_then(|date| parser.parse_timestamp(&date).ok()).map(utc_date);
            }
        }
    }
    Ok(Walk::Nothing { server_date, status: said })
}

fn month_name(month: Date) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

fn file_name(month: Date) -> String {
    format!("{NAME}-{}.csv.gz", month_name(month))
}

/// The month in a file name: `dbip-country-lite-2026-06.csv.gz` gives `2026-06`.
fn release_of(file_name: &str) -> Option<String> {
    let month = file_name.strip_prefix(NAME)?.strip_prefix('-')?.get(..7)?;
    let day = format!("{month}-01");
    day.parse::<Date>().is_ok_and(|date| month_name(date) == month).then(|| month.to_owned())
}

/// True for a month too far ahead to be published today. If we trusted it, every real edition would look older until
/// that month comes. The next month is accepted, in case our clock is behind.
fn is_future(month: &str, today: Date) -> bool {
    today.first_of_month().checked_add(1.month()).is_ok_and(|next| *month > *month_name(next))
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

fn unquote(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field)
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
