//! `catalogue`: reports the block lists that can be had, and those that are kept.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operation::NoFlags;
use super::{Operation, Text};
use crate::blocklist::{CATALOGUE, Catalogued, Head, ListId, ListStore, catalogued};
use crate::context::Context;
use crate::error::{Code, Result};
use crate::protocol::{Problem, Version};
use crate::records::list_notes::ListNotes;
use crate::storage::whole_second;

/// Report the block lists of the catalogue, and those that are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CatalogueRequest {
    /// The protocol version.
    pub v: Version,
}

/// Data of `catalogue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CatalogueData {
    /// The lists of the catalogue in its order, then those of one's own by id.
    pub lists: Vec<KnownListData>,
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
    type Flags = NoFlags;
    type Data = CatalogueData;

    fn from_flags(_: NoFlags) -> Result<Self> {
        Ok(Self { v: Version })
    }

    /// Reports the lists of the catalogue and those that are kept. Nobody is asked.
    ///
    /// # Errors
    /// None. A list that cannot be read is reported with its problem.
    fn run(&self, context: &mut Context<'_>) -> Result<CatalogueData> {
        let (store, notes) = (ListStore::new(&context.state), ListNotes::load(&context.state));
        let own: BTreeSet<ListId> = store.ids().into_iter().filter(|id| catalogued(id).is_none()).collect();
        let ids = CATALOGUE.iter().map(|list| list.id.clone()).chain(own);
        Ok(CatalogueData { lists: ids.map(|id| KnownListData::of(id, &store, &notes)).collect() })
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
        self.lists.iter().fold(String::new(), |mut text, list| {
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
        })
    }
}
