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

pub use activity::activity;
pub use apply::apply;
pub use attach::attach;
pub use change::{confirm, rollback};
pub use check::check;
pub use countries::countries;
pub use detach::detach;
pub use explain::explain;
pub use heal::heal;
pub use preview::preview;
pub use progress::Progress;
pub use status::status;
pub use update::update;
pub use validate::validate;

use std::net::IpAddr;

use crate::country::CountryCode;
use crate::database::{Database, Excerpt, Metadata, Store};
use crate::error::{Code, Error, Result};
use crate::plan::Policy;
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
        Store::new(self.state.path())
    }

    fn warn(&mut self, code: WarningCode, message: impl Into<String>) {
        self.warnings.push(Warning::new(code, message));
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
