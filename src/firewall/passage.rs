//! Predicts what INPUT does with new connections.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{IpAddr, UdpSocket};

use super::rules::input::{Passage, System};
use super::sets::SetHeader;
use super::{Firewall, KernelSnapshot};
use crate::error::Result;
use crate::net::{Connections, DroppedConnections, Family};

impl Firewall {
    /// What happens to new connections by the rules in `found`, with the filter in its proper place: to the one that fares
    /// worst. `None` if the family is not covered. `dropped` says which of them the policy drops.
    ///
    /// # Errors
    /// Those of the kernel, which is asked about the sets in the rules.
    pub fn passage(
        &self,
        found: &KernelSnapshot,
        connections: &Connections,
        dropped: DroppedConnections,
    ) -> Result<Option<Passage>> {
        let family = Family::of(connections.source.into());
        let Some(rules_of_family) =
            found.families.iter().find(|rules_of_family| rules_of_family.family == family)
        else {
            return Ok(None);
        };
        let system = ThisSystem {
            firewall: self,
            sets: &found.sets.0,
            family,
            interfaces: interfaces(),
            answers: RefCell::default(),
        };
        let let_through = rules_of_family.honoured();
        Ok(Some(rules_of_family.input.passage_of_all(connections, dropped, &let_through, &system)))
    }
}

/// The facts about this system that a rule may depend on.
struct ThisSystem<'a> {
    firewall: &'a Firewall,
    sets: &'a [SetHeader],
    family: Family,
    interfaces: Vec<String>,
    /// For each set, whether it contains the source, as far as the kernel could answer.
    answers: RefCell<HashMap<String, Option<bool>>>,
}

impl System for ThisSystem<'_> {
    fn set_holds(&self, set: &str, address: IpAddr) -> Option<bool> {
        /// Set types whose entries consist of an address only.
        const PLAIN: [&str; 3] = ["hash:ip", "hash:net", "bitmap:ip"];
        let header = self.sets.iter().find(|header| header.name == set)?;
        if header.family != self.family || !PLAIN.contains(&header.kind.as_str()) {
            return None;
        }
        let ask = || {
            let answer = self.firewall.loader.holds(set, address);
            answer.inspect_err(|error| log::warn!("{error}")).ok()
        };
        *self.answers.borrow_mut().entry(set.to_owned()).or_insert_with(ask)
    }

    fn interfaces(&self) -> &[String] {
        &self.interfaces
    }

    fn is_own(&self, address: IpAddr) -> bool {
        // A broadcast or multicast address can be bound but is never a source. The port does not matter.
        let any: IpAddr = if address.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let sends_from = || -> io::Result<IpAddr> {
            let socket = UdpSocket::bind((any, 0))?;
            socket.connect((address, 9))?;
            Ok(socket.local_addr()?.ip())
        };
        sends_from().is_ok_and(|source| source == address)
    }
}

/// The network interfaces of this namespace, without loopback.
fn interfaces() -> Vec<String> {
    let table = fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned());
    names.filter(|name| name != "lo").collect()
}
