//! When the publisher of each block list was asked last, for those who ask too often are shut out; and which lists have changed
//! and are not in force yet.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::blocklist::ListId;
use crate::error::Result;
use crate::storage::record::{self, Record};
use crate::storage::{LockKind, StateDir};

/// No publisher wants a longer pause.
const LONGEST_PAUSE_MINUTES: u32 = 24 * 60;
const RECORD: &str = "list-notes.json";

/// What is remembered of lists beside their content.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListNotes {
    /// The last request about each list, answered or not.
    asked: BTreeMap<ListId, Timestamp>,
    /// The lists whose last request failed.
    failed: BTreeSet<ListId>,
    /// The lists that may have been replaced since the kernel got them.
    waiting: BTreeSet<ListId>,
}

impl Record for ListNotes {
    const FORMAT: u32 = 1;
}

impl ListNotes {
    /// What is remembered; nothing if the record cannot be read.
    pub fn load(state: &StateDir) -> Self {
        record::load_or_forget(&state.file(RECORD)).unwrap_or_default()
    }

    /// True if `minutes` have passed since the last request about a list. A request that is yet to come was noted by a wrong
    /// clock.
    pub fn is_past(&self, id: &ListId, minutes: u32, now: Timestamp) -> bool {
        let pause = SignedDuration::from_mins(minutes.into());
        self.asked.get(id).is_none_or(|asked_at| *asked_at > now || now.duration_since(*asked_at) >= pause)
    }

    /// When the publisher of a list was last asked.
    pub fn asked_at(&self, id: &ListId) -> Option<Timestamp> {
        self.asked.get(id).copied()
    }

    /// True if the last request about a list failed.
    pub fn has_failed(&self, id: &ListId) -> bool {
        self.failed.contains(id)
    }

    /// Remembers how the request about a list ended.
    pub fn note_end(&mut self, id: &ListId, has_failed: bool) {
        if has_failed {
            self.failed.insert(id.clone())
        } else {
            self.failed.remove(id)
        };
    }

    /// Remembers a request about a list. To be saved before it is made.
    pub fn note_request(&mut self, id: &ListId, now: Timestamp) {
        self.asked.insert(id.clone(), now);
    }

    /// True if a list may have been replaced since the kernel got it.
    pub fn is_waiting(&self, id: &ListId) -> bool {
        self.waiting.contains(id)
    }

    /// Remembers that a list is about to be replaced. To be saved before it is.
    pub fn note_change(&mut self, id: &ListId) {
        self.waiting.insert(id.clone());
    }

    /// Remembers that every list is in force as it is kept.
    pub fn note_in_force(&mut self) {
        self.waiting.clear();
    }

    /// Forgets the lists that are kept no more, once their publishers may be asked again in any case.
    pub fn retain(&mut self, is_kept: impl Fn(&ListId) -> bool, now: Timestamp) {
        let is_gone = |id: &&ListId| !is_kept(id) && self.is_past(id, LONGEST_PAUSE_MINUTES, now);
        let gone: Vec<ListId> = self.asked.keys().filter(is_gone).cloned().collect();
        for id in gone {
            self.asked.remove(&id);
            self.failed.remove(&id);
        }
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
        let (id, mut asked) = ("mine".parse().unwrap(), ListNotes::default());
        assert!(asked.is_past(&id, 60, at("2026-11-29T10:00:00Z")));
        asked.note_request(&id, at("2026-11-29T10:00:00Z"));
        assert!(!asked.is_past(&id, 60, at("2026-11-29T10:59:59Z")));
        assert!(asked.is_past(&id, 60, at("2026-11-29T11:00:00Z")));
        assert!(asked.is_past(&id, 60, at("2026-11-29T09:00:00Z")));
    }
}
