//! The reply of `activity`: what the filter dropped or counted, by hour, country and address.

use std::net::IpAddr;

use serde::Serialize;

use super::{Sender, Tally};
use crate::asn::NamedNetwork;
use crate::blocklist::ListId;
use crate::country::CountryCode;
use crate::plan::Action;

/// Data of `activity`.
///
/// The number of packets is exact, by hour. Their countries and addresses are known only for as many senders as the
/// kernel and the disk can store: `unattributed` and `addresses_complete` show what is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityData {
    /// The begin of the first hour that is included, RFC 3339 in UTC.
    pub since: String,
    /// When this was read, RFC 3339 in UTC.
    pub until: String,
    /// What happens now to connections that the policy matches; null without a policy.
    pub action: Option<Action>,
    /// Since when this is the action, RFC 3339 in UTC; null if unknown.
    pub action_since: Option<String>,
    /// Since when packets are counted as they are now: `since`, or `action_since` if that came later. What became of
    /// packets before, the filter may not have counted.
    pub counts_since: String,
    /// All IPv4 packets.
    pub v4: Tally,
    /// All IPv6 packets.
    pub v6: Tally,
    /// Both families together.
    pub totals: Totals,
    /// Those packets of `v4` and `v6` whose sender was not recorded or had to make room for another one.
    pub unattributed: Tally,
    /// The countries, most packets first.
    pub countries: Vec<CountryActivity>,
    /// The networks of the addresses that are recorded, most packets first, 20 at most; none without data that tells them.
    pub networks: Vec<NetworkActivity>,
    /// The block lists that are used or were downloaded within a day, those that know the most of the addresses that are
    /// recorded first.
    pub lists: Vec<ListActivity>,
    /// The addresses, most packets first.
    pub addresses: Vec<AddressActivity>,
    /// Number of different addresses that are recorded.
    pub addresses_seen: usize,
    /// False if there were more addresses than could be recorded.
    pub addresses_complete: bool,
    /// The hours that have any packets, in ascending order.
    pub hours: Vec<HourActivity>,
}

/// Sums over both families and all countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Totals {
    /// Packets dropped.
    pub dropped: u64,
    /// Packets let through and counted.
    pub counted: u64,
    /// Countries from which packets were dropped or counted.
    pub countries: usize,
    /// Countries from which packets were dropped.
    pub countries_dropped: usize,
    /// Countries from which packets were counted.
    pub countries_counted: usize,
}

/// The packets of one country.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryActivity {
    /// The country, by the data source in use at that time; null for addresses that no country holds.
    pub country: Option<CountryCode>,
    /// Its packets.
    pub packets: Tally,
    /// Number of its addresses that are recorded.
    pub addresses: usize,
}

/// The packets of one network.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NetworkActivity {
    /// The network, by the data that is kept now.
    pub network: NamedNetwork,
    /// The packets of its addresses that are recorded.
    pub packets: Tally,
    /// Number of its addresses that are recorded.
    pub addresses: usize,
}

/// The packets of those whom one block list knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListActivity {
    /// The list.
    pub list: ListId,
    /// Its name in the catalogue; null for a list of one's own.
    pub name: Option<&'static str>,
    /// The packets of the addresses in it that are recorded.
    pub packets: Tally,
    /// Number of those addresses. An IPv6 block counts if its first address is in the list.
    pub addresses: usize,
}

/// The packets of one address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressActivity {
    /// The IPv4 address, or the IPv6 block of /64.
    pub address: Sender,
    /// An address of it, to ask about: itself, or the first of the block.
    pub first_address: IpAddr,
    /// Its country.
    pub country: Option<CountryCode>,
    /// Its network; null if nobody holds it, or without data that tells it.
    pub network: Option<NamedNetwork>,
    /// Its packets.
    pub packets: Tally,
    /// No later than this moment came its first packet, RFC 3339 in UTC. The counters are read every few minutes.
    pub first_seen: String,
    /// No later than this moment came its last packet, RFC 3339 in UTC.
    pub last_seen: String,
}

/// The packets of one hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HourActivity {
    /// The begin of the hour, RFC 3339 in UTC.
    pub from: String,
    /// Its packets.
    pub packets: Tally,
}
