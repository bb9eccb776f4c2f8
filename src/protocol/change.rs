//! Changes that are to be confirmed: their names and what becomes of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a change, which whoever asks for it chooses: letters, digits, `-` and `_`, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(String);

impl Token {
    /// That of a change whose record cannot be read.
    pub(crate) fn unreadable() -> Self {
        Self("unreadable".to_owned())
    }
}

impl TryFrom<String> for Token {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=64).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            Ok(Self(text))
        } else {
            Err(format!("{text:?} is not 1 to 64 letters, digits, - or _"))
        }
    }
}

impl FromStr for Token {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long a change waits for its confirmation: 1 second to an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct Window(u64);

impl Window {
    /// In seconds.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Window {
    type Error = String;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        if (1..=3600).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(format!("{seconds} is not between 1 and 3600 seconds"))
        }
    }
}

/// Which change it is, and how long it waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfirmWithin {
    /// The name by which it is confirmed or rolled back.
    pub token: Token,
    /// Seconds until the former policy returns.
    pub seconds: Window,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ChangeState {
    /// It is in force and waits for its confirmation.
    Pending,
    /// It was confirmed and stays.
    Confirmed,
    /// The former policy is back.
    RolledBack,
}

/// A change and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeData {
    /// Its name.
    pub token: Token,
    /// What became of it.
    pub state: ChangeState,
    /// Whole seconds until the former policy returns; null once it is decided.
    pub seconds_left: Option<u64>,
}

#[cfg(test)]
impl schemars::JsonSchema for Token {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Token".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Window {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Window".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 3600 })
    }
}
