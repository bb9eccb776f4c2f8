//! The addresses of hosts, as name servers give them.

mod system;

use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

pub use system::SystemResolver;

use crate::net::HostName;

/// Looks up the addresses of hosts, behind a trait so that tests can answer.
pub trait Resolver: Debug + Send + Sync {
    /// Asks about all `hosts` at once and waits no longer than `patience`. One for each host, in their order.
    fn resolve(&self, hosts: &[HostName], patience: Duration) -> Vec<Answers>;
}

/// What name servers say about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// About its IPv4 addresses.
    pub v4: Answer,
    /// About its IPv6 addresses.
    pub v6: Answer,
}

/// What name servers say about the addresses of a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The addresses; none if the host has none, or does not exist.
    Addresses(Vec<IpAddr>),
    /// Nobody answered in time, or nobody could; and why.
    Silence(String),
}
