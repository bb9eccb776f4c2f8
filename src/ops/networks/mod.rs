//! `networks`: gets the data that tells networks, then updates the kernel if the policy names one that changed.

mod data;
mod fetch;
mod request;

use std::time::Duration;

use super::Operation;
use super::parts::ask::{DataOrigin, Pace};
use super::parts::reapply::reapply_changed;
use crate::asn::{AsNumber, ChosenNetworks, Head, NetworkStore, NetworkTable, refuse_loss};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::protocol::Problem;
use crate::records::InForce;
use crate::records::publisher_notes::NetworkNotes;
use crate::stage::Stage;
use crate::storage::LockKind;
use crate::warning::{Warning, WarningCode};
use data::NetworksData;
use fetch::Taken;
use request::NetworksFlags;
pub use request::NetworksRequest;

/// Overall percentages at which the phases of the operation end. The kernel is the last phase.
const DOWNLOAD_END: u8 = 60;
const READ_END: u8 = 95;

impl Operation for NetworksRequest {
    type Flags = NetworksFlags;
    type Data = NetworksData;

    fn from_flags(flags: NetworksFlags) -> Result<Self> {
        Ok(flags.into_request())
    }

    /// Gets the data if its time has come. If it cannot be had, or lost what should be blocked, what is kept stays.
    ///
    /// # Errors
    /// `request.invalid`; `state.busy` while another update is running; `plan.too_large` and `firewall.*` if the kernel
    /// could not be updated.
    fn run(&self, context: &mut Context<'_>) -> Result<NetworksData> {
        self.check()?;
        let lock = context.state.lock(LockKind::Data, Duration::ZERO)?;
        context.state.remove_stale_files(&lock);
        context.progress.begin_phase(DOWNLOAD_END);
        let mut notes = NetworkNotes::load(&context.state);
        let kept = usable(context);
        let newer = self.newer(context, &mut notes, kept.as_ref());
        let taken = newer.and_then(|newer| {
            let take = |taken: Taken| self.take(context, &mut notes, kept.as_ref(), taken);
            newer.map(take).transpose()
        });
        let (origin, kept, failure) = match taken {
            Ok(Some((origin, head))) => (origin, Some(head), None),
            Ok(None) => (DataOrigin::Kept, kept, None),
            Err(failure) => (DataOrigin::Kept, kept, Some(failure)),
        };
        context.warnings.extend(failure.as_ref().map(Warning::from));
        context.progress.begin_phase(100);
        let applied = reapply_changed(context, &mut notes, |applied, notes| {
            notes.is_any_waiting() && !applied.policy.networks.is_empty()
        })?;
        let stage = if applied.is_some() { Stage::Apply } else { Stage::Compile };
        context.progress.report(stage, 100, self.source.facts().name);
        let is_changed = origin != DataOrigin::Kept;
        Ok(NetworksData { origin, is_changed, kept, failure: failure.as_ref().map(Problem::from), applied })
    }
}

impl NetworksRequest {
    /// What the request or the publisher has. `None` if that is what is kept, or if nobody was asked.
    fn newer(
        &self,
        context: &mut Context<'_>,
        notes: &mut NetworkNotes,
        kept: Option<&Head>,
    ) -> Result<Option<Taken>> {
        if !self.files.is_empty() {
            return fetch::given(self, context, kept);
        }
        let facts = self.source.facts();
        let pace = Pace { every: facts.every_minutes, shortest: facts.shortest_minutes };
        let is_kept = kept.is_some_and(|kept| kept.source == self.source);
        if !self.ask.is_due(notes, &self.source, pace, is_kept, context.now()) {
            return Ok(None);
        }
        notes.note_request(&self.source, context.now());
        notes.save(&context.state)?;
        let downloaded = fetch::download(self, context, kept);
        notes.note_end(&self.source, downloaded.is_err());
        downloaded
    }

    /// Keeps new data, unless it lost what should be blocked.
    fn take(
        &self,
        context: &mut Context<'_>,
        notes: &mut NetworkNotes,
        kept: Option<&Head>,
        (origin, head, table): Taken,
    ) -> Result<(DataOrigin, Head)> {
        let store = NetworkStore::new(&context.state);
        // While nobody knows what is in force, only the networks of the request can be looked after.
        let in_force = InForce::load(&context.state).unwrap_or_default();
        let named: Vec<AsNumber> = in_force.policies().flat_map(|policy| &policy.networks).copied().collect();
        let before = if kept.is_some() { self.compared(&store, (&head, &table), &named)? } else { None };
        if !named.is_empty() && before.as_ref() != Some(&table.chosen(&named)) {
            // First, so that a helper that is killed in between leaves a note that the kernel holds what was before.
            notes.note_change(&self.source);
            notes.save(&context.state)?;
        }
        store.save(&head, &table)?;
        Ok((origin, head))
    }

    /// Compares new data with what is kept. Returns what the networks that policies name hold by that; `None` if it turns out
    /// to be damaged.
    fn compared(
        &self,
        store: &NetworkStore,
        (head, table): (&Head, &NetworkTable),
        named: &[AsNumber],
    ) -> Result<Option<ChosenNetworks>> {
        let Ok(mut file) = store.open() else { return Ok(None) };
        let (Ok(holders), Ok(before)) = (file.holders(), file.chosen(named)) else { return Ok(None) };
        if !self.force {
            // Two publishers may see one network very differently; what was chosen is theirs to tell.
            let is_same_source = file.head().source == head.source;
            let chosen = named.iter().chain(&self.keep).copied().filter(|_| is_same_source);
            refuse_loss((file.head(), &holders), (head, table.holders()), chosen)?;
        }
        Ok(Some(before))
    }
}

/// The head of what is kept. What is damaged is got again, with a warning.
fn usable(context: &mut Context<'_>) -> Option<Head> {
    // All of it, so that damage is noticed before somebody needs it.
    let read = NetworkStore::new(&context.state).open().and_then(|mut file| {
        file.holders()?;
        file.chosen(&[])?;
        Ok(file.head().clone())
    });
    let warn = |error: Error| {
        if error.code() != Code::NetworkMissing {
            context.warn(WarningCode::DatabaseUnusable, error.message());
        }
    };
    read.map_err(warn).ok()
}
