//! A change of policy on trial: it waits for a person's word, and what was before it comes back without.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Applied;
use crate::storage::{BootTime, Clock};

/// The name of a change, which whoever asks for it chooses: letters, digits, `-` and `_`, at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(String);

impl Token {
    /// That of a change whose record cannot be read.
    pub(super) fn unreadable() -> Self {
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
pub enum TrialState {
    /// It is in force and waits for its confirmation.
    Pending,
    /// It was confirmed and stays.
    Confirmed,
    /// The former policy is back.
    RolledBack,
}

/// The last change that was to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its name.
    pub token: Token,
    /// What became of it.
    pub state: TrialState,
    /// When the former policy returns.
    deadline: BootTime,
    /// What comes back without a confirmation, as long as it waits; none if nothing was applied before.
    pub former: Option<Applied>,
}

impl Trial {
    /// A change that waits from now on.
    pub fn begin(confirm: &ConfirmWithin, former: Option<Applied>, clock: &dyn Clock) -> Self {
        let deadline = clock.since_boot().after(Duration::from_secs(confirm.seconds.0));
        Self { token: confirm.token.clone(), state: TrialState::Pending, deadline, former }
    }

    /// What is left when its record cannot be read: its time is up, and `former` comes back.
    pub(super) fn unreadable(former: Option<Applied>) -> Self {
        let deadline = BootTime { boot: String::new(), milliseconds: 0 };
        Self { token: Token::unreadable(), state: TrialState::Pending, deadline, former }
    }

    /// True if nothing is left of the record but that there was one.
    pub fn is_unreadable(&self) -> bool {
        self.token == Token::unreadable()
    }

    /// True while it can still be confirmed or must be rolled back.
    pub fn is_pending(&self) -> bool {
        self.state == TrialState::Pending
    }

    /// True if nobody confirmed it in time, and it is not rolled back yet.
    pub fn is_overdue(&self, clock: &dyn Clock) -> bool {
        self.is_pending() && self.time_left(clock).is_none()
    }

    /// How long it still waits; none if it does not.
    pub fn time_left(&self, clock: &dyn Clock) -> Option<Duration> {
        self.deadline.left(&clock.since_boot()).filter(|_| self.is_pending())
    }

    /// The change with what became of it; nothing is left to go back to.
    #[must_use]
    pub fn decided(&self, state: TrialState) -> Self {
        Self { state, former: None, ..self.clone() }
    }

    /// The change as it was while it waited.
    pub(super) fn pending_again(self, former: Option<Applied>) -> Self {
        Self { state: TrialState::Pending, former, ..self }
    }
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
