//! What the filter dropped, or would have dropped: by hour, by country, by address.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::activity::{Sender, Tally};
use crate::country::CountryCode;
use crate::plan::Action;

/// Say what the filter dropped, or only counted, in the last hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityRequest {
    /// The protocol version.
    pub v: Version,
    /// How many hours, the one that has begun included.
    #[serde(default)]
    pub hours: Hours,
    /// How many addresses at most, those with the most packets first.
    #[serde(default = "ActivityRequest::addresses")]
    pub addresses: u16,
}

impl ActivityRequest {
    /// As many as a person reads.
    pub fn addresses() -> u16 {
        100
    }
}

/// A number of hours that the memory reaches back: 1 to 744, a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16")]
pub struct Hours(u16);

impl Hours {
    /// The most that can be asked for: 31 days.
    pub const MOST: u16 = 31 * 24;

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self(24)
    }
}

impl TryFrom<u16> for Hours {
    type Error = String;

    fn try_from(hours: u16) -> Result<Self, Self::Error> {
        if (1..=Self::MOST).contains(&hours) {
            Ok(Self(hours))
        } else {
            Err(format!("{hours} is not between 1 and {} hours", Self::MOST))
        }
    }
}

impl std::str::FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<u16>().map_err(|error| error.to_string())?.try_into()
    }
}

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

#[cfg(test)]
impl schemars::JsonSchema for Hours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hours".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}
