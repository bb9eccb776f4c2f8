//! When the publisher of each block list was asked last. Those who ask too often are shut out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::blocklist::ListId;
use crate::error::Result;
use crate::storage::record::{self, Record};
use crate::storage::{LockKind, StateDir};

const RECORD: &str = "asked-lists.json";

/// The last request about each list, answered or not.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AskedLists(BTreeMap<ListId, Timestamp>);

impl Record for AskedLists {
    const FORMAT: u32 = 1;
}

impl AskedLists {
    /// What is remembered; nothing if the record cannot be read.
    pub fn load(state: &StateDir) -> Self {
        record::load_or_forget(&state.file(RECORD)).unwrap_or_default()
    }

    /// True if `minutes` have passed since the last request about a list. A request that is yet to come was noted by a wrong
    /// clock.
    pub fn is_past(&self, id: &ListId, minutes: u32, now: Timestamp) -> bool {
        let pause = SignedDuration::from_mins(minutes.into());
        self.0.get(id).is_none_or(|asked_at| *asked_at > now || now.duration_since(*asked_at) >= pause)
    }

    /// Remembers a request about a list.
    pub fn note(&mut self, id: &ListId, now: Timestamp) {
        self.0.insert(id.clone(), now);
    }

    /// Forgets the lists that are kept no more.
    pub fn retain(&mut self, is_kept: impl Fn(&ListId) -> bool) {
        self.0.retain(|id, _| is_kept(id));
    }

    /// Writes the record. The caller holds the lock of the data.
    ///
    /// # Errors
    /// `state.io`. A publisher may then be asked sooner than it likes.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        record::save(&state.file(RECORD), LockKind::Data, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_is_asked_again_when_its_time_has_come_or_the_clock_was_wrong() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (id, mut asked) = ("mine".parse().unwrap(), AskedLists::default());
        assert!(asked.is_past(&id, 60, at("2026-11-29T10:00:00Z")));
        asked.note(&id, at("2026-11-29T10:00:00Z"));
        assert!(!asked.is_past(&id, 60, at("2026-11-29T10:59:59Z")));
        assert!(asked.is_past(&id, 60, at("2026-11-29T11:00:00Z")));
        assert!(asked.is_past(&id, 60, at("2026-11-29T09:00:00Z")));
    }
}
