//! The number of an autonomous system.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// The number of an autonomous system that may be on the internet: neither 0 nor one that is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AsNumber(u32);

impl AsNumber {
    /// The number, or `None` if nobody may have it: 0, 23456, those for documentation and private use, and reserved ones
    /// (IANA's registry of autonomous system numbers).
    pub fn new(number: u32) -> Option<Self> {
        let is_reserved = matches!(number, 0 | 23_456 | 64_496..=131_071 | 4_200_000_000..);
        (!is_reserved).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// The error for a number that nobody may have.
fn refusal(number: impl fmt::Display) -> String {
    format!("{number} is not the number of a network on the internet")
}

impl fmt::Display for AsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

impl FromStr for AsNumber {
    type Err = String;

    /// Reads `16276` and `AS16276`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
        digits.parse().ok().and_then(Self::new).ok_or_else(|| refusal(format_args!("{text:?}")))
    }
}

impl<'de> Deserialize<'de> for AsNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom(refusal(number)))
    }
}

#[cfg(test)]
impl schemars::JsonSchema for AsNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AsNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer",
            "description": "The number of an autonomous system, no reserved one",
            "minimum": 1,
            "maximum": 4_199_999_999_u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_nobody_may_have_are_refused_as_text_and_in_json() {
        for good in [1, 23_455, 23_457, 64_495, 131_072, 4_199_999_999] {
            let number = AsNumber::new(good).unwrap();
            assert_eq!(good.to_string().parse(), Ok(number));
            assert_eq!(format!("AS{good}").parse(), Ok(number));
            assert_eq!(serde_json::from_str::<AsNumber>(&good.to_string()).unwrap(), number);
            assert_eq!(serde_json::to_string(&number).unwrap(), good.to_string());
        }
        for bad in [
            "0",
            "23456",
            "64496",
            "65535",
            "131071",
            "4200000000",
            "4294967295",
            "4294967296",
            "-1",
            "1.5",
            "x",
        ] {
            assert!(bad.parse::<AsNumber>().is_err(), "{bad} was taken");
            assert!(serde_json::from_str::<AsNumber>(bad).is_err(), "{bad} was taken");
        }
    }
}
