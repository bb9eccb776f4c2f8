//! The operations of the protocol, one file each.

mod activity;
mod apply;
mod attach;
mod check;
mod confirm;
mod countries;
mod detach;
mod explain;
mod heal;
mod preview;
mod reach;
mod rollback;
mod status;
mod update;
mod validate;

pub use activity::activity;
pub use apply::apply;
pub use attach::attach;
pub use check::check;
pub use confirm::confirm;
pub use countries::countries;
pub use detach::{detach, detach_without_state};
pub use explain::explain;
pub use heal::heal;
pub use preview::preview;
pub use rollback::rollback;
pub use status::status;
pub use update::update;
pub use validate::validate;

use crate::country::CountryCode;
use crate::database::Metadata;
use crate::error::{Code, Error, Result};
use crate::plan::Policy;
use crate::protocol::FamilyCounts;

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
