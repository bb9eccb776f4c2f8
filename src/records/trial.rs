//! A change of policy on trial: unless a person confirms it in time, the former policy comes back.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Applied;
use crate::storage::{BootTime, Clock};

/// The name of a change, chosen by the caller: 1 to 64 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(String);

impl Token {
    /// The token of a change whose record is unreadable.
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

/// How long a change waits for its confirmation: 1 to 3600 seconds.
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

/// The request to put a change on trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfirmWithin {
    /// The token with which it is confirmed or rolled back.
    pub token: Token,
    /// Seconds until the former policy returns.
    pub seconds: Window,
}

/// The state of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum TrialState {
    /// It is in force and waits for a confirmation.
    Pending,
    /// It was confirmed and is in force for good.
    Confirmed,
    /// The former policy is back.
    RolledBack,
}

/// The last change that needed a confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its token.
    pub token: Token,
    /// Its state.
    pub state: TrialState,
    /// When the former policy returns.
    deadline: BootTime,
    /// While it is pending, the policy that comes back without a confirmation. `None` if nothing was applied before.
    pub former: Option<Applied>,
}

impl Trial {
    /// Begins a trial. The time to confirm starts now.
    pub fn begin(confirm: &ConfirmWithin, former: Option<Applied>, clock: &dyn Clock) -> Self {
        let deadline = clock.since_boot().after(Duration::from_secs(confirm.seconds.0));
        Self { token: confirm.token.clone(), state: TrialState::Pending, deadline, former }
    }

    /// A change whose record is unreadable. It is overdue, and `former` comes back.
    pub(super) fn unreadable(former: Option<Applied>) -> Self {
        let deadline = BootTime { boot: String::new(), milliseconds: 0 };
        Self { token: Token::unreadable(), state: TrialState::Pending, deadline, former }
    }

    /// True if the record of the change was unreadable.
    pub fn is_unreadable(&self) -> bool {
        self.token == Token::unreadable()
    }

    /// True until it is confirmed or rolled back.
    pub fn is_pending(&self) -> bool {
        self.state == TrialState::Pending
    }

    /// True if it was not confirmed in time and is not rolled back yet.
    pub fn is_overdue(&self, clock: &dyn Clock) -> bool {
        self.is_pending() && self.time_left(clock).is_none()
    }

    /// The time left to confirm it. `None` if it is overdue or not pending.
    pub fn time_left(&self, clock: &dyn Clock) -> Option<Duration> {
        self.deadline.left(&clock.since_boot()).filter(|_| self.is_pending())
    }

    /// The change in its final state, without the former policy.
    #[must_use]
    pub fn decided(&self, state: TrialState) -> Self {
        Self { state, former: None, ..self.clone() }
    }

    /// The change as it was while it was pending.
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
