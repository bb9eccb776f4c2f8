//! The ends of exceptions. The time that is left is counted down, so that an exception is over some day even if a clock is
//! set back.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::storage::Moment;

/// The ends of exceptions, each with the time that was left when they were last counted down.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Ends(Vec<End>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    expires_at: Timestamp,
    left: Duration,
}

impl Ends {
    /// Keeps exactly these `ends`, those that it knew with what is left of them after `passed`.
    pub(super) fn count_down(&mut self, passed: Duration, ends: &[Timestamp], now: &Moment) {
        let known = std::mem::take(&mut self.0);
        let end = |expires_at: &Timestamp| {
            let known = known.iter().find(|known| known.expires_at == *expires_at);
            let left = known
                .map_or_else(|| between(now.wall, *expires_at), |known| known.left.saturating_sub(passed));
            End { expires_at: *expires_at, left }
        };
        self.0 = ends.iter().map(end).collect();
    }

    /// The time that is left until `expires_at`, if `passed` has passed since they were counted down.
    pub(super) fn left(&self, expires_at: Timestamp, passed: Duration, now: &Moment) -> Duration {
        let known = self.0.iter().find(|end| end.expires_at == expires_at);
        let counted = known.map_or(Duration::MAX, |end| end.left.saturating_sub(passed));
        counted.min(between(now.wall, expires_at))
    }
}

/// The time from `now` until `end`; none if that is over.
fn between(now: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now)).unwrap_or_default()
}
