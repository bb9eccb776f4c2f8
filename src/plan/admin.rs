//! Who may administer the PBX, on top of the policy for all connections.

use serde::{Deserialize, Serialize};

use super::{Action, Mode, Policy, Unknown};
use crate::country::CountryCode;
use crate::net::Ports;

/// New TCP connections to these ports pass only from these countries, exceptions and special-purpose addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Admin {
    /// The countries.
    pub countries: Vec<CountryCode>,
    /// The ports, 15 at most.
    pub ports: Ports,
}

impl Admin {
    /// The same with its countries in order, none twice.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.countries.sort_unstable();
        self.countries.dedup();
        self
    }
}

impl Policy {
    /// The policy for connections to the ports of administration, on top of this one. `None` without a restriction.
    /// It drops even where this one only counts. No phone keeps its way there.
    pub fn of_admin(&self) -> Option<Self> {
        self.admin.as_ref().map(|admin| Self {
            mode: Mode::Allow,
            countries: admin.countries.clone(),
            lists: Vec::new(),
            networks: Vec::new(),
            exceptions: self.exceptions.clone(),
            unknown: Unknown::Drop,
            action: Action::Drop,
            keep_phones: false,
            admin: None,
        })
    }
}
