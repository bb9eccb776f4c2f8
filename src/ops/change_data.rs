//! A change that was to be confirmed, as replies tell of it.

use std::time::Duration;

use serde::Serialize;

use super::Text;
use crate::records::{Token, Trial, TrialState};
use crate::storage::Clock;

/// A change and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeData {
    /// Its name.
    pub token: Token,
    /// What became of it.
    pub state: TrialState,
    /// Whole seconds until the former policy returns; null once it is decided.
    pub seconds_left: Option<u64>,
}

impl ChangeData {
    pub(super) fn of(trial: &Trial, clock: &dyn Clock) -> Self {
        let seconds_left = trial.time_left(clock).map(whole_seconds);
        Self { token: trial.token.clone(), state: trial.state, seconds_left }
    }
}

/// A begun second counts.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl Text for ChangeData {
    fn text(&self) -> String {
        let state = match self.state {
            TrialState::Pending => "waits for its confirmation",
            TrialState::Confirmed => "is confirmed",
            TrialState::RolledBack => "is rolled back: the former policy is in force",
        };
        let left = self.seconds_left.map(|seconds| format!(", {seconds} s left")).unwrap_or_default();
        format!("the change {} {state}{left}\n", self.token)
    }
}
