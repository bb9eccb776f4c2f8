//! `rollback`: ends the trial of a change, and restores the policy before it.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::Operation;
use super::confirm::required;
use super::parts::change_data::ChangeData;
use crate::context::Context;
use crate::enforcement::{FirewallLock, rollback, watcher};
use crate::error::{Code, Error, Result};
use crate::protocol::Version;
use crate::records::{InForce, Token, TrialState};

/// Restore the policy before a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RollbackRequest {
    /// The protocol version.
    pub v: Version,
    /// The token of the change.
    pub token: Token,
    /// Run as the watcher: wait, and roll back only if the change is not confirmed in time.
    #[serde(default)]
    pub when_due: bool,
}

#[derive(Debug, Args)]
pub struct RollbackFlags {
    /// The token of the change, as `status` reports it.
    token: Option<Token>,
    /// Wait, and roll back only if the change is not confirmed in time.
    #[arg(long)]
    when_due: bool,
}

impl Operation for RollbackRequest {
    type Flags = RollbackFlags;
    type Data = ChangeData;

    fn from_flags(RollbackFlags { token, when_due }: RollbackFlags) -> Result<Self> {
        Ok(Self { v: Version, token: required(token)?, when_due })
    }

    /// Restores the policy before a change: now, or as the watcher if the change is not confirmed in time.
    ///
    /// # Errors
    /// `change.confirmed`, `change.unknown`, `database.*` if neither the stored plan nor the data is usable,
    /// `firewall.*`, `state.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<ChangeData> {
        let clock = context.clock.clone();
        if self.when_due {
            return watcher::watch(context, &self.token).map(|trial| ChangeData::of(&trial, &*clock));
        }
        let lock = FirewallLock::take(context)?;
        let in_force = InForce::load(&context.state)?;
        let trial = in_force.named(&self.token)?;
        let trial = match trial.state {
            TrialState::Pending => rollback::bring_back(context, &lock, trial, None)?,
            TrialState::RolledBack => trial.clone(),
            TrialState::Confirmed => {
                let message = format!("the change {} is confirmed already", trial.token);
                return Err(Error::new(Code::ChangeConfirmed, message));
            }
        };
        Ok(ChangeData::of(&trial, &*clock))
    }

    fn outlives_caller(flags: &RollbackFlags) -> bool {
        flags.when_due
    }
}
