//! A list that its publisher hands out in batches, each of which leads on to the next.
//!
//! ```json
//! {"ipaddress": ["198.51.100.7", "203.0.113.7"], "ID": "1764374400"}
//! ```
//! A batch has the addresses that were listed since another. So a list of them is put together here, and each address counts for as
//! long as the publisher says.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ListId, Report, content};
use crate::error::{Code, Error, Result};
use crate::net::Addresses;
use crate::storage::record::{self, Record};
use crate::storage::{self, LockKind, StateDir, StateFile};

/// How long an address counts since it was listed.
const COUNTS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The most addresses that are remembered, the newest of them. The publisher has some thousands.
const MOST_ADDRESSES: usize = 100_000;
/// The most bytes of a batch. A real one has some five thousand.
pub const BATCH_LIMIT: u64 = 1 << 20;
/// The most bytes of the name of a batch.
const LONGEST_NAME: usize = 64;

/// What was received of a list in batches.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batches {
    /// The name of the batch behind the last one; none before the first.
    next: Option<String>,
    /// True if nothing was left when the publisher was asked last.
    is_complete: bool,
    /// When each address was received last.
    received: BTreeMap<IpAddr, Timestamp>,
}

impl Record for Batches {
    const FORMAT: u32 = 1;
}

/// A batch as the publisher sends it.
#[derive(Deserialize)]
struct Batch {
    ipaddress: Vec<String>,
    #[serde(rename = "ID")]
    id: String,
}

impl Batches {
    /// What was received so far; nothing if the record cannot be read: then all is asked for again.
    pub fn load(state: &StateDir, id: &ListId) -> Self {
        record::load_or_forget(&path(state, id)).unwrap_or_default()
    }

    /// Writes the record. The caller holds the lock of the data.
    ///
    /// # Errors
    /// `state.io`.
    pub fn save(&self, state: &StateDir, id: &ListId) -> Result<()> {
        record::save(&path(state, id), LockKind::Data, self)
    }

    /// Forgets all that was received of a list.
    ///
    /// # Errors
    /// `state.io`.
    pub fn remove(state: &StateDir, id: &ListId) -> Result<()> {
        storage::remove(&path(state, id))
    }

    /// The name of the batch to ask for; none for the first.
    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// True if nothing was left when the publisher was asked last.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Remembers whether the publisher has more.
    pub fn note_end(&mut self, is_complete: bool) {
        self.is_complete = is_complete;
    }

    /// Takes a batch. Returns false if there is none behind it.
    ///
    /// # Errors
    /// `source.malformed` for what is no batch; `state.io` if it cannot be read.
    pub fn take(&mut self, batch: impl Read, now: Timestamp) -> Result<bool> {
        let malformed = |what: String| Error::new(Code::SourceMalformed, what);
        let batch: Batch = serde_json::from_reader(batch.take(BATCH_LIMIT))
            .map_err(|error| malformed(format!("it is no batch of addresses: {error}")))?;
        if batch.id == "none" {
            return Ok(false);
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if batch.id.is_empty() || batch.id.len() > LONGEST_NAME || !batch.id.bytes().all(is_name) {
            return Err(malformed("the next batch has no name that can be asked for".into()));
        }
        for text in &batch.ipaddress {
            let address: IpAddr = text.parse().map_err(|_| malformed("it names no address".into()))?;
            self.received.insert(address.to_canonical(), now);
        }
        Ok(self.next.replace(batch.id.clone()).as_ref() != Some(&batch.id))
    }

    /// Forgets the addresses that count no more. One that was received in the future was noted by a wrong clock, and counts from
    /// now.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.received.values_mut().for_each(|at| *at = (*at).min(now));
        self.received.retain(|_, at| now.duration_since(*at) < COUNTS);
        if self.received.len() > MOST_ADDRESSES {
            let mut times: Vec<Timestamp> = self.received.values().copied().collect();
            times.sort_unstable();
            let oldest = times[times.len() - MOST_ADDRESSES];
            self.received.retain(|_, at| *at >= oldest);
        }
    }

    /// The list that all of it makes, as text: one address a line.
    pub fn text(&self) -> String {
        let addresses: Vec<String> = self.received.keys().map(ToString::to_string).collect();
        addresses.join("\n")
    }

    /// The list that all of it makes.
    ///
    /// # Errors
    /// None but a fault of this module.
    pub fn list(&self) -> Result<(Addresses, Report)> {
        let text = self.text();
        if text.is_empty() { Ok(Default::default()) } else { content::read(&mut text.as_bytes()) }
    }
}

fn path(state: &StateDir, id: &ListId) -> StateFile {
    state.file(&format!("batches-{id}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn take(batches: &mut Batches, text: &str, now: &str) -> Result<bool> {
        batches.take(text.as_bytes(), at(now))
    }

    #[test]
    fn batches_add_up_and_each_address_counts_for_a_week_since_it_was_listed_last() {
        let mut batches = Batches::default();
        assert_eq!(batches.next(), None);
        let first = r#"{"ipaddress":["198.51.100.7","2001:db8::7"],"ID":"100"}"#;
        assert!(take(&mut batches, first, "2026-11-01T00:00:00Z").unwrap());
        assert_eq!(batches.next(), Some("100"));
        let second = r#"{"ipaddress":["198.51.100.7","203.0.113.7"],"ID":"200","more":1}"#;
        assert!(take(&mut batches, second, "2026-11-05T00:00:00Z").unwrap());
        assert!(!take(&mut batches, second, "2026-11-05T00:00:00Z").unwrap(), "it leads to itself");
        let end = r#"{"ipaddress":["no new bans"],"ID":"none"}"#;
        assert!(!take(&mut batches, end, "2026-11-05T00:00:00Z").unwrap());
        assert_eq!((batches.next(), batches.received.len()), (Some("200"), 3));
        batches.forget_old(at("2026-11-08T00:00:00Z"));
        assert_eq!(batches.text(), "198.51.100.7\n203.0.113.7");
        assert_eq!(batches.list().unwrap().1.used, 2);
        batches.forget_old(at("2026-11-04T00:00:00Z"));
        batches.forget_old(at("2026-11-11T00:00:00Z"));
        assert_eq!((batches.text(), batches.list().unwrap()), (String::new(), Default::default()));
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        for text in [
            "",
            "[]",
            "<html>",
            r#"{"ipaddress":[],"ID":""}"#,
            r#"{"ipaddress":[],"ID":"../x"}"#,
            r#"{"ipaddress":["x"],"ID":"1"}"#,
        ] {
            let refused = take(&mut Batches::default(), text, "2026-11-01T00:00:00Z").unwrap_err();
            assert_eq!(refused.code(), Code::SourceMalformed, "{text}");
        }
    }

    #[test]
    fn no_more_addresses_are_remembered_than_memory_is_meant_for() {
        let mut batches = Batches::default();
        let (old, new) = (at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z"));
        for number in 0..u32::try_from(MOST_ADDRESSES).unwrap() + 10 {
            batches.received.insert(IpAddr::V4(number.into()), if number < 10 { old } else { new });
        }
        batches.forget_old(new);
        assert_eq!(batches.received.len(), MOST_ADDRESSES);
        assert!(!batches.received.contains_key(&IpAddr::V4(0.into())));
    }
}
