//! An incoming connection, as the rules of a firewall see it.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::Ports;

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

/// Which new connections of a sender the filter drops, exceptions of the firewall aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DroppedConnections {
    /// None of them.
    None,
    /// Those over TCP to these ports.
    To(Ports),
    /// All of them.
    All,
}

impl DroppedConnections {
    /// True if it drops this one.
    pub fn concerns(self, connection: &Connection) -> bool {
        match self {
            Self::None => false,
            Self::To(ports) => connection.protocol == Transport::Tcp && ports.contains(connection.port),
            Self::All => true,
        }
    }

    /// True if it drops any of these.
    pub fn concerns_any(self, connections: &Connections) -> bool {
        connections.ports.clone().any(|port| self.concerns(&connections.to(port)))
    }

    /// The ports at which it may change whether a connection is dropped.
    pub fn turning_ports(self) -> Vec<u16> {
        match self {
            Self::None | Self::All => Vec::new(),
            Self::To(ports) => ports.iter().flat_map(|port| [port, port.saturating_add(1)]).collect(),
        }
    }
}

impl Connections {
    /// The one to this port.
    pub fn to(&self, port: u16) -> Connection {
        Connection { source: self.source, protocol: self.protocol, port }
    }
}
