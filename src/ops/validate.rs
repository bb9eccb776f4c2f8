//! `validate`: checks a policy, quickly enough to do so before each save.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::parts::policy::{PolicyFlags, check_countries};
use super::{Operation, Text};
use crate::context::Context;
use crate::country::CountryCode;
use crate::dataset::SourceId;
use crate::error::{Code, Result};
use crate::net::Subnet;
use crate::plan::{Mode, Policy};
use crate::protocol::Version;
use crate::storage::whole_second;
use crate::warning::WarningCode;

/// Check whether a policy is valid, without computing its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source whose country codes are valid in addition to the known ones.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
}

/// Data of `validate`: the policy as it is written and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateData {
    /// The countries in order, none twice.
    pub countries: Vec<CountryCode>,
    /// One for each exception of the request, in its order.
    pub exceptions: Vec<ValidException>,
    /// True if no address can be dropped by this policy, whatever the data holds.
    pub drops_nobody: bool,
}

/// An exception as it is written and compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidException {
    /// The block without host bits; an address as `/32` or `/128`; mapped addresses as IPv4.
    pub subnet: Subnet,
    /// When it ends, RFC 3339 in UTC and whole seconds; null for one that lasts.
    pub expires_at: Option<String>,
    /// True if it has ended already.
    pub is_over: bool,
}

impl Operation for ValidateRequest {
    type Flags = PolicyFlags;
    type Data = ValidateData;

    fn from_flags(flags: PolicyFlags) -> Result<Self> {
        Ok(Self { v: Version, source: flags.source_or_default(), policy: flags.required_policy()? })
    }

    /// Refuses a policy that `apply` would refuse. It reads only the head of the database. Without usable data, only
    /// known countries are valid.
    ///
    /// # Errors
    /// `request.unknown_country`, `state.io`.
    fn run(&self, context: &mut Context<'_>) -> Result<ValidateData> {
        let held: Vec<_> = match context.store().load_metadata(self.source) {
            Ok(metadata) => metadata.statistics.into_keys().collect(),
            Err(error) if error.code() == Code::StateIo => return Err(error),
            Err(_) => Vec::new(),
        };
        check_countries(&self.policy, &held)?;
        let over = self.policy.timed().filter(|timed| timed.expires_at <= context.now());
        for over in over.collect::<Vec<_>>() {
            context.warn(WarningCode::ExceptionExpired, format!("the exception {over} is over"));
        }
        Ok(ValidateData::of(&self.policy, context.now()))
    }
}

impl ValidateData {
    fn of(policy: &Policy, now: Timestamp) -> Self {
        let countries: BTreeSet<CountryCode> = policy.countries.iter().copied().collect();
        let exceptions = policy.exceptions.iter().map(|exception| ValidException {
            subnet: exception.subnet,
            expires_at: exception.expires_at.map(|end| whole_second(end).to_string()),
            is_over: exception.expires_at.is_some_and(|end| end <= now),
        });
        Self {
            countries: countries.into_iter().collect(),
            exceptions: exceptions.collect(),
            drops_nobody: !policy.action.is_drop()
                || policy.mode == Mode::Block && policy.countries.is_empty(),
        }
    }
}

impl Text for ValidateData {
    fn text(&self) -> String {
        "the policy is valid\n".into()
    }
}
