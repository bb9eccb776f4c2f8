//! When the data of each source was last found to be the newest there is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dataset::SourceId;
use crate::error::Result;
use crate::storage::record::{self, Record};
use crate::storage::{LockKind, StateDir};

const RECORD: &str = "checked-editions.json";

/// The last answer of each publisher.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckedEditions(BTreeMap<SourceId, Timestamp>);

impl Record for CheckedEditions {
    const FORMAT: u32 = 1;
}

impl CheckedEditions {
    /// What is remembered; nothing if the record cannot be read.
    pub fn load(state: &StateDir) -> Self {
        record::load_or_forget(&state.file(RECORD)).unwrap_or_default()
    }

    /// When the data of `source` was last found to be the newest; none for a moment that is yet to come, which a wrong
    /// clock wrote.
    pub fn of(&self, source: SourceId, now: Timestamp) -> Option<Timestamp> {
        self.0.get(&source).copied().filter(|checked_at| *checked_at <= now)
    }

    /// Remembers that the data of `source` is the newest there is. The caller holds the lock of the data.
    ///
    /// # Errors
    /// `state.io`.
    pub fn note(state: &StateDir, source: SourceId, now: Timestamp) -> Result<()> {
        let mut checked = Self::load(state);
        checked.0.insert(source, now);
        record::save(&state.file(RECORD), LockKind::Data, &checked)
    }
}
