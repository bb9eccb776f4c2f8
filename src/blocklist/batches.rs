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
/// So many runs in a row may find more batches than they ask for: those of a million addresses.
const MOST_UNFINISHED_RUNS: u32 = 800;
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
    /// When the publisher was asked last.
    asked_at: Option<Timestamp>,
    /// How many runs in a row have not reached the end.
    unfinished_runs: u32,
    /// When each address was received last.
    received: BTreeMap<IpAddr, Timestamp>,
}

impl Record for Batches {
    const FORMAT: u32 = 1;
}

/// An answer of the publisher: a batch, or words about why there is none.
#[derive(Deserialize)]
struct Answer {
    ipaddress: Texts,
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
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

    /// Begins to ask for what has come since the last time; from the first batch on, if that was too long ago, or if the clock
    /// was wrong then or is now: what has come in between is not handed out again.
    pub fn begin(&mut self, now: Timestamp) {
        let since = self.asked_at.map(|asked_at| now.duration_since(asked_at));
        if since.is_some_and(|since| since.is_negative() || since >= COUNTS) {
            self.start_over();
        }
        self.asked_at = Some(now);
        self.is_complete = false;
    }

    /// Asks from the first batch on next time.
    pub fn start_over(&mut self) {
        self.next = None;
    }

    /// Remembers whether the publisher has more.
    ///
    /// # Errors
    /// `source.malformed` if it never comes to an end.
    pub fn note_end(&mut self, is_complete: bool) -> Result<()> {
        self.is_complete = is_complete;
        self.unfinished_runs = if is_complete { 0 } else { self.unfinished_runs + 1 };
        if self.unfinished_runs > MOST_UNFINISHED_RUNS {
            self.start_over();
            return Err(Error::new(Code::SourceMalformed, "its batches come to no end"));
        }
        Ok(())
    }

    /// Takes a batch. Returns false if there is none behind it.
    ///
    /// # Errors
    /// `list.key_refused`, `source.download` or `source.malformed` for what is no batch, by what it says.
    pub fn take(&mut self, answer: impl Read, now: Timestamp) -> Result<bool> {
        let malformed = |what: String| Error::new(Code::SourceMalformed, what);
        // What it says is not repeated: it may name the key.
        let Answer { ipaddress, id } =
            serde_json::from_reader(answer.take(BATCH_LIMIT)).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                malformed(format!("it is no batch of addresses: line {line}, column {column}"))
            })?;
        let says = |words: &str| id == words || ipaddress.all().iter().any(|text| text.contains(words));
        if says("unauthorized") {
            return Err(Error::new(Code::ListKeyRefused, "the publisher does not accept the key"));
        }
        if says("rate limit") {
            return Err(Error::new(Code::SourceDownload, "the publisher was asked too often"));
        }
        if id == "none" {
            return Ok(false);
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if id.is_empty() || id.len() > LONGEST_NAME || !id.bytes().all(is_name) {
            return Err(malformed("the next batch has no name that can be asked for".into()));
        }
        let addresses = ipaddress.all().iter().map(|text| text.parse::<IpAddr>());
        let addresses: Vec<IpAddr> =
            addresses.collect::<Result<_, _>>().map_err(|_| malformed("it names no address".into()))?;
        self.received.extend(addresses.into_iter().map(|address| (address.to_canonical(), now)));
        Ok(self.next.replace(id.clone()).as_ref() != Some(&id))
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
    fn what_is_no_batch_is_refused_by_what_it_says_and_changes_nothing() {
        for (text, code) in [
            ("", Code::SourceMalformed),
            ("[]", Code::SourceMalformed),
            ("<html>", Code::SourceMalformed),
            (r#""the key 12ab34cd is not valid""#, Code::SourceMalformed),
            (r#"{"ipaddress":[],"ID":""}"#, Code::SourceMalformed),
            (r#"{"ipaddress":[],"ID":"../x"}"#, Code::SourceMalformed),
            (r#"{"ipaddress":["198.51.100.7","x"],"ID":"1"}"#, Code::SourceMalformed),
            (r#"{"ipaddress":[],"ID":"unauthorized"}"#, Code::ListKeyRefused),
            (r#"{"ipaddress":"unauthorized","ID":"none"}"#, Code::ListKeyRefused),
            (r#"{"ipaddress":["rate limit exceeded"],"ID":"none"}"#, Code::SourceDownload),
        ] {
            let mut batches = Batches::default();
            let refused = take(&mut batches, text, "2026-11-01T00:00:00Z").unwrap_err();
            assert_eq!(refused.code(), code, "{text}");
            assert!(!refused.to_string().contains("12ab34cd"));
            assert_eq!(batches, Batches::default(), "{text}");
        }
        let end = r#"{"ipaddress":"no new bans","ID":"none"}"#;
        assert!(!take(&mut Batches::default(), end, "2026-11-01T00:00:00Z").unwrap());
    }

    #[test]
    fn after_a_wrong_clock_or_a_long_time_all_is_asked_for_again() {
        for (first, then, is_anew) in [
            ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", false),
            ("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z", true),
            ("2026-11-09T00:00:00Z", "2026-11-01T00:00:00Z", true),
        ] {
            let mut batches = Batches::default();
            batches.begin(at(first));
            take(&mut batches, r#"{"ipaddress":["198.51.100.7"],"ID":"100"}"#, first).unwrap();
            batches.begin(at(then));
            assert_eq!(batches.next().is_none(), is_anew, "{first} {then}");
        }
    }

    #[test]
    fn batches_without_an_end_are_an_error_in_the_end() {
        let mut batches = Batches::default();
        assert!((0..MOST_UNFINISHED_RUNS).all(|_| batches.note_end(false).is_ok()));
        assert!(batches.note_end(false).is_err());
        batches.note_end(true).unwrap();
        assert!(batches.note_end(false).is_ok());
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
