//! An incoming connection, as the rules of a firewall see it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// The protocols that have ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The first packet of a connection to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Connection {
    /// The sender.
    pub source: IpAddr,
    /// The transport protocol.
    pub protocol: Transport,
    /// The destination port on this machine.
    pub port: u16,
}

/// New connections from one sender to each port of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// The sender.
    pub source: IpAddr,
    /// The transport protocol.
    pub protocol: Transport,
    /// The destination ports on this machine.
    pub ports: RangeInclusive<u16>,
}

impl Connections {
    /// The one to this port.
    pub fn to(&self, port: u16) -> Connection {
        Connection { source: self.source, protocol: self.protocol, port }
    }
}
