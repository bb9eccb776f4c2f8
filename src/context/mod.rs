//! What an operation works with: state directory, clock, kernel, warnings and progress.

mod progress;
mod watchers;

pub use progress::Progress;
pub(crate) use watchers::WatcherLauncher;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::asn::{ChosenNetworks, NamedNetwork, NetworkStore};
use crate::blocklist::NamedLists;
use crate::database::{Database, Excerpt, Metadata, Store};
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::firewall::{Kernel, SystemKernel};
use crate::plan::{Judge, Policy};
use crate::records::{Applied, InForce};
use crate::resolver::{Resolver, SystemResolver};
use crate::source;
use crate::storage::{Clock, StateDir, SystemClock};
use crate::warning::{Warning, WarningCode};

/// The environment of an operation. Tests replace the clock, the kernel, the watcher and the resolver.
pub struct Context<'a> {
    /// The state directory.
    pub state: StateDir,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Access to the kernel's firewall.
    pub(crate) kernel: Arc<dyn Kernel>,
    /// Starts the watcher of a change on trial.
    pub(crate) watchers: Arc<dyn WatcherLauncher>,
    /// Looks up the addresses of hosts.
    pub(crate) resolver: Arc<dyn Resolver>,
    /// Warnings for the administrator, although the operation succeeds.
    pub warnings: Vec<Warning>,
    /// Reports the progress.
    pub progress: Progress<'a>,
}

impl<'a> Context<'a> {
    /// A context for this system.
    pub(crate) fn new(state: StateDir, watchers: Arc<dyn WatcherLauncher>, progress: Progress<'a>) -> Self {
        let (clock, kernel, resolver) =
            (Arc::new(SystemClock), Arc::new(SystemKernel), Arc::new(SystemResolver));
        Self { state, clock, kernel, watchers, resolver, warnings: Vec::new(), progress }
    }
}

impl Context<'_> {
    /// The time on the wall clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The databases.
    pub fn store(&self) -> Store {
        Store::new(&self.state)
    }

    /// Adds a warning, unless the same was added before.
    pub fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        self.warn_once(Warning::new(code, message));
    }

    fn warn_once(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Warns about each family for which the data has no addresses.
    pub fn warn_of_missing_families(&mut self, metadata: &Metadata) {
        for family in metadata.missing_families() {
            let message = format!(
                "the data of {} has no {family} addresses, so no {family} connection is dropped",
                source::of(metadata.source).title()
            );
            self.warn(WarningCode::FamilyMissing, message);
        }
    }

    /// The database of `source`, if it is usable. Adds a warning if it is damaged, none if it is missing.
    pub fn usable_database(&mut self, source: SourceId) -> Option<Database> {
        let loaded = self.store().load(source);
        self.usable(loaded)
    }

    /// A part of the database of `source`, under the conditions of [`Self::usable_database`].
    pub fn usable_excerpt(&mut self, source: SourceId, addresses: &[IpAddr]) -> Option<Excerpt> {
        let loaded = self.store().load_excerpt(source, addresses);
        self.usable(loaded)
    }

    /// A policy with the addresses of its lists and networks, prepared for decisions.
    ///
    /// # Errors
    /// `list.missing`, `network.missing`, `database.corrupt`, `database.version`, `state.*` if a list or the networks are not
    /// usable.
    pub fn judge(&self, policy: &Policy) -> Result<Judge> {
        let (judge, errors) = self.prepared(policy, None);
        errors.into_iter().next().map_or(Ok(judge), Err)
    }

    /// As [`Self::judge`], but what is not usable is left out, with a warning.
    pub fn usable_judge(&mut self, policy: &Policy) -> Judge {
        let prepared = self.prepared(policy, None);
        self.warned(prepared)
    }

    /// As [`Self::usable_judge`], for decisions about these addresses alone.
    pub fn usable_judge_of(&mut self, policy: &Policy, addresses: &[IpAddr]) -> Judge {
        let prepared = self.prepared(policy, Some(addresses));
        self.warned(prepared)
    }

    /// As [`Self::usable_judge_of`]. `None` if something had to be left out.
    pub fn whole_judge_of(&self, policy: &Policy, addresses: &[IpAddr]) -> Option<Judge> {
        let (judge, errors) = self.prepared(policy, Some(addresses));
        errors.is_empty().then_some(judge)
    }

    /// A policy prepared for decisions, and why something of it is left out.
    fn prepared(&self, policy: &Policy, about: Option<&[IpAddr]>) -> (Judge, Vec<Error>) {
        let (lists, mut errors) = NamedLists::usable(&self.state, &policy.lists);
        let networks = ChosenNetworks::load(&self.state, &policy.networks, about).unwrap_or_else(|error| {
            errors.push(error);
            ChosenNetworks::default()
        });
        (Judge::new(policy).with_lists(lists).with_networks(networks), errors)
    }

    fn warned(&mut self, (judge, errors): (Judge, Vec<Error>)) -> Judge {
        errors.iter().map(Warning::from).for_each(|warning| self.warn_once(warning));
        judge
    }

    /// Which networks hold these addresses. Nobody's are left out. Adds a warning if the data is damaged, none if it is
    /// missing.
    pub fn networks_of(&mut self, addresses: &[IpAddr]) -> HashMap<IpAddr, NamedNetwork> {
        if addresses.is_empty() {
            return HashMap::new();
        }
        let found = NetworkStore::new(&self.state).open().and_then(|mut file| file.holding(addresses));
        self.usable(found).unwrap_or_default()
    }

    /// The policy that should be in force now, from its record. `None` if no policy is applied.
    ///
    /// # Errors
    /// `state.*`.
    pub fn wanted(&self) -> Result<Option<Applied>> {
        Ok(InForce::load(&self.state)?.wanted(&*self.clock)?.cloned())
    }

    /// The policy that should be in force, if its record is usable. Adds a warning if the record is damaged.
    pub fn usable_record(&mut self) -> Option<Applied> {
        self.wanted().unwrap_or_else(|error| {
            self.warnings.push(Warning::from(&error));
            None
        })
    }

    fn usable<T>(&mut self, loaded: Result<T>) -> Option<T> {
        match loaded {
            Ok(usable) => Some(usable),
            Err(error) => {
                if ![Code::DatabaseMissing, Code::NetworkMissing].contains(&error.code()) {
                    self.warn(WarningCode::DatabaseUnusable, error.message());
                }
                None
            }
        }
    }
}
