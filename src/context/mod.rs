//! What an operation works with.

mod progress;

pub use progress::Progress;

use std::net::IpAddr;

use crate::database::{CountryRanges, Database, Excerpt, Metadata, Store};
use crate::error::{Code, Result};
use crate::plan::{self, Plan, Policy};
use crate::records::Applied;
use crate::source::SourceId;
use crate::storage::StateDir;
use crate::warning::{Warning, WarningCode};

/// What an operation works with: the state directory, and where it reports to.
pub struct Context<'a> {
    /// Everything the helper remembers.
    pub state: StateDir,
    /// What the administrator should know although the operation succeeds.
    pub warnings: Vec<Warning>,
    /// Tells how far it is.
    pub progress: Progress<'a>,
}

impl Context<'_> {
    pub fn store(&self) -> Store {
        Store::new(&self.state)
    }

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

    /// Warns of what a policy does not do, though somebody may think so.
    pub fn say_what_is_left_undone(
        &mut self,
        policy: &Policy,
        plan: &Plan,
        ranges: &impl CountryRanges,
    ) -> Result<()> {
        let shortfalls = plan::shortfalls(policy, |set| plan.entries(set));
        self.warnings.extend(shortfalls.iter().map(Warning::from));
        self.warnings.extend(plan::on_the_unknown(policy, ranges)?);
        Ok(())
    }

    /// The record of what was applied; none, with a warning unless there simply is none, if it is of no use.
    pub fn usable_record(&mut self) -> Option<Applied> {
        Applied::load(&self.state).unwrap_or_else(|error| {
            self.warnings.push(Warning::from(&error));
            None
        })
    }

    pub fn usable<T>(&mut self, loaded: Result<T>) -> Option<T> {
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
