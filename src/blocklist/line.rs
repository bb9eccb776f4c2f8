//! One line of a list. Lists have no common format, so each line is read by what stands in it.

use std::net::IpAddr;

use serde::Deserialize;

use crate::net::{AddressRange, Subnet};

/// Fields of a JSON object in which publishers name a block or an address, the preferred first.
const JSON_FIELDS: [&str; 5] = ["cidr", "prefix", "network", "ip", "address"];

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// These IPv4 addresses are listed.
    V4(AddressRange<u32>),
    /// These IPv6 addresses are listed.
    V6(AddressRange<u128>),
    /// When the publisher made the list, in seconds since 1970.
    MadeAt(i64),
    /// A comment, or another fact about the list.
    Nothing,
}

/// Reads a line that is not empty: an address, a CIDR block or a range, alone or with words behind it, or a JSON object.
///
/// # Errors
/// In words, why it is none of these.
pub(super) fn read(line: &[u8]) -> Result<Line, &'static str> {
    let line = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    if ["#", ";", "//"].iter().any(|comment| line.starts_with(comment)) {
        return Ok(Line::Nothing);
    }
    if line.starts_with('{') { read_json(line) } else { read_text(line) }
}

fn read_text(line: &str) -> Result<Line, &'static str> {
    let is_end = |c: char| c.is_whitespace() || [',', ';', '#', '|', '"'].contains(&c);
    let mut words = line.split(is_end).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    match (words.next(), words.next()) {
        (Some("-"), Some(last)) => range(first, last),
        // The ends of a range, or who attacked whom: nobody can tell.
        (Some(second), _) if second.parse::<IpAddr>().is_ok() => {
            Err("it names two addresses; a range needs a hyphen")
        }
        _ => match first.split_once('-') {
            Some((first, last)) => range(first, last),
            None => block(first),
        },
    }
}

/// Metadata of a list in JSON lines.
#[derive(Deserialize)]
struct Metadata {
    timestamp: Option<i64>,
}

fn read_json(line: &str) -> Result<Line, &'static str> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).map_err(|_| "it is no JSON object")?;
    let named = JSON_FIELDS.iter().find_map(|field| object.get(*field)?.as_str());
    if let Some(named) = named {
        return block(named);
    }
    if object.get("type").is_none_or(|kind| kind != "metadata") {
        return Err("its JSON object names no address");
    }
    let metadata = serde_json::from_value::<Metadata>(object.into());
    let made_at = metadata.ok().and_then(|metadata| metadata.timestamp);
    Ok(made_at.map_or(Line::Nothing, Line::MadeAt))
}

fn block(text: &str) -> Result<Line, &'static str> {
    let net = text.parse::<Subnet>().map_err(|_| "it names no address")?.net();
    between(net.network(), net.broadcast())
}

fn range(first: &str, last: &str) -> Result<Line, &'static str> {
    let end = |text: &str| text.parse().map(|address: IpAddr| address.to_canonical());
    match (end(first), end(last)) {
        (Ok(first), Ok(last)) => between(first, last),
        _ => Err("it names no address"),
    }
}

fn between(first: IpAddr, last: IpAddr) -> Result<Line, &'static str> {
    let line = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            AddressRange::new(first.to_bits(), last.to_bits()).map(Line::V4)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            AddressRange::new(first.to_bits(), last.to_bits()).map(Line::V6)
        }
        _ => return Err("its range begins and ends in different families"),
    };
    line.ok_or("its range ends before it begins")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The range on a line as text, and `-` for a line without one.
    fn listed(line: &str) -> Result<String, &'static str> {
        Ok(match read(line.as_bytes())? {
            Line::V4(range) => range.to_string(),
            Line::V6(range) => range.to_string(),
            Line::MadeAt(seconds) => format!("made at {seconds}"),
            Line::Nothing => "-".to_owned(),
        })
    }

    #[test]
    fn a_line_is_understood_in_every_form_that_publishers_use() {
        for (line, range) in [
            ("198.51.100.7", "198.51.100.7-198.51.100.7"),
            ("198.51.100.7/24", "198.51.100.0-198.51.100.255"),
            ("198.51.100.0/24 ; SBL1", "198.51.100.0-198.51.100.255"),
            ("198.51.100.7 # seen twice", "198.51.100.7-198.51.100.7"),
            ("198.51.100.7,2026-11-01,sip", "198.51.100.7-198.51.100.7"),
            ("\"198.51.100.7\",\"sip\"", "198.51.100.7-198.51.100.7"),
            ("198.51.100.7\tbrute force", "198.51.100.7-198.51.100.7"),
            ("198.51.100.7-198.51.100.9", "198.51.100.7-198.51.100.9"),
            ("198.51.100.7 - 198.51.100.9 , 100 , name", "198.51.100.7-198.51.100.9"),
            ("2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:DB8::1", "2001:db8::1-2001:db8::1"),
            ("::ffff:198.51.100.7", "198.51.100.7-198.51.100.7"),
            (r#"{"cidr":"198.51.100.0/24","sblid":"SBL1","rir":"ripencc"}"#, "198.51.100.0-198.51.100.255"),
            (r#"{"ip":"2001:db8::1","port":5060}"#, "2001:db8::1-2001:db8::1"),
            (r#"{"type":"metadata","timestamp":1764374400,"size":1}"#, "made at 1764374400"),
            (r#"{"type":"metadata","copyright":"(c)"}"#, "-"),
            ("# 198.51.100.7", "-"),
            ("; list", "-"),
            ("// list", "-"),
        ] {
            assert_eq!(listed(line).as_deref(), Ok(range), "{line}");
        }
    }

    #[test]
    fn a_line_that_names_no_address_gives_its_reason() {
        for line in [
            "example.org",
            "198.51.100",
            "198.51.100.0/33",
            "198.51.100.9-198.51.100.7",
            "198.51.100.7-2001:db8::1",
            "198.51.100.7-",
            "198.51.100.0\t198.51.100.255\t24",
            "198.51.100.0,198.51.100.255,DE",
            "-",
            "{",
            "[]",
            "{}",
            r#"{"cidr":7}"#,
            r#"{"type":"entry"}"#,
            "127.0.0.1 localhost".trim_start_matches("127.0.0.1 "),
        ] {
            assert!(listed(line).is_err(), "{line} gave {:?}", listed(line));
        }
        assert!(read(b"\xff\xfe").is_err());
    }
}
