//! Addresses and CIDR blocks in the notation that people write.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A single address or a CIDR block. Host bits are cleared. An IPv4-mapped IPv6 address becomes the IPv4 address, as
/// which it appears on the network.
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

/// The IPv4 block of an IPv6 block that contains only IPv4-mapped addresses (RFC 4291, 2.5.5.2). Any other block as it
/// is.
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
