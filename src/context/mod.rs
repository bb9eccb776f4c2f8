//! What an operation works with.

mod progress;
mod watchers;

pub use progress::Progress;
pub(crate) use watchers::WatcherLauncher;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::database::{Database, Excerpt, Metadata, Store};
use crate::dataset::SourceId;
use crate::error::{Code, Result};
use crate::firewall::{Kernel, SystemKernel};
use crate::records::{Applied, InForce};
use crate::storage::{Clock, StateDir, SystemClock};
use crate::warning::{Warning, WarningCode};

/// What an operation works with: the state directory, and where it reports to.
pub struct Context<'a> {
    /// Everything the helper remembers.
    pub state: StateDir,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Finds who speaks to the kernel.
    pub(crate) kernel: Arc<dyn Kernel>,
    /// Starts the process that watches over a change on trial.
    pub(crate) watchers: Arc<dyn WatcherLauncher>,
    /// What the administrator should know although the operation succeeds.
    pub warnings: Vec<Warning>,
    /// Tells how far it is.
    pub progress: Progress<'a>,
}

impl<'a> Context<'a> {
    /// A context on this system.
    pub(crate) fn new(state: StateDir, watchers: Arc<dyn WatcherLauncher>, progress: Progress<'a>) -> Self {
        let (clock, kernel) = (Arc::new(SystemClock), Arc::new(SystemKernel));
        Self { state, clock, kernel, watchers, warnings: Vec::new(), progress }
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

    /// Adds a warning.
    pub fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    /// Says of which family the data in use knows nothing.
    pub fn warn_of_missing_families(&mut self, metadata: &Metadata) {
        for family in metadata.missing_families() {
            let message = format!(
                "the data of {} holds no {family} addresses: nobody is dropped by {family}",
                metadata.source.source().title()
            );
            self.warn(WarningCode::FamilyMissing, message);
        }
    }

    /// The database of `source`; none, with a warning unless there simply is none, if it is of no use.
    pub fn usable_database(&mut self, source: SourceId) -> Option<Database> {
        let loaded = self.store().load(source);
        self.usable(loaded)
    }

    /// What the database of `source` says of some addresses; none as with [`Self::usable_database`].
    pub fn usable_excerpt(&mut self, source: SourceId, addresses: &[IpAddr]) -> Option<Excerpt> {
        let loaded = self.store().load_excerpt(source, addresses);
        self.usable(loaded)
    }

    /// What is to be in force; none, with a warning unless there simply is none, if its record is of no use.
    pub fn usable_record(&mut self) -> Option<Applied> {
        let in_force = InForce::load(&self.state);
        let wanted = in_force.and_then(|in_force| Ok(in_force.wanted(&*self.clock)?.cloned()));
        wanted.unwrap_or_else(|error| {
            self.warnings.push(Warning::from(&error));
            None
        })
    }

    fn usable<T>(&mut self, loaded: Result<T>) -> Option<T> {
        match loaded {
            Ok(usable) => Some(usable),
            Err(error) => {
                if error.code() != Code::DatabaseMissing {
                    self.warn(WarningCode::DatabaseUnusable, error.message());
                }
                None
            }
        }
    }
}
