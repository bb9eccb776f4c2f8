//! `lists`: gets block lists, then updates the kernel if the policy uses one that changed.

mod batched;
mod data;
mod fetch;
mod request;

use std::time::Duration;

use jiff::Timestamp;

use super::Operation;
use super::parts::reapply::reapply;
use crate::blocklist::{KeptList, ListId, ListStore, catalogued, refuse_leap};
use crate::context::Context;
use crate::enforcement::FirewallLock;
use crate::error::{Code, Error, Result};
use crate::records::list_notes::ListNotes;
use crate::records::{Applied, InForce, Trial};
use crate::storage::{LockKind, StateDir};
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
        let (store, mut notes) = (ListStore::new(&context.state), ListNotes::load(&context.state));
        let mut lists = Vec::new();
        for wanted in &self.lists {
            lists.push(self.list(context, &store, &mut notes, wanted));
        }
        notes.retain(|id| self.names(id), context.now());
        let databases = context.store();
        let uses_one = |applied: &Applied| applied.policy.lists.iter().any(|list| notes.is_waiting(list));
        let applied = reapply(context, uses_one, |opening, applied, judge| {
            opening.plan(&databases.open(applied.source)?, judge)
        });
        if applied.is_ok() {
            notes.note_in_force();
        }
        if notes != ListNotes::load(&context.state) {
            notes.save(&context.state).unwrap_or_else(|error| context.warnings.push(Warning::from(&error)));
        }
        let applied = applied?;
        self.remove_others(context, &store)?;
        Ok(ListsData { lists, applied })
    }
}

impl ListsRequest {
    /// Brings one list up to date, as far as it can be.
    fn list(
        &self,
        context: &mut Context<'_>,
        store: &ListStore,
        notes: &mut ListNotes,
        wanted: &WantedList,
    ) -> ListData {
        let kept = usable(context, store, &wanted.id);
        let taken = self.newer(context, notes, wanted, kept.as_ref()).and_then(|newer| {
            let take = |(origin, list)| {
                let is_changed = self.take((&context.state, store), notes, kept.as_ref(), &list)?;
                Ok((origin, is_changed, list.head))
            };
            newer.map(take).transpose()
        });
        let of_kept = |failure| {
            let kept = kept.as_ref().map(|kept| kept.head.clone());
            ListData::new(wanted, ListOrigin::Kept, false, kept, failure)
        };
        match taken {
            Ok(Some((origin, is_changed, head))) => {
                ListData::new(wanted, origin, is_changed, Some(head), None)
            }
            Ok(None) => of_kept(None),
            Err(failure) => {
                context.warnings.push(Warning::from(&failure));
                of_kept(Some(&failure))
            }
        }
    }

    /// What the request or the publisher has of a list. `None` if that is what is kept, or if nobody was asked.
    fn newer(
        &self,
        context: &Context<'_>,
        notes: &mut ListNotes,
        wanted: &WantedList,
        kept: Option<&KeptList>,
    ) -> Result<Option<(ListOrigin, KeptList)>> {
        let fetcher = Fetcher { request: self, context, wanted };
        if let Some(list) = fetcher.given()? {
            return Ok(Some(list));
        }
        let is_usable = kept.is_some_and(|kept| fetcher.is_from_here(kept))
            && fetcher.is_complete()
            && !notes.has_failed(&wanted.id);
        if !self.may_ask(notes, wanted, is_usable, context.now()) {
            return Ok(None);
        }
        notes.note_request(&wanted.id, context.now());
        notes.save(&context.state)?;
        let downloaded = fetcher.download(kept);
        notes.note_end(&wanted.id, downloaded.is_err());
        downloaded
    }

    /// True if it is time to ask the publisher of a list: sooner if what is kept is not what is wanted.
    fn may_ask(&self, notes: &ListNotes, wanted: &WantedList, is_usable: bool, now: Timestamp) -> bool {
        let (every, shortest) = catalogued(&wanted.id)
            .map_or((OWN_EVERY_MINUTES, OWN_SHORTEST_MINUTES), |list| {
                (list.every_minutes, list.shortest_minutes)
            });
        match self.ask {
            Ask::Never => false,
            Ask::IfDue if is_usable => notes.is_past(&wanted.id, every, now),
            Ask::IfDue | Ask::Now => notes.is_past(&wanted.id, shortest, now),
        }
    }

    /// Keeps a list, unless it changed beyond reason. Returns true if it lists other addresses than before.
    fn take(
        &self,
        (state, store): (&StateDir, &ListStore),
        notes: &mut ListNotes,
        kept: Option<&KeptList>,
        list: &KeptList,
    ) -> Result<bool> {
        let is_published = catalogued(&list.head.id).is_some();
        if is_published && !self.force {
            if list.head.rows.used == 0 {
                let message = format!("the list {} came without an address", list.head.id);
                return Err(Error::new(Code::SourceShrunk, message));
            }
            kept.map_or(Ok(()), |kept| refuse_leap(&kept.head, &list.head))?;
        }
        let is_changed = kept.is_none_or(|kept| kept.content != list.content);
        if is_changed {
            // First, so that a helper that is killed in between leaves a note that the kernel holds the list of before.
            notes.note_change(&list.head.id);
            notes.save(state)?;
        }
        store.save(list)?;
        Ok(is_changed)
    }

    /// Removes the lists that neither the request nor a policy in force wants. While nobody knows what is in force, none is.
    fn remove_others(&self, context: &mut Context<'_>, store: &ListStore) -> Result<()> {
        let mut others = store.ids();
        others.retain(|id| !self.names(id));
        if others.is_empty() {
            return Ok(());
        }
        let _lock = FirewallLock::take(context)?;
        let Ok(in_force) = InForce::load(&context.state) else { return Ok(()) };
        let is_unreadable = in_force.trial.as_ref().is_some_and(Trial::is_unreadable);
        if in_force.applied().is_err() || is_unreadable {
            return Ok(());
        }
        let named: Vec<&ListId> = in_force.policies().flat_map(|policy| &policy.lists).collect();
        others.iter().filter(|id| !named.contains(id)).try_for_each(|id| store.remove(id))
    }

    fn names(&self, id: &ListId) -> bool {
        self.lists.iter().any(|list| list.id == *id)
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
