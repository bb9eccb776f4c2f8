//! Packet counts by action.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::plan::Action;

/// Packet counts by action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tally {
    /// Dropped.
    pub dropped: u64,
    /// Counted and let through by a policy that only counts.
    pub counted: u64,
}

impl Tally {
    /// The count of `packets` under an action.
    pub fn of(action: Action, packets: u64) -> Self {
        match action {
            Action::Drop => Self { dropped: packets, counted: 0 },
            Action::Count => Self { dropped: 0, counted: packets },
        }
    }

    /// All packets.
    pub fn total(self) -> u64 {
        self.dropped.saturating_add(self.counted)
    }

    /// The difference to a smaller count.
    #[must_use]
    pub fn beyond(self, other: Self) -> Self {
        Self {
            dropped: self.dropped.saturating_sub(other.dropped),
            counted: self.counted.saturating_sub(other.counted),
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.counted = self.counted.saturating_add(other.counted);
    }
}
