//! The state of a change on trial, as replies contain it.

use std::time::Duration;

use serde::Serialize;

use super::text::Text;
use crate::records::{Token, Trial, TrialState};
use crate::storage::Clock;

/// A change on trial, and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeData {
    /// Its token.
    pub token: Token,
    /// Its state.
    pub state: TrialState,
    /// Whole seconds until the former policy comes back; null if the change is not pending.
    pub seconds_left: Option<u64>,
}

impl ChangeData {
    pub(in crate::ops) fn of(trial: &Trial, clock: &dyn Clock) -> Self {
        let seconds_left = trial.time_left(clock).map(whole_seconds);
        Self { token: trial.token.clone(), state: trial.state, seconds_left }
    }
}

/// Rounds up.
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
