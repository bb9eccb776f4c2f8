//! A connection that somebody begins, as the rules of a firewall see it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The protocols whose ports people speak of.
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
    /// Who begins it.
    pub source: IpAddr,
    /// By which protocol.
    pub protocol: Transport,
    /// To which port of this machine.
    pub port: u16,
}
