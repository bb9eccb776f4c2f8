//! The sender of packets: an IPv4 address, or an IPv6 block, because its owner can use any address in it.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize, Serializer};

/// An IPv4 address, or an IPv6 block of /64. A single address is displayed without a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "crate::net::Subnet")]
pub struct Sender(IpNet);

impl Sender {
    /// The first address of the block.
    pub fn address(self) -> std::net::IpAddr {
        self.0.addr()
    }
}

impl From<IpNet> for Sender {
    fn from(net: IpNet) -> Self {
        Self(net)
    }
}

impl From<crate::net::Subnet> for Sender {
    fn from(subnet: crate::net::Subnet) -> Self {
        Self(subnet.net())
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Sender {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sender".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "IPv4 address, or IPv6 block of /64" })
    }
}
