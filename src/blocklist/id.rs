//! The name of a list in requests, in policies and on disk.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest id.
const LONGEST: usize = 40;

/// The id of a list: lower-case letters, digits and single hyphens between them, 40 at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(String);

impl ListId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.len() <= LONGEST && text.split('-').all(is_word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "{text:?} is not the id of a list: lower-case letters, digits, and hyphens between them"
            ))
        }
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ListId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ListId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for ListId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ListId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The id of a list",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": LONGEST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_fit_to_be_part_of_a_file_name() {
        for good in ["mine", "spamhaus-drop", "1", &"a".repeat(40)] {
            assert_eq!(good.parse::<ListId>().unwrap().as_str(), good);
        }
        for bad in ["", "-", "a-", "-a", "a--b", "A", "a_b", "a/b", "..", "a b", "ä", &"a".repeat(41)] {
            assert!(bad.parse::<ListId>().is_err(), "{bad:?} was taken");
        }
    }
}
