//! `confirm`: ends the trial of a change, which stays in force.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::Operation;
use super::parts::change_data::ChangeData;
use crate::context::Context;
use crate::enforcement::trial::rolled_back;
use crate::enforcement::{FirewallLock, rollback};
use crate::error::{Code, Error, Result};
use crate::protocol::Version;
use crate::records::{InForce, Token, TrialState};

/// Confirm a change, so that it stays in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConfirmRequest {
    /// The protocol version.
    pub v: Version,
    /// The token of the change.
    pub token: Token,
}

const DAMAGED: &str = "The record of the new policy is damaged, so it cannot stay. Save it once more.";

#[derive(Debug, Args)]
pub struct ConfirmFlags {
    /// The token of the change, as `status` reports it.
    token: Option<Token>,
}

pub(super) fn required(token: Option<Token>) -> Result<Token> {
    token.ok_or_else(|| {
        Error::new(Code::RequestInvalid, "the token of the change is missing").with_hint("See --help.")
    })
}

impl Operation for ConfirmRequest {
    type Flags = ConfirmFlags;
    type Data = ChangeData;

    fn from_flags(flags: ConfirmFlags) -> Result<Self> {
        Ok(Self { v: Version, token: required(flags.token)? })
    }

    /// Confirms a change.
    ///
    /// # Errors
    /// `change.rolled_back` if it is too late, `change.unknown`, `state.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<ChangeData> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let clock = context.clock.clone();
        let in_force = InForce::load(&context.state)?;
        let trial = in_force.named(&self.token)?;
        match trial.state {
            TrialState::RolledBack => Err(rolled_back(trial)),
            TrialState::Pending if trial.is_overdue(&*clock) => Err(rolled_back(trial)),
            TrialState::Confirmed => Ok(ChangeData::of(trial, &*clock)),
            TrialState::Pending => {
                // What cannot be read cannot be kept: the former policy returns in time.
                in_force.applied().map_err(|damage| damage.with_hint(DAMAGED))?;
                let confirmed = trial.decided(TrialState::Confirmed);
                let answer = ChangeData::of(&confirmed, &*clock);
                let in_force = in_force.with_trial(Some(confirmed));
                in_force.save(&context.state)?;
                in_force.prune(&context.state);
                Ok(answer)
            }
        }
    }
}
