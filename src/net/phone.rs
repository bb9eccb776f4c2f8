//! Names of phones, as Asterisk knows them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most letters of a name.
const LONGEST: usize = 64;

/// The name of an extension: 1 to 64 letters, digits, `-`, `_`, `.` and `+`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PhoneName(String);

impl FromStr for PhoneName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("{text:?} is not the name of a phone: 1 to {LONGEST} letters, digits, -, _, . and +"))
        }
    }
}

impl TryFrom<String> for PhoneName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for PhoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for PhoneName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PhoneName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_.+-]{1,64}$",
            "description": "Name of an extension, as Asterisk knows it"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_has_the_name_that_asterisk_gives_it() {
        let longest = "9".repeat(64);
        for name in ["202", "+4930123", "Anna_2.b-c", &longest] {
            assert_eq!(name.parse().map(|phone: PhoneName| phone.to_string()), Ok(name.to_owned()));
        }
        for text in
            ["", " 202", "202@pbx", "20 2", "202/1", "a\nb", "b\u{fc}ro", "phone:202", &"9".repeat(65)]
        {
            assert!(text.parse::<PhoneName>().is_err(), "{text:?} was accepted");
        }
    }
}
