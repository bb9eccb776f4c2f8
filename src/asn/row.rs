//! One row of network data: `start,end,number,name`, with quotes as in RFC 4180.

use std::borrow::Cow;

use crate::source::{Span, fields, parse_ip, unquote};

/// A range of addresses with the network that holds it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) span: Span,
    pub(super) number: u32,
    /// Its name as it is written.
    pub(super) name: Box<str>,
}

/// Reads a line that is not empty.
///
/// # Errors
/// In words, why it is no row.
pub(super) fn read(line: &[u8]) -> Result<Row, &'static str> {
    let mut fields = fields(line, b',');
    let mut field = || fields.next().map(|field| (field, unquote(field)));
    let (Some((first, start)), Some((last, end)), Some((third, number))) = (field(), field(), field()) else {
        return Err("it does not have four fields");
    };
    let start = parse_ip(start).ok_or("the first field is not an address")?;
    let end = parse_ip(end).ok_or("the second field is not an address")?;
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    let number = number.ok_or("the third field is not a number")?;
    let before_name = first.len() + last.len() + third.len() + 3;
    let name = line.get(before_name..).unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| "its name is not UTF-8")?;
    Ok(Row { span: Span::new(start, end)?, number, name: unquoted(name.trim())?.into() })
}

/// A last field without its quotes.
fn unquoted(field: &str) -> Result<Cow<'_, str>, &'static str> {
    let Some(quoted) = field.strip_prefix('"') else {
        return if field.contains([',', '"']) {
            Err("it has more than four fields, or a quote within one")
        } else {
            Ok(field.into())
        };
    };
    let content = quoted.strip_suffix('"').ok_or("a quote is not closed")?;
    if !content.contains('"') {
        return Ok(content.into());
    }
    let halves = content.replace("\"\"", "\u{0}");
    if halves.contains('"') {
        return Err("it has more than four fields, or a quote within one");
    }
    Ok(halves.replace('\u{0}', "\"").into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(line: &str) -> Result<(String, u32, String), &'static str> {
        read(line.as_bytes()).map(|Row { span, number, name }| {
            let range = match span {
                Span::V4(range) => range.to_string(),
                Span::V6(range) => range.to_string(),
            };
            (range, number, name.into())
        })
    }

    #[test]
    fn a_row_is_understood_with_and_without_quotes() {
        for (line, number, name) in [
            ("198.51.100.0,198.51.100.255,16276,OVH SAS", 16_276, "OVH SAS"),
            ("198.51.100.0,198.51.100.255,16276,\"OVH SAS\"", 16_276, "OVH SAS"),
            ("\"198.51.100.0\", \"198.51.100.255\" ,\"16276\",\"OVH SAS\"", 16_276, "OVH SAS"),
            ("198.51.100.0,198.51.100.255,13335,\"Cloudflare, Inc.\"", 13_335, "Cloudflare, Inc."),
            ("198.51.100.0,198.51.100.255,201907,\"LLC \"\"SPUTNIK\"\"\"", 201_907, "LLC \"SPUTNIK\""),
            ("198.51.100.0,198.51.100.255,0,", 0, ""),
            ("198.51.100.0,198.51.100.255,4294967295", 4_294_967_295, ""),
            ("198.51.100.0,198.51.100.255,1,\"\"", 1, ""),
            ("198.51.100.0,198.51.100.255,1,\"\"\"\"", 1, "\""),
        ] {
            let range = "198.51.100.0-198.51.100.255".to_owned();
            assert_eq!(told(line), Ok((range, number, name.to_owned())), "{line}");
        }
        assert_eq!(told("2001:db8::,2001:db8::f,7,x").unwrap().0, "2001:db8::-2001:db8::f");
        assert_eq!(
            told("::ffff:198.51.100.7,::ffff:198.51.100.8,7,x").unwrap().0,
            "198.51.100.7-198.51.100.8"
        );
    }

    #[test]
    fn a_line_that_is_no_row_gives_its_reason() {
        for line in [
            "198.51.100.0,198.51.100.255",
            "198.51.100.0/24,16276,OVH SAS",
            "198.51.100.0,198.51.100.255,DE",
            "198.51.100.0,198.51.100.255,-1,x",
            "198.51.100.0,198.51.100.255,4294967296,x",
            "198.51.100.255,198.51.100.0,1,x",
            "198.51.100.0,2001:db8::,1,x",
            "0.0.0.0,255.255.255.255,1,x",
            "198.51.100.0,198.51.100.255,1,x,y",
            "198.51.100.0,198.51.100.255,1,\"x\",\"y\"",
            "198.51.100.0,198.51.100.255,1,\"x",
            "198.51.100.0,198.51.100.255,1,\"",
            "198.51.100.0,198.51.100.255,1,x\"y",
            "start,end,number,name",
        ] {
            assert!(told(line).is_err(), "{line} gave {:?}", told(line));
        }
        assert!(read(b"198.51.100.0,198.51.100.255,1,\xff").is_err());
    }

    proptest! {
        #[test]
        fn every_name_survives_its_quotes(name in "[^\\x00-\\x1f]{0,20}") {
            let line = format!("198.51.100.0,198.51.100.255,1,\"{}\"", name.replace('"', "\"\""));
            prop_assert_eq!(told(&line).unwrap().2, name);
        }
    }
}
