//! The policy: what an administrator wants dropped.

use std::collections::HashSet;
use std::hash::Hash;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Admin, Exception, TimedException, exception};
use crate::asn::{AsNumber, MOST_NETWORKS};
use crate::blocklist::{ListId, MOST_LISTS};
use crate::country::{COUNTRIES, CountryCode};
use crate::net::{HostName, PhoneName, Ports, Subnet};

/// Which new connections to drop, by the country that holds their source address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Policy {
    /// Whether the listed countries are blocked or allowed.
    pub mode: Mode,
    /// The countries.
    pub countries: Vec<CountryCode>,
    /// Block lists whose addresses are dropped, too, whatever their country and the mode. Each must be kept already.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "deserialize_lists")]
    pub lists: Vec<ListId>,
    /// Networks whose addresses are dropped, too, by their AS numbers, whatever their country and the mode. The data that
    /// tells them must be kept already.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "deserialize_networks")]
    pub networks: Vec<AsNumber>,
    /// Subnets, hosts and phones that are never dropped, whatever their country; for good or until a given time.
    #[serde(default, deserialize_with = "exception::deserialize_list")]
    pub exceptions: Vec<Exception>,
    /// Whether every registered phone keeps its way from an address that would be dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_phones: bool,
    /// What happens to addresses that no country holds. It applies in mode `allow`, and in mode `block` if all of ISO
    /// 3166-1 is listed; otherwise such addresses pass.
    #[serde(default)]
    pub unknown: Unknown,
    /// What happens to connections that the policy matches.
    #[serde(default, skip_serializing_if = "Action::is_drop")]
    pub action: Action,
    /// From where the PBX may be administered. Without it, from everywhere that the policy lets pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<Admin>,
}

/// Whether the listed countries are blocked or allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Mode {
    /// Drop the listed countries.
    Block,
    /// Drop every country but the listed ones.
    Allow,
}

/// What happens to addresses that no country holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Unknown {
    /// They pass.
    #[default]
    Pass,
    /// They are dropped.
    Drop,
}

/// What happens to connections that a policy matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Action {
    /// They are dropped.
    #[default]
    Drop,
    /// They are counted and pass: nothing is filtered.
    Count,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 2] = [Self::Drop, Self::Count];

    /// True if connections are dropped.
    // serde's `skip_serializing_if` calls it with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_drop(&self) -> bool {
        *self == Self::Drop
    }
}

impl Policy {
    /// True if every country is blocked: all of ISO 3166-1.
    pub fn blocks_all(&self) -> bool {
        let listed: HashSet<CountryCode> = self.countries.iter().copied().collect();
        self.mode == Mode::Block && COUNTRIES.iter().all(|country| listed.contains(&country.code))
    }

    /// True if it can drop no address, whatever the data holds.
    pub fn drops_nobody(&self) -> bool {
        let names_nobody = self.mode == Mode::Block
            && self.countries.is_empty()
            && self.lists.is_empty()
            && self.networks.is_empty();
        self.admin.is_none() && (!self.action.is_drop() || names_nobody)
    }

    /// True if addresses that no country holds are dropped.
    pub fn drops_unknown(&self) -> bool {
        self.unknown == Unknown::Drop && (self.mode == Mode::Allow || self.blocks_all())
    }

    /// True if both policies want the same, in whatever order they list it.
    pub fn is_same_as(&self, other: &Self) -> bool {
        // Named one by one, so that the compiler asks here for a new field.
        let Self { mode, countries, lists, networks, exceptions, keep_phones, unknown, action, admin } = self;
        (mode, keep_phones, unknown, action)
            == (&other.mode, &other.keep_phones, &other.unknown, &other.action)
            && admin.as_ref().map(parts_of) == other.admin.as_ref().map(parts_of)
            && set_of(countries) == set_of(&other.countries)
            && set_of(lists) == set_of(&other.lists)
            && set_of(networks) == set_of(&other.networks)
            && set_of(exceptions) == set_of(&other.exceptions)
    }

    /// The same, exceptions left out on both sides that are over at `now`.
    pub fn is_same_at(&self, other: &Self, now: Timestamp) -> bool {
        self.clone().at(now).is_same_as(&other.clone().at(now))
    }

    /// The subnets of the exceptions without an end.
    pub fn lasting(&self) -> impl Iterator<Item = Subnet> {
        let lasting = self.exceptions.iter().filter(|exception| exception.expires_at.is_none());
        lasting.filter_map(|exception| exception.excepted.subnet())
    }

    /// The hosts that are exceptions, each with the end of its exception, if it has one.
    pub fn hosts(&self) -> impl Iterator<Item = (&HostName, Option<Timestamp>)> {
        let exceptions = self.exceptions.iter();
        exceptions.filter_map(|exception| Some((exception.excepted.host()?, exception.expires_at)))
    }

    /// True if a host is an exception.
    pub fn names_hosts(&self) -> bool {
        self.hosts().next().is_some()
    }

    /// The phones that are exceptions, each with the end of its exception, if it has one.
    pub fn phones(&self) -> impl Iterator<Item = (&PhoneName, Option<Timestamp>)> {
        let exceptions = self.exceptions.iter();
        exceptions.filter_map(|exception| Some((exception.excepted.phone()?, exception.expires_at)))
    }

    /// True if a phone may keep its way, be it any or one that is an exception.
    pub fn may_keep_phones(&self) -> bool {
        self.keep_phones || self.phones().next().is_some()
    }

    /// The exceptions that end.
    pub fn timed(&self) -> impl Iterator<Item = TimedException> {
        self.exceptions.iter().filter_map(Exception::timed)
    }

    /// The policy as of `now`: without the exceptions that have ended.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.exceptions.retain(|exception| !exception.is_over(now));
        self
    }
}

fn deserialize_lists<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ListId>, D::Error> {
    let lists = Vec::deserialize(deserializer)?;
    if lists.len() > MOST_LISTS {
        return Err(serde::de::Error::custom(format_args!("there are more than {MOST_LISTS} lists")));
    }
    Ok(lists)
}

fn deserialize_networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AsNumber>, D::Error> {
    let networks = Vec::deserialize(deserializer)?;
    if networks.len() > MOST_NETWORKS {
        return Err(serde::de::Error::custom(format_args!("there are more than {MOST_NETWORKS} networks")));
    }
    Ok(networks)
}

fn parts_of(Admin { countries, ports }: &Admin) -> (HashSet<&CountryCode>, Ports) {
    (set_of(countries), *ports)
}

fn set_of<T: Eq + Hash>(list: &[T]) -> HashSet<&T> {
    list.iter().collect()
}
