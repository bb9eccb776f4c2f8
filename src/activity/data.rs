//! What is told of the activity: by hour, by country, by address.

use serde::Serialize;

use super::{Sender, Tally};
use crate::country::CountryCode;
use crate::plan::Action;

/// Data of `activity`.
///
/// Packets are counted exactly, by hour. Which country and which address they came from is remembered for as many
/// senders as the kernel and the disk hold: `unattributed` and `addresses_complete` say what that may have lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityData {
    /// The begin of the first hour that counts, RFC 3339 in UTC.
    pub since: String,
    /// When this was read, RFC 3339 in UTC.
    pub until: String,
    /// What becomes now of the connections that the policy is against; null without a policy.
    pub action: Option<Action>,
    /// Since when that is so, RFC 3339 in UTC; null if unknown.
    pub action_since: Option<String>,
    /// All packets of IPv4.
    pub v4: Tally,
    /// All packets of IPv6.
    pub v6: Tally,
    /// Both families together.
    pub totals: Totals,
    /// Packets among them of senders that had to make room for others.
    pub unattributed: Tally,
    /// The countries, those with the most packets first.
    pub countries: Vec<CountryActivity>,
    /// The addresses, those with the most packets first.
    pub addresses: Vec<AddressActivity>,
    /// How many different addresses are remembered.
    pub addresses_seen: usize,
    /// False if there were more of them than are remembered.
    pub addresses_complete: bool,
    /// The hours in which there was anything, in order.
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
    /// Countries from which packets were dropped.
    pub countries_dropped: usize,
    /// Countries from which packets were counted.
    pub countries_counted: usize,
}

/// What came from a country.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountryActivity {
    /// The country, by the deciding source at that time; null for addresses that no country holds.
    pub country: Option<CountryCode>,
    /// Its packets.
    pub packets: Tally,
    /// How many of its addresses are remembered.
    pub addresses: usize,
}

/// What came from an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressActivity {
    /// The address, of IPv6 the block of /64 around it.
    pub address: Sender,
    /// Its country.
    pub country: Option<CountryCode>,
    /// Its packets.
    pub packets: Tally,
    /// When the first of them had come at the latest, RFC 3339 in UTC: looks are some minutes apart.
    pub first_seen: String,
    /// When the last of them had come at the latest, RFC 3339 in UTC.
    pub last_seen: String,
}

/// What came within an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HourActivity {
    /// The begin of the hour, RFC 3339 in UTC.
    pub from: String,
    /// Its packets.
    pub packets: Tally,
}
