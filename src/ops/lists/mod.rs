//! `lists`: gets block lists, then updates the kernel if the policy uses one that changed.

mod data;
mod fetch;
mod request;

use std::time::Duration;

use jiff::Timestamp;

use super::Operation;
use crate::blocklist::{KeptList, ListId, ListStore, catalogued, refuse_leap};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::records::asked_lists::AskedLists;
use crate::storage::LockKind;
use crate::warning::{Warning, WarningCode};
use data::{ListData, ListOrigin, ListsData};
use fetch::Fetcher;
pub use request::ListsRequest;
use request::{Ask, ListsFlags, WantedList};

/// How often it is worth a look whether a list of one's own has changed, in minutes.
const OWN_EVERY_MINUTES: u32 = 60;
/// The shortest time between two requests for it.
const OWN_SHORTEST_MINUTES: u32 = 1;

impl Operation for ListsRequest {
    type Flags = ListsFlags;
    type Data = ListsData;

    fn from_flags(flags: ListsFlags) -> Result<Self> {
        Ok(flags.into_request())
    }

    /// Gets each list whose time has come. A list that cannot be had, or that changed beyond reason, stays as it is kept;
    /// the others are taken all the same.
    ///
    /// # Errors
    /// `request.invalid`; `state.busy` while another update is running; `plan.too_large` and `firewall.*` if the kernel
    /// could not be updated.
    fn run(&self, context: &mut Context<'_>) -> Result<ListsData> {
        self.check()?;
        let lock = context.state.lock(LockKind::Data, Duration::ZERO)?;
        context.state.remove_stale_files(&lock);
        let (store, mut asked) = (ListStore::new(&context.state), AskedLists::load(&context.state));
        let mut lists = Vec::new();
        for wanted in &self.lists {
            lists.push(self.list(context, &store, &mut asked, wanted));
        }
        asked.retain(|id| self.lists.iter().any(|list| list.id == *id));
        asked.save(&context.state).unwrap_or_else(|error| context.warnings.push(Warning::from(&error)));
        self.remove_others(context, &store)?;
        Ok(ListsData { lists })
    }
}

impl ListsRequest {
    /// Brings one list up to date, as far as it can be.
    fn list(
        &self,
        context: &mut Context<'_>,
        store: &ListStore,
        asked: &mut AskedLists,
        wanted: &WantedList,
    ) -> ListData {
        let kept = usable(context, store, &wanted.id);
        let taken = self.newer(context, asked, wanted, kept.as_ref()).and_then(|newer| match newer {
            Some((origin, list)) => self.take(store, kept.as_ref(), &list).map(|()| Some((origin, list))),
            None => Ok(None),
        });
        let changes = |list: &KeptList| kept.as_ref().is_none_or(|kept| kept.content != list.content);
        match taken {
            Ok(Some((origin, list))) => ListData::new(wanted, origin, changes(&list), Some(list.head), None),
            Ok(None) => ListData::new(wanted, ListOrigin::Kept, false, kept.map(|kept| kept.head), None),
            Err(failure) => {
                context.warnings.push(Warning::from(&failure));
                ListData::new(wanted, ListOrigin::Kept, false, kept.map(|kept| kept.head), Some(&failure))
            }
        }
    }

    /// What the request or the publisher has of a list. `None` if that is what is kept, or if nobody was asked.
    fn newer(
        &self,
        context: &Context<'_>,
        asked: &mut AskedLists,
        wanted: &WantedList,
        kept: Option<&KeptList>,
    ) -> Result<Option<(ListOrigin, KeptList)>> {
        let fetcher = Fetcher { request: self, context, wanted };
        if let Some(list) = fetcher.given()? {
            return Ok(Some(list));
        }
        if !self.may_ask(asked, wanted, context.now()) {
            return Ok(None);
        }
        asked.note(&wanted.id, context.now());
        fetcher.download(kept)
    }

    /// True if it is time to ask the publisher of a list.
    fn may_ask(&self, asked: &AskedLists, wanted: &WantedList, now: Timestamp) -> bool {
        let (every, shortest) = catalogued(&wanted.id)
            .map_or((OWN_EVERY_MINUTES, OWN_SHORTEST_MINUTES), |list| (list.every_minutes, list.shortest_minutes));
        match self.ask {
            Ask::Never => false,
            Ask::IfDue => asked.is_past(&wanted.id, every, now),
            Ask::Now => asked.is_past(&wanted.id, shortest, now),
        }
    }

    /// Keeps a list, unless it changed beyond reason.
    fn take(&self, store: &ListStore, kept: Option<&KeptList>, list: &KeptList) -> Result<()> {
        let is_published = catalogued(&list.head.id).is_some();
        if is_published && !self.force {
            if list.head.rows.used == 0 {
                let message = format!("the list {} came without an address", list.head.id);
                return Err(Error::new(Code::SourceShrunk, message));
            }
            kept.map_or(Ok(()), |kept| refuse_leap(&kept.head, &list.head))?;
        }
        store.save(list)
    }

    /// Removes the lists that nobody wants any more.
    fn remove_others(&self, context: &Context<'_>, store: &ListStore) -> Result<()> {
        let is_wanted = |id: &ListId| self.lists.iter().any(|list| list.id == *id);
        store.ids().iter().filter(|id| !is_wanted(id)).try_for_each(|id| store.remove(id))
    }
}

/// The list that is kept. A damaged one is got again, with a warning.
fn usable(context: &mut Context<'_>, store: &ListStore, id: &ListId) -> Option<KeptList> {
    match store.load(id) {
        Ok(kept) => Some(kept),
        Err(error) => {
            if error.code() != Code::ListMissing {
                context.warn(WarningCode::DatabaseUnusable, error.message());
            }
            None
        }
    }
}
