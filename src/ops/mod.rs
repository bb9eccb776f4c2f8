//! The operations of the protocol, one file each.

mod activity;
mod apply;
mod attach;
mod change;
mod check;
mod compare;
mod countries;
mod detach;
mod enforce;
mod explain;
mod heal;
mod preview;
mod progress;
mod reach;
mod status;
mod update;
mod validate;
mod watcher;

pub use activity::activity;
pub use apply::apply;
pub use attach::attach;
pub use change::{confirm, rollback};
pub use check::check;
pub use countries::countries;
pub use detach::{detach, detach_without_state};
pub use explain::explain;
pub use heal::heal;
pub use preview::preview;
pub use progress::Progress;
pub use status::status;
pub use update::update;
pub use validate::validate;

use std::net::IpAddr;

use crate::applied::Applied;
use crate::country::CountryCode;
use crate::database::{Database, Excerpt, Holdings, Metadata, Store};
use crate::error::{Code, Error, Result};
use crate::plan::{self, Plan, Policy};
use crate::protocol::FamilyCounts;
use crate::source::SourceId;
use crate::state::StateDir;
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
    fn store(&self) -> Store {
        Store::new(&self.state)
    }

    fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
    }

    /// Says of which family the data in use knows nothing.
    fn warn_of_missing_families(&mut self, metadata: &Metadata) {
        for family in metadata.missing_families() {
            let message = format!(
                "the data of {} holds no {family} addresses: nobody is dropped by {family}",
                metadata.source.source().title()
            );
            self.warn(WarningCode::FamilyMissing, message);
        }
    }

    /// The database of `source`; none, with a warning unless there simply is none, if it is of no use.
    fn usable_database(&mut self, source: SourceId) -> Option<Database> {
        let loaded = self.store().load(source);
        self.usable(loaded)
    }

    /// What the database of `source` says of some addresses; none as with [`Self::usable_database`].
    fn usable_excerpt(&mut self, source: SourceId, addresses: &[IpAddr]) -> Option<Excerpt> {
        let loaded = self.store().load_excerpt(source, addresses);
        self.usable(loaded)
    }

    /// Warns of what a policy does not do, though somebody may think so.
    fn say_what_is_left_undone(
        &mut self,
        policy: &Policy,
        plan: &Plan,
        holdings: &impl Holdings,
    ) -> Result<()> {
        let shortfalls = plan::shortfalls(policy, |set| plan.entries(set));
        self.warnings.extend(shortfalls.iter().map(Warning::from));
        self.warnings.extend(plan::on_the_unknown(policy, holdings)?);
        Ok(())
    }

    /// The record of what was applied; none, with a warning unless there simply is none, if it is of no use.
    fn usable_record(&mut self) -> Option<Applied> {
        Applied::load(&self.state).unwrap_or_else(|error| {
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

/// Refuses a policy with a country that is neither well known nor in the database.
fn check_countries(policy: &Policy, held: &[CountryCode]) -> Result<()> {
    let is_known = |country: &CountryCode| country.is_known() || held.contains(country);
    match policy.countries.iter().find(|country| !is_known(country)) {
        None => Ok(()),
        Some(country) => Err(Error::new(
            Code::RequestUnknownCountry,
            format!("policy.countries: {country} is not a country"),
        )),
    }
}

fn subnet_counts(metadata: &Metadata) -> FamilyCounts {
    let (v4, v6) = metadata.subnets();
    FamilyCounts { v4, v6 }
}
