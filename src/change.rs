//! A change of policy that waits for a person's word, and what comes back without it.

use std::fs;
use std::io::Write;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::applied::Applied;
use crate::error::{Error, Result};
use crate::protocol::{ChangeState, ConfirmWithin, Token, Version};
use crate::state::{self, Guarded, StateDir, write_atomically};

const RECORD: &str = "change.json";

/// The last change that was to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    v: Version,
    /// Its name, which whoever asked for it chose.
    pub token: Token,
    /// What became of it.
    pub state: ChangeState,
    deadline: Deadline,
    /// What comes back without a confirmation, as long as that is open; none if nothing was applied before.
    pub former: Option<Applied>,
}

impl Change {
    /// A change that waits from now on.
    pub fn begin(confirm: &ConfirmWithin, former: Option<Applied>) -> Self {
        let window = Duration::from_secs(confirm.seconds.get());
        let (token, deadline) = (confirm.token.clone(), Deadline::after(window));
        Self { v: Version, token, state: ChangeState::Pending, deadline, former }
    }

    /// True while it can still be confirmed or must be rolled back.
    pub fn is_pending(&self) -> bool {
        self.state == ChangeState::Pending
    }

    /// True if nobody confirmed it in time, and it is not rolled back yet.
    pub fn is_overdue(&self) -> bool {
        self.is_pending() && self.deadline.left().is_none()
    }

    /// How long it still waits; none if it does not.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.left().filter(|_| self.is_pending())
    }

    /// The change with what became of it.
    #[must_use]
    pub fn decided(self, state: ChangeState) -> Self {
        Self { state, former: None, ..self }
    }

    /// Reads the record; none if no change was ever to be confirmed.
    ///
    /// # Errors
    /// `state.io`; a damaged record counts as unreadable.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let path = state.file(RECORD);
        let Some(json) = state::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| Error::state_io("understand", &path)(error.into()))
    }

    /// Makes this the record.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        write_atomically(&state.file(RECORD), Guarded::Firewall, |file| file.write_all(&state::json(self)?))
    }

    /// Forgets the change, whatever became of it.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        state::remove(&state.file(RECORD))
    }
}

/// A moment in the time that this boot has lasted: no clock that is set can move it, and a reboot is past it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadline {
    boot: String,
    /// Since the boot, sleep counted.
    milliseconds: u64,
}

impl Deadline {
    fn after(window: Duration) -> Self {
        Self { boot: this_boot(), milliseconds: millis(since_boot() + window) }
    }

    /// The time until then; none if it has come.
    fn left(&self) -> Option<Duration> {
        let left = self.milliseconds.saturating_sub(millis(since_boot()));
        (left > 0 && self.boot == this_boot()).then(|| Duration::from_millis(left))
    }
}

/// What the kernel calls the time from one boot to the next.
pub(crate) fn this_boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
