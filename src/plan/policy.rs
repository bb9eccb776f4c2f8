//! The policy: which addresses an administrator wants dropped.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::moment;
use crate::country::{COUNTRIES, CountryCode};

/// Which new connections to drop, by the country that holds their source address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Policy {
    /// What the list of countries means.
    pub mode: Mode,
    /// The countries.
    pub countries: Vec<CountryCode>,
    /// Addresses and subnets that always pass.
    #[serde(default)]
    pub allow: Vec<Subnet>,
    /// Addresses and subnets that pass for a time.
    #[serde(default)]
    pub passes: Vec<Pass>,
    /// What happens to addresses that no country holds, under `allow` and where `block` lists all of ISO 3166-1; under
    /// any other `block` they pass.
    #[serde(default)]
    pub unknown: Unknown,
    /// What becomes of the connections that the policy is against.
    #[serde(default, skip_serializing_if = "Action::is_drop")]
    pub action: Action,
}

/// What the list of countries means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Mode {
    /// Drop the listed countries.
    Block,
    /// Drop every country but the listed ones.
    Allow,
}

/// What happens to addresses that no country holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Unknown {
    /// They pass.
    #[default]
    Pass,
    /// They are dropped.
    Drop,
}

/// What becomes of the connections that a policy is against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Action {
    /// They are dropped.
    #[default]
    Drop,
    /// They are counted and go on: nothing is filtered.
    Count,
}

impl Action {
    /// The actions.
    pub const ALL: [Self; 2] = [Self::Drop, Self::Count];

    /// True if connections are dropped.
    // Called by reference where the field is left out of JSON.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_drop(&self) -> bool {
        *self == Self::Drop
    }
}

impl Policy {
    /// True if every country is blocked: all of ISO 3166-1.
    pub fn blocks_all(&self) -> bool {
        let listed: HashSet<CountryCode> = self.countries.iter().copied().collect();
        self.mode == Mode::Block && COUNTRIES.iter().all(|country| listed.contains(&country.code))
    }

    /// True if addresses that no country holds are dropped.
    pub fn drops_unknown(&self) -> bool {
        self.unknown == Unknown::Drop && (self.mode == Mode::Allow || self.blocks_all())
    }

    /// The policy as it is at a moment: without the passes that are over.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.passes.retain(|pass| pass.expires_at > now);
        self
    }
}

/// An exception that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pass {
    /// Who passes.
    pub subnet: Subnet,
    /// The moment from which on it counts no more, RFC 3339.
    #[cfg_attr(test, schemars(with = "String"))]
    #[serde(deserialize_with = "moment::deserialize")]
    pub expires_at: Timestamp,
}

impl FromStr for Pass {
    type Err = String;

    /// Reads `SUBNET@TIME`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (subnet, time) = text.split_once('@').ok_or_else(|| format!("{text:?} is not SUBNET@TIME"))?;
        Ok(Self { subnet: subnet.parse()?, expires_at: moment::parse(time)? })
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} until {}", self.subnet, self.expires_at)
    }
}

/// A single address or a CIDR block; host bits are cleared. What is written as mapped into IPv6 is of IPv4, as it is to
/// the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subnet(IpNet);

impl Subnet {
    /// The block.
    pub fn net(self) -> IpNet {
        self.0
    }
}

impl FromStr for Subnet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>()
            .or_else(|_| address())
            .map(|net| Self(unmapped(net.trunc())))
            .map_err(|_| format!("{text:?} is not an address or a CIDR block"))
    }
}

/// The block of IPv4 that a block of IPv6 stands for where it holds mapped addresses alone (RFC 4291, 2.5.5.2).
fn unmapped(net: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let IpAddr::V4(address) = net.addr().to_canonical() else { return net };
    let length = if net.max_prefix_len() == 32 {
        Some(net.prefix_len())
    } else {
        net.prefix_len().checked_sub(MAPPED_BITS)
    };
    length.and_then(|length| IpNet::new(address.into(), length).ok()).unwrap_or(net)
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Subnet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subnet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Subnet {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Subnet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "IPv4 or IPv6 address or CIDR block" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_may_end_whenever_a_date_field_can_show() {
        let ends = |text: &str| {
            format!("198.51.100.7@{text}").parse::<Pass>().map(|pass| pass.expires_at.to_string())
        };
        let last = "9999-12-30T22:00:00Z";
        for (text, end) in [
            ("2026-12-01T18:00:00+02:00", "2026-12-01T16:00:00Z"),
            ("9999-12-31T23:59:59Z", last),
            ("9999-12-31T23:59:59.999999999-14:00", last),
            ("9999-12-30T22:00:00Z", last),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("-009999-01-01T00:00:00+14:00", "-009999-01-02T01:59:59Z"),
        ] {
            assert_eq!(ends(text).as_deref(), Ok(end), "{text}");
        }
        for bad in [
            "",
            "tomorrow",
            "2026-12-01",
            "2026-12-01T18:00:00",
            "9999-12-31T23:59:59",
            "9999-12-32T00:00:00Z",
            "10000-01-01T00:00:00Z",
        ] {
            assert!(ends(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn subnets_lose_their_host_bits() {
        let text = |subnet: &str| subnet.parse::<Subnet>().map(|subnet| subnet.to_string());
        assert_eq!(text("198.51.100.7/24").unwrap(), "198.51.100.0/24");
        assert_eq!(text("198.51.100.7").unwrap(), "198.51.100.7/32");
        assert_eq!(text("2001:db8::1").unwrap(), "2001:db8::1/128");
        for (mapped, plain) in [
            ("::ffff:198.51.100.7", "198.51.100.7/32"),
            ("::FFFF:c633:6407/128", "198.51.100.7/32"),
            ("::ffff:198.51.100.7/120", "198.51.100.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:0:0/95", "::fffe:0:0/95"),
            ("::198.51.100.7", "::c633:6407/128"),
            ("64:ff9b::198.51.100.7", "64:ff9b::c633:6407/128"),
        ] {
            assert_eq!(text(mapped).unwrap(), plain);
        }
        for bad in ["", "198.51.100.0/33", "198.51.100", "example.org", "1.2.3.4/-1", "::/129"] {
            assert!(text(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
