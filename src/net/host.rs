//! Host names of the public DNS.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most letters of a name, and of one of its labels (RFC 1035, 2.3.4).
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Domains that no public name server answers for: RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution of 2024-07-29.
const NOT_PUBLIC: [&str; 4] = ["localhost", "local", "internal", "home.arpa"];

/// The name of a host that anybody can look up: letters, digits and hyphens (RFC 1123, 2.1), in lower case, without a dot
/// at its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct HostName(String);

impl HostName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let labels: Vec<&str> = name.split('.').collect();
        let refused = |why: &str| Err(format!("{text:?} is not the name of a public host: {why}"));
        if text.parse::<IpAddr>().is_ok() || labels.last().is_some_and(|last| is_number(last)) {
            return refused("it is an address, or would be taken for one");
        }
        if name.len() > LONGEST {
            return refused("it is longer than 253 letters");
        }
        if !labels.iter().all(|label| is_label(label)) {
            return refused(
                "between its dots stand 1 to 63 letters, digits and hyphens, no hyphen first or last",
            );
        }
        if labels.len() < 2 {
            return refused("it has no dot");
        }
        let is_within = |domain: &&str| {
            name.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if let Some(domain) = NOT_PUBLIC.into_iter().find(is_within) {
            return refused(&format!("names in {domain} are known on one network alone"));
        }
        Ok(Self(name))
    }
}

fn is_label(label: &str) -> bool {
    let is_ldh = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let bounds = [label.bytes().next(), label.bytes().last()];
    is_ldh && label.len() <= LONGEST_LABEL && bounds.iter().all(|byte| byte.is_some_and(|byte| byte != b'-'))
}

/// True for a last label that makes programs read the whole as an IPv4 address: a number, also a hexadecimal one.
fn is_number(label: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal = label.strip_prefix("0x");
    digits(label) || hexadecimal.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl TryFrom<String> for HostName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for HostName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HostName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "maxLength": LONGEST + 1,
            "description": "Name of a public host: letters, digits and hyphens, at least one dot"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(length: usize) -> String {
        "a".repeat(length)
    }

    #[test]
    fn names_are_folded_to_one_form() {
        let longest = [label(63), label(63), label(63), label(61)].join(".");
        for (text, name) in [
            ("anna.example.net", "anna.example.net"),
            ("Anna.EXAMPLE.net.", "anna.example.net"),
            ("a.b", "a.b"),
            ("4.example", "4.example"),
            ("1.2.3.example.net", "1.2.3.example.net"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("a--b.example", "a--b.example"),
            ("localhost.example.net", "localhost.example.net"),
            ("mylocal.example", "mylocal.example"),
            ("internal.example", "internal.example"),
            (&longest, &longest),
        ] {
            assert_eq!(text.parse().map(|host: HostName| host.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_the_name_of_a_public_host_is_refused() {
        let (long_label, long_name) = (format!("{}.example", label(64)), vec![label(63); 4].join("."));
        for text in [
            "",
            ".",
            "..",
            "anna",
            "anna.",
            "anna..example",
            ".example.net",
            "anna.example.net..",
            "-anna.example",
            "anna-.example",
            "an_na.example",
            "*.example.net",
            "anna.example.net:5060",
            "an na.example",
            " anna.example.net",
            "bücher.example",
            "localhost",
            "pbx.localhost",
            "pbx.local",
            "PBX.Local.",
            "pbx.internal",
            "home.arpa",
            "pbx.home.arpa",
            "198.51.100.7",
            "198.51.100.7.",
            "198.51.100",
            "10.0.0.300",
            "1.0x7f",
            "a.0x",
            "198.51.100.0/24",
            "2001:db8::7",
            "::ffff:198.51.100.7",
            &long_label,
            &long_name,
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text:?} was accepted");
        }
    }
}
