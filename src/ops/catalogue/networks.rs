//! What `catalogue` says of networks.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::asn::{
    AsNumber, Head, Holders, NetworkSource, NetworkStore, PRESETS, Preset, SizedNetwork, SourceFacts,
};
use crate::context::Context;
use crate::error::{Code, Result};
use crate::protocol::Problem;
use crate::records::publisher_notes::NetworkNotes;
use crate::storage::whole_second;

/// The most networks that a search finds.
const MOST_FOUND: usize = 50;

/// The networks that can be blocked, and the data that tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KnownNetworksData {
    /// The data that is kept; null if none is.
    pub kept: Option<Head>,
    /// Why what is kept cannot be used; null if it can, or if nothing is kept.
    pub problem: Option<Problem>,
    /// Where it can be had, the default first.
    pub sources: Vec<NetworkSourceData>,
    /// Networks that are often blocked together.
    pub presets: Vec<Preset>,
    /// What the search of the request found, the largest first, 50 at most.
    pub found: Vec<SizedNetwork>,
    /// One for each of the request's numbers, in its order. Those that the data does not know have neither name nor address.
    pub chosen: Vec<SizedNetwork>,
}

/// A source of network data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NetworkSourceData {
    /// What people are told of it.
    #[serde(flatten)]
    pub facts: SourceFacts,
    /// When its publisher was last asked, RFC 3339 in UTC; null if it never was.
    pub asked_at: Option<String>,
    /// True if that failed.
    pub has_failed: bool,
}

impl KnownNetworksData {
    /// What is known, with what a `search` finds and what these `numbers` are.
    pub(super) fn of(context: &Context<'_>, search: Option<&str>, numbers: &[AsNumber]) -> Self {
        let (kept, problem) = match kept(context) {
            Ok(kept) => (Some(kept), None),
            Err(error) if error.code() == Code::NetworkMissing => (None, None),
            Err(error) => (None, Some(Problem::from(&error))),
        };
        let (kept, holders) =
            kept.map_or((None, Holders::default()), |(head, holders)| (Some(head), holders));
        let notes = NetworkNotes::load(&context.state);
        Self {
            kept,
            problem,
            sources: NetworkSource::ALL.map(|source| NetworkSourceData::of(source, &notes)).to_vec(),
            presets: PRESETS.clone(),
            found: search.map(|text| holders.search(text, MOST_FOUND)).unwrap_or_default(),
            chosen: numbers.iter().map(|number| holders.sized(*number)).collect(),
        }
    }
}

fn kept(context: &Context<'_>) -> Result<(Head, Holders)> {
    let mut file = NetworkStore::new(&context.state).open()?;
    let holders = file.holders()?;
    Ok((file.head().clone(), holders))
}

impl NetworkSourceData {
    fn of(source: NetworkSource, notes: &NetworkNotes) -> Self {
        let text = |moment: Timestamp| whole_second(moment).to_string();
        let asked_at = notes.asked_at(&source).map(text);
        Self { facts: source.facts(), asked_at, has_failed: notes.has_failed(&source) }
    }
}

/// What was found, a line for each.
pub(super) fn lines(networks: &KnownNetworksData) -> String {
    let told = networks.found.iter().chain(&networks.chosen);
    told.fold(String::new(), |mut text, SizedNetwork { number, name, v4_addresses, v6_networks }| {
        let _ = writeln!(text, "{number} {name}: {v4_addresses} IPv4 addresses, {v6_networks} IPv6 networks");
        text
    })
}
