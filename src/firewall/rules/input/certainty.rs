//! Evaluates conditions for a new connection: yes, no, or maybe.

use std::net::IpAddr;
use std::ops::Not;

use super::block::Block;
use super::conditions::{Basic, Conditions, Flag};
use super::matches::{Match, Setting, ports, range};
use crate::net::{Connection, Transport};

/// The result of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) enum Certainty {
    Yes,
    No,
    Maybe,
}

/// Facts about the system that conditions may depend on.
pub(in crate::firewall) trait System {
    /// True if the set contains the address, or `None` if that is unknown.
    fn set_holds(&self, set: &str, address: IpAddr) -> Option<bool>;

    /// The network interfaces of this machine, without loopback.
    fn interfaces(&self) -> &[String];

    /// True if `address` belongs to this machine.
    fn is_own(&self, address: IpAddr) -> bool;

    /// True if this machine connects to itself.
    fn sends(&self, connection: &Connection) -> bool {
        connection.source.is_loopback() || self.is_own(connection.source)
    }
}

impl Certainty {
    /// The conjunction of both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }
}

impl Not for Certainty {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl From<bool> for Certainty {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

impl From<Option<bool>> for Certainty {
    fn from(known: Option<bool>) -> Self {
        known.map_or(Self::Maybe, Self::from)
    }
}

impl Conditions {
    /// Whether the first packet of a connection meets the conditions.
    pub(super) fn hold(&self, connection: &Connection, system: &dyn System) -> Certainty {
        let basics = self.basics.iter().map(|basic| basic.holds(connection, system));
        let matches = self.matches.iter().map(|found| found.holds(connection, system));
        basics.chain(matches).fold(Certainty::Yes, Certainty::and)
    }
}

impl Basic {
    fn holds(&self, connection: &Connection, system: &dyn System) -> Certainty {
        let block = || Block::read(&self.value);
        let holds = match self.flag {
            Flag::Source => block().map(|block| block.holds(connection.source)).into(),
            // The destination is an address of this machine, but it is not known which one.
            Flag::Destination => {
                let is_own = self.value.split('/').next().and_then(|address| address.parse().ok());
                let is_one =
                    block().is_some_and(Block::is_one) && is_own.is_some_and(|own| system.is_own(own));
                let is_all = block().is_some_and(Block::is_all);
                if is_one || is_all { Certainty::Yes } else { Certainty::Maybe }
            }
            Flag::In if system.sends(connection) => {
                super::conditions::interface_covers(&self.value, "lo").into()
            }
            Flag::In => matches_interface(&self.value, system.interfaces()),
            Flag::Out | Flag::Fragment => Certainty::No,
            Flag::Protocol => (self.value == protocol(connection)).into(),
        };
        if self.negated { !holds } else { holds }
    }
}

fn matches_interface(pattern: &str, interfaces: &[String]) -> Certainty {
    let mut are = interfaces.iter().map(|name| super::conditions::interface_covers(pattern, name));
    let Some(first) = are.next() else { return Certainty::Maybe };
    if are.all(|other| other == first) { first.into() } else { Certainty::Maybe }
}

fn protocol(connection: &Connection) -> &'static str {
    match connection.protocol {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    }
}

impl Match {
    fn holds(&self, connection: &Connection, system: &dyn System) -> Certainty {
        match self.module.as_str() {
            "comment" => Certainty::Yes,
            "tcp" | "udp" if self.module != protocol(connection) => Certainty::No,
            "tcp" | "udp" | "multiport" | "state" | "conntrack" | "iprange" | "set" | "addrtype"
            | "recent" => {
                let settings = self.settings.iter().map(|setting| setting.holds(connection, system));
                settings.fold(Certainty::Yes, Certainty::and)
            }
            _ => Certainty::Maybe,
        }
    }
}

impl Setting {
    fn holds(&self, connection: &Connection, system: &dyn System) -> Certainty {
        let value = self.values.first().map(String::as_str).unwrap_or_default();
        let is_to =
            |list| ports(list).map(|ports| ports.iter().any(|range| range.contains(&connection.port)));
        let holds = match self.name.as_str() {
            "--dport" | "--dports" => is_to(value).into(),
            "--sport" | "--sports" => match ports(value) {
                Some(ports) if ports.iter().any(|range| (*range.start(), *range.end()) == (0, u16::MAX)) => {
                    Certainty::Yes
                }
                _ => Certainty::Maybe,
            },
            // `--ports` matches the source or the destination port; only the latter is known.
            "--ports" => is_to(value).filter(|is_to| *is_to).into(),
            "--tcp-flags" => self.matches_syn().into(),
            "--state" | "--ctstate" => self.matches_new().into(),
            "--ctproto" => [protocol(connection), number(connection)].contains(&value).into(),
            "--ctorigsrc" => Block::read(value).map(|block| block.holds(connection.source)).into(),
            "--src-range" => range(value).map(|range| range.holds(connection.source)).into(),
            "--match-set" => match self.set() {
                Some((set, "src")) => system.set_holds(set, connection.source).into(),
                _ => Certainty::Maybe,
            },
            // `--set` always matches. The others are parameters.
            "--set" | "--name" | "--mask" | "--rsource" | "--rdest" => Certainty::Yes,
            "--dst-type" if value == "LOCAL" => Certainty::Yes,
            _ => Certainty::Maybe,
        };
        if self.negated { !holds } else { holds }
    }

    /// Whether the flags of the first packet of a TCP connection match.
    fn matches_syn(&self) -> Option<bool> {
        let [looked_at, are_set] = &self.values[..] else { return None };
        let is_syn_looked_at =
            ["ALL", "SYN"].iter().any(|word| looked_at.split(',').any(|flag| flag == *word));
        Some(*are_set == if is_syn_looked_at { "SYN" } else { "NONE" })
    }

    /// Whether a new connection matches, or `None` if that depends on more.
    fn matches_new(&self) -> Option<bool> {
        let states = self.states()?;
        let has = |state| states.contains(&state);
        if has("NEW") {
            return Some(true);
        }
        (!["DNAT", "SNAT", "UNTRACKED"].into_iter().any(has)).then_some(false)
    }
}

fn number(connection: &Connection) -> &'static str {
    match connection.protocol {
        Transport::Tcp => "6",
        Transport::Udp => "17",
    }
}
