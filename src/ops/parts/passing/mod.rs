//! Hosts and phones whose addresses pass, as replies contain them.

mod hosts;
mod phones;

use serde::Serialize;

use super::text::Text;
use crate::context::Context;
use crate::plan::Policy;
pub(in crate::ops) use hosts::HostData;
pub(in crate::ops) use phones::PhoneData;

/// The hosts and phones whose addresses pass under a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PassingData {
    /// The hosts that are exceptions; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(default))]
    pub hosts: Vec<HostData>,
    /// The phones that keep their way; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(default))]
    pub phones: Vec<PhoneData>,
}

impl PassingData {
    /// Those of `policy`. Adds the warnings about them.
    pub(in crate::ops) fn of(context: &mut Context<'_>, policy: &Policy) -> Self {
        Self { hosts: hosts::tell(context, policy), phones: phones::tell(context, policy) }
    }
}

impl Text for PassingData {
    fn text(&self) -> String {
        hosts::lines(&self.hosts) + &phones::lines(&self.phones)
    }
}
