//! `lists`: gets block lists, then updates the kernel if the policy uses one that changed.

mod batched;
mod data;
mod fetch;
mod request;

use std::time::{Duration, Instant};

use super::Operation;
use super::parts::ask::{DataOrigin, Pace};
use super::parts::reapply::reapply_changed;
use crate::blocklist::{KeptList, ListId, ListStore, catalogued, refuse_leap};
use crate::context::Context;
use crate::enforcement::FirewallLock;
use crate::error::{Code, Error, Result};
use crate::records::publisher_notes::ListNotes;
use crate::records::{InForce, Trial};
use crate::storage::{LockKind, StateDir};
use crate::warning::{Warning, WarningCode};
use data::{ListData, ListsData};
use fetch::Fetcher;
pub use request::ListsRequest;
use request::{ListsFlags, WantedList};

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
        let deadline = self.total_seconds.map(|total| Instant::now() + Duration::from(total));
        for wanted in &self.lists {
            lists.push(self.list(context, (&store, deadline), &mut notes, wanted));
        }
        notes.retain(|id| self.names(id), context.now());
        let applied = reapply_changed(context, &mut notes, |applied, notes| {
            applied.policy.lists.iter().any(|list| notes.is_waiting(list))
        })?;
        self.remove_others(context, &store, &notes)?;
        Ok(ListsData { lists, applied })
    }
}

impl ListsRequest {
    /// Brings one list up to date, as far as it can be.
    fn list(
        &self,
        context: &mut Context<'_>,
        (store, deadline): (&ListStore, Option<Instant>),
        notes: &mut ListNotes,
        wanted: &WantedList,
    ) -> ListData {
        let kept = usable(context, store, &wanted.id);
        let taken = self.newer((context, deadline), notes, wanted, kept.as_ref()).and_then(|newer| {
            let take = |(origin, list)| {
                let is_changed = self.take((&context.state, store), notes, kept.as_ref(), &list)?;
                Ok((origin, is_changed, list.head))
            };
            newer.map(take).transpose()
        });
        let of_kept = |failure| {
            let kept = kept.as_ref().map(|kept| kept.head.clone());
            ListData::new(wanted, DataOrigin::Kept, false, kept, failure)
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
        (context, deadline): (&Context<'_>, Option<Instant>),
        notes: &mut ListNotes,
        wanted: &WantedList,
        kept: Option<&KeptList>,
    ) -> Result<Option<(DataOrigin, KeptList)>> {
        let fetcher = Fetcher { request: self, context, wanted, deadline };
        if let Some(list) = fetcher.given()? {
            return Ok(Some(list));
        }
        let is_kept = kept.is_some_and(|kept| fetcher.is_from_here(kept)) && fetcher.is_complete();
        if !self.ask.is_due(notes, &wanted.id, pace(&wanted.id), is_kept, context.now()) {
            return Ok(None);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let message = format!("there was no time left to ask for the list {}", wanted.id);
            return Err(Error::new(Code::SourceDownload, message));
        }
        notes.note_request(&wanted.id, context.now());
        notes.save(&context.state)?;
        let downloaded = fetcher.download(kept);
        notes.note_end(&wanted.id, downloaded.is_err());
        downloaded
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

    /// Removes the lists that neither the request nor a policy in force wants. While nobody knows what is in force, none is. One
    /// that could not be had again yet, should somebody change his mind, stays for so long.
    fn remove_others(&self, context: &mut Context<'_>, store: &ListStore, notes: &ListNotes) -> Result<()> {
        let mut others = store.ids();
        let now = context.now();
        others.retain(|id| !self.names(id) && notes.is_past(id, pace(id).shortest, now));
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

/// How often the publisher of a list is asked.
fn pace(id: &ListId) -> Pace {
    let (every, shortest) = catalogued(id).map_or((OWN_EVERY_MINUTES, OWN_SHORTEST_MINUTES), |list| {
        (list.every_minutes, list.shortest_minutes)
    });
    Pace { every, shortest }
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
