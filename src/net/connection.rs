//! An incoming connection, as the rules of a firewall see it.

use std::net::IpAddr;

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
