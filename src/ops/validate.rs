//! `validate`: is a policy right? Quick enough to ask before each save.

use serde::{Deserialize, Serialize};

use super::policy::{PolicyFlags, check_countries};
use super::{Operation, Text};
use crate::context::Context;
use crate::dataset::SourceId;
use crate::error::{Code, Result};
use crate::plan::Policy;
use crate::protocol::Version;

/// Say whether a policy is right, without computing anything from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateRequest {
    /// The protocol version.
    pub v: Version,
    /// The source that says which codes there are beyond the well-known ones.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
}

/// Data of `validate`: none, the policy is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ValidateData {}

impl Operation for ValidateRequest {
    type Flags = PolicyFlags;
    type Data = ValidateData;

    fn from_flags(flags: PolicyFlags) -> Result<Self> {
        Ok(Self { v: Version, source: flags.source_or_default(), policy: flags.required_policy()? })
    }

    /// Refuses a policy that `apply` would refuse. The head of the database is all that is read; without usable data
    /// only well-known countries are right.
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
        "the policy is right\n".into()
    }
}
