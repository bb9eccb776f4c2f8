//! `catalogue`: reports the block lists and the networks that can be blocked, and what is kept of both.

mod networks;

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Args;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Operation, Text};
use crate::asn::AsNumber;
use crate::blocklist::{CATALOGUE, Catalogued, Head, ListId, ListStore, catalogued};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::protocol::{Problem, Version};
use crate::records::publisher_notes::ListNotes;
use crate::storage::whole_second;
use networks::KnownNetworksData;

/// The most bytes of a search.
const LONGEST_SEARCH: usize = 200;
/// The most networks to name: those of two policies, and some more.
const MOST_NUMBERS: usize = 200;

/// Report the block lists and networks that can be blocked, and what is kept of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CatalogueRequest {
    /// The protocol version.
    pub v: Version,
    /// Words in the name of a network, or its number, to search for.
    #[serde(default)]
    pub networks: Option<String>,
    /// Networks to name.
    #[serde(default)]
    pub numbers: Vec<AsNumber>,
}

#[derive(Debug, Args)]
pub struct CatalogueFlags {
    /// Words in the name of a network, or its number, to search for.
    #[arg(long, value_name = "WORDS")]
    networks: Option<String>,
}

/// Data of `catalogue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CatalogueData {
    /// The lists of the catalogue in its order, then those of one's own by id.
    pub lists: Vec<KnownListData>,
    /// The networks, and the data that tells them.
    pub networks: KnownNetworksData,
}

/// A list that can be had or is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KnownListData {
    /// Its id.
    pub id: ListId,
    /// What the catalogue says of it; null for one's own.
    pub catalogued: Option<CataloguedData>,
    /// What is kept of it; null if nothing is.
    pub kept: Option<Head>,
    /// Why what is kept cannot be used; null if it can, or if nothing is kept.
    pub problem: Option<Problem>,
    /// When its publisher was last asked, RFC 3339 in UTC; null if it never was.
    pub asked_at: Option<String>,
    /// True if that failed.
    pub has_failed: bool,
}

/// A list of the catalogue, as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CataloguedData {
    /// Its name.
    pub name: String,
    /// Whom to name for it.
    pub publisher: String,
    /// What is in it, in a sentence or two.
    pub purpose: String,
    /// On what terms it may be used.
    pub terms: String,
    /// Where the publisher states them.
    pub terms_url: String,
    /// How often its publisher is asked, in minutes.
    pub every_minutes: u32,
    /// True if its publisher gives it to those who have a key.
    pub needs_key: bool,
}

impl Operation for CatalogueRequest {
    type Flags = CatalogueFlags;
    type Data = CatalogueData;

    fn from_flags(CatalogueFlags { networks }: CatalogueFlags) -> Result<Self> {
        Ok(Self { v: Version, networks, numbers: Vec::new() })
    }

    /// Reports the lists of the catalogue, the networks, and what is kept of both. Nobody is asked.
    ///
    /// # Errors
    /// `request.invalid`. What cannot be read is reported with its problem.
    fn run(&self, context: &mut Context<'_>) -> Result<CatalogueData> {
        self.check()?;
        let (store, notes) = (ListStore::new(&context.state), ListNotes::load(&context.state));
        let own: BTreeSet<ListId> = store.ids().into_iter().filter(|id| catalogued(id).is_none()).collect();
        let ids = CATALOGUE.iter().map(|list| list.id.clone()).chain(own);
        let networks = KnownNetworksData::of(context, self.networks.as_deref(), &self.numbers);
        Ok(CatalogueData { lists: ids.map(|id| KnownListData::of(id, &store, &notes)).collect(), networks })
    }
}

impl CatalogueRequest {
    /// Refuses a request that cannot be right.
    fn check(&self) -> Result<()> {
        let is_long = self.networks.as_ref().is_some_and(|text| text.len() > LONGEST_SEARCH);
        let wrong = [("networks", is_long), ("numbers", self.numbers.len() > MOST_NUMBERS)];
        let Some((field, _)) = wrong.into_iter().find(|(_, is_wrong)| *is_wrong) else { return Ok(()) };
        let message = format!("{field}: it is longer than any search or policy");
        Err(Error::new(Code::RequestInvalid, message).with_field(field))
    }
}

impl KnownListData {
    fn of(id: ListId, store: &ListStore, notes: &ListNotes) -> Self {
        let (kept, problem) = match store.load(&id) {
            Ok(list) => (Some(list.head), None),
            Err(error) if error.code() == Code::ListMissing => (None, None),
            Err(error) => (None, Some(Problem::from(&error))),
        };
        let text = |moment: Timestamp| whole_second(moment).to_string();
        Self {
            catalogued: catalogued(&id).map(CataloguedData::from),
            kept,
            problem,
            asked_at: notes.asked_at(&id).map(text),
            has_failed: notes.has_failed(&id),
            id,
        }
    }
}

impl From<&Catalogued> for CataloguedData {
    fn from(list: &Catalogued) -> Self {
        let needs_key = list.needs_key();
        let Catalogued { name, publisher, purpose, terms, terms_url, every_minutes, .. } = list.clone();
        Self { name, publisher, purpose, terms, terms_url, every_minutes, needs_key }
    }
}

impl Text for CatalogueData {
    fn text(&self) -> String {
        let lists = self.lists.iter().fold(String::new(), |mut text, list| {
            let about = list.catalogued.as_ref();
            let about =
                about.map_or_else(String::new, |about| format!(" {}. {}.", about.purpose, about.terms));
            let kept = match (&list.kept, &list.problem) {
                (Some(kept), _) => format!("kept since {}", kept.read_at),
                (None, Some(problem)) => problem.message.clone(),
                (None, None) => "not kept".to_owned(),
            };
            let _ = writeln!(text, "{}: {kept}.{about}", list.id);
            text
        });
        lists + &networks::lines(&self.networks)
    }
}
