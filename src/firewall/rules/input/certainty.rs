//! Whether a new connection meets conditions: yes, no, or it cannot be told.

use std::net::IpAddr;
use std::ops::Not;

use super::block::Block;
use super::conditions::{Basic, Conditions, Flag};
use super::matches::{Match, Setting, ports, range};
use crate::net::{Connection, Transport};

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) enum Certainty {
    Yes,
    No,
    Maybe,
}

/// What only the system knows.
pub(in crate::firewall) trait System {
    /// True if the set holds the address; none if that cannot be told.
    fn set_holds(&self, set: &str, address: IpAddr) -> Option<bool>;

    /// The interfaces that lead out of this machine.
    fn interfaces(&self) -> &[String];

    /// True if this is an address of this machine.
    fn is_own(&self, address: IpAddr) -> bool;

    /// True if this machine connects to itself.
    fn sends(&self, connection: &Connection) -> bool {
        connection.source.is_loopback() || self.is_own(connection.source)
    }
}

impl Certainty {
    /// True only if both are.
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
    /// True if the first packet of a connection meets them.
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
            // Whoever connects to this machine does so to an address of its own, but to which is not known.
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
            Flag::In => comes_in_by(&self.value, system.interfaces()),
            Flag::Out | Flag::Fragment => Certainty::No,
            Flag::Protocol => (self.value == protocol(connection)).into(),
        };
        if self.negated { !holds } else { holds }
    }
}

fn comes_in_by(pattern: &str, interfaces: &[String]) -> Certainty {
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
            // To the port or from it.
            "--ports" => is_to(value).filter(|is_to| *is_to).into(),
            "--tcp-flags" => self.asks_for_beginnings().into(),
            "--state" | "--ctstate" => self.asks_for_new().into(),
            "--ctproto" => [protocol(connection), number(connection)].contains(&value).into(),
            "--ctorigsrc" => Block::read(value).map(|block| block.holds(connection.source)).into(),
            "--src-range" => range(value).map(|range| range.holds(connection.source)).into(),
            "--match-set" => match self.set() {
                Some((set, "src")) => system.set_holds(set, connection.source).into(),
                _ => Certainty::Maybe,
            },
            // To remember the sender is always possible; the others say what else is to be done.
            "--set" | "--name" | "--mask" | "--rsource" | "--rdest" => Certainty::Yes,
            "--dst-type" if value == "LOCAL" => Certainty::Yes,
            _ => Certainty::Maybe,
        };
        if self.negated { !holds } else { holds }
    }

    /// True if the flags of the first packet of a TCP connection are asked for.
    fn asks_for_beginnings(&self) -> Option<bool> {
        let [looked_at, are_set] = &self.values[..] else { return None };
        let is_syn_looked_at =
            ["ALL", "SYN"].iter().any(|word| looked_at.split(',').any(|flag| flag == *word));
        Some(*are_set == if is_syn_looked_at { "SYN" } else { "NONE" })
    }

    /// True if connections that begin are asked for; none if it hangs on more than that.
    fn asks_for_new(&self) -> Option<bool> {
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
