//! When the publisher of each block list, and of network data, was asked last, for those who ask too often are shut out; and
//! which data has changed and is not in force yet.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::asn::NetworkSource;
use crate::blocklist::ListId;
use crate::error::Result;
use crate::storage::record::{self, Record};
use crate::storage::{LockKind, StateDir};

/// No publisher wants a longer pause.
const LONGEST_PAUSE_MINUTES: u32 = 24 * 60;

/// The name of something that publishers are asked about.
pub trait Subject: Ord + Clone + Serialize + DeserializeOwned {
    /// The record of its notes.
    const RECORD: &'static str;
}

impl Subject for ListId {
    const RECORD: &'static str = "list-notes.json";
}

impl Subject for NetworkSource {
    const RECORD: &'static str = "network-notes.json";
}

/// What is remembered of lists beside their content.
pub type ListNotes = PublisherNotes<ListId>;
/// What is remembered of sources of network data beside their content.
pub type NetworkNotes = PublisherNotes<NetworkSource>;

/// What is remembered of data beside its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "K: Subject")]
pub struct PublisherNotes<K> {
    /// The last request about each, answered or not.
    asked: BTreeMap<K, Timestamp>,
    /// Those whose last request failed.
    failed: BTreeSet<K>,
    /// Those that may have been replaced since the kernel got them.
    waiting: BTreeSet<K>,
}

impl<K> Default for PublisherNotes<K> {
    fn default() -> Self {
        Self { asked: BTreeMap::new(), failed: BTreeSet::new(), waiting: BTreeSet::new() }
    }
}

impl<K: Subject> Record for PublisherNotes<K> {
    const FORMAT: u32 = 1;
}

impl<K: Subject> PublisherNotes<K> {
    /// What is remembered; nothing if the record cannot be read.
    pub fn load(state: &StateDir) -> Self {
        record::load_or_forget(&state.file(K::RECORD)).unwrap_or_default()
    }

    /// True if `minutes` have passed since the last request about it. A request that is yet to come was noted by a wrong
    /// clock.
    pub fn is_past(&self, about: &K, minutes: u32, now: Timestamp) -> bool {
        let pause = SignedDuration::from_mins(minutes.into());
        self.asked.get(about).is_none_or(|asked_at| *asked_at > now || now.duration_since(*asked_at) >= pause)
    }

    /// When its publisher was last asked.
    pub fn asked_at(&self, about: &K) -> Option<Timestamp> {
        self.asked.get(about).copied()
    }

    /// True if the last request about it failed.
    pub fn has_failed(&self, about: &K) -> bool {
        self.failed.contains(about)
    }

    /// Remembers how the request about it ended.
    pub fn note_end(&mut self, about: &K, has_failed: bool) {
        if has_failed {
            self.failed.insert(about.clone())
        } else {
            self.failed.remove(about)
        };
    }

    /// Remembers a request about it. To be saved before it is made.
    pub fn note_request(&mut self, about: &K, now: Timestamp) {
        self.asked.insert(about.clone(), now);
    }

    /// True if it may have been replaced since the kernel got it.
    pub fn is_waiting(&self, about: &K) -> bool {
        self.waiting.contains(about)
    }

    /// True if anything may have been replaced since the kernel got it.
    pub fn is_any_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Remembers that it is about to be replaced. To be saved before it is.
    pub fn note_change(&mut self, about: &K) {
        self.waiting.insert(about.clone());
    }

    /// Remembers that all is in force as it is kept.
    pub fn note_in_force(&mut self) {
        self.waiting.clear();
    }

    /// Forgets what is kept no more, once their publishers may be asked again in any case.
    pub fn retain(&mut self, is_kept: impl Fn(&K) -> bool, now: Timestamp) {
        let is_gone = |about: &&K| !is_kept(about) && self.is_past(about, LONGEST_PAUSE_MINUTES, now);
        let gone: Vec<K> = self.asked.keys().filter(is_gone).cloned().collect();
        for about in gone {
            self.asked.remove(&about);
            self.failed.remove(&about);
        }
    }

    /// Writes the record. The caller holds the lock of the data.
    ///
    /// # Errors
    /// `state.io`. A publisher may then be asked sooner than it likes.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        record::save(&state.file(K::RECORD), LockKind::Data, self)
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
