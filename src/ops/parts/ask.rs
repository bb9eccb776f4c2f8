//! When a publisher is asked whether there is something newer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::records::publisher_notes::{PublisherNotes, Subject};

/// When publishers are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Ask {
    /// Never: only what the request has is read.
    Never,
    /// When the time of what is wanted has come.
    #[default]
    IfDue,
    /// Now, unless the publisher bears no request so soon.
    Now,
}

/// How often a publisher is asked, in minutes.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Pace {
    /// If what is kept is what is wanted.
    pub(in crate::ops) every: u32,
    /// The shortest time between two requests.
    pub(in crate::ops) shortest: u32,
}

impl Ask {
    /// True if it is time to ask: sooner if what is kept is not what is wanted.
    pub(in crate::ops) fn is_due<K: Subject>(
        self,
        notes: &PublisherNotes<K>,
        about: &K,
        pace: Pace,
        is_kept: bool,
        now: Timestamp,
    ) -> bool {
        match self {
            Self::Never => false,
            Self::IfDue if is_kept && !notes.has_failed(about) => notes.is_past(about, pace.every, now),
            Self::IfDue | Self::Now => notes.is_past(about, pace.shortest, now),
        }
    }
}

/// Where data comes from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum DataOrigin {
    /// A text or a file in the request.
    Given,
    /// The publisher or a mirror.
    Online,
    /// What was kept stays.
    Kept,
}
