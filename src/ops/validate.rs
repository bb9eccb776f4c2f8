//! `validate`: checks a policy, quickly enough to do so before each save.

use serde::{Deserialize, Serialize};

use super::policy::{PolicyFlags, check_countries};
use super::{Operation, Text};
use crate::context::Context;
use crate::dataset::SourceId;
use crate::error::{Code, Result};
use crate::plan::Policy;
use crate::protocol::Version;

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

/// Data of `validate`: none, because an invalid policy is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateData {}

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
        Ok(ValidateData {})
    }
}

impl Text for ValidateData {
    fn text(&self) -> String {
        "the policy is valid\n".into()
    }
}
