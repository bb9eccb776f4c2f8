//! What becomes of a new connection on its way through INPUT.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{IpAddr, UdpSocket};

use super::rules::input::{Passage, System};
use super::sets::SetHeader;
use super::{Firewall, KernelSnapshot};
use crate::error::Result;
use crate::net::{Connection, Family};

impl Firewall {
    /// What becomes of a new connection in the rules of `found`, with the filter where it belongs; none if its family is
    /// not covered. `against`: the policy drops its source.
    ///
    /// # Errors
    /// Those of the kernel, which is asked for members of sets that rules name.
    pub fn passage(
        &self,
        found: &KernelSnapshot,
        connection: &Connection,
        against: bool,
    ) -> Result<Option<Passage>> {
        let family = if connection.source.is_ipv4() { Family::V4 } else { Family::V6 };
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
        Ok(Some(rules_of_family.input.passage(connection, against, &rules_of_family.honoured(), &system)))
    }
}

/// The system that the helper runs on.
struct ThisSystem<'a> {
    firewall: &'a Firewall,
    sets: &'a [SetHeader],
    family: Family,
    interfaces: Vec<String>,
    /// What the kernel said of a set and the one source.
    answers: RefCell<HashMap<String, Option<bool>>>,
}

impl System for ThisSystem<'_> {
    fn set_holds(&self, set: &str, address: IpAddr) -> Option<bool> {
        /// Types whose members are addresses alone.
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
        // Nobody sends from an address that stands for many, though a socket may be bound to it. The port is any.
        let any: IpAddr = if address.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let sends_from = || -> io::Result<IpAddr> {
            let socket = UdpSocket::bind((any, 0))?;
            socket.connect((address, 9))?;
            Ok(socket.local_addr()?.ip())
        };
        sends_from().is_ok_and(|source| source == address)
    }
}

/// The interfaces of this network namespace that lead out of the machine.
fn interfaces() -> Vec<String> {
    let table = fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned());
    names.filter(|name| name != "lo").collect()
}
