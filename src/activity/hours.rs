//! The period of an activity report.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A number of hours to look back: 1 to 744, which are 31 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16")]
pub struct Hours(u16);

impl Hours {
    /// The largest number of hours: 31 days.
    pub const MOST: u16 = 31 * 24;

    /// The hours since the one in which `begin` lies, at most [`Self::MOST`].
    pub fn back_to(begin: Timestamp, now: Timestamp) -> Self {
        let hour = |moment: Timestamp| moment.as_second().div_euclid(3600);
        let hours = hour(now).saturating_sub(hour(begin)).saturating_add(1).clamp(1, Self::MOST.into());
        Self(u16::try_from(hours).unwrap_or(Self::MOST))
    }

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

#[cfg(test)]
impl schemars::JsonSchema for Hours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hours".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}
