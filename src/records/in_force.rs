//! The record of what is in force: the applied policy and the change on trial.
//!
//! While a change is pending, a second file holds the record as it will be after a rollback. It is written before the
//! new policy is put in force. So a rollback on disk is a rename. That needs no free space, and damage to one file
//! cannot prevent it.

use super::trial::{Token, Trial, TrialState};
use super::{Applied, FORMER, passing, plan_files};
use crate::error::{Code, Error, Result};
use crate::plan::{Plan, Policy};
use crate::storage::record::{self, Record};
use crate::storage::{self, Clock, LockKind, StagedReplacement, StateDir};
use serde::{Deserialize, Serialize};

const RECORD: &str = "in-force.json";
/// Replaces [`RECORD`] when the change on trial is rolled back.
const ROLLED_BACK: &str = "in-force-rolled-back.json";

/// What is in force, as read from disk.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    applied: Option<Applied>,
    /// The last change that needed a confirmation, or `None` before the first one.
    pub trial: Option<Trial>,
    /// Why the applied policy is unknown.
    damage: Option<Error>,
}

/// The record as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    applied: Option<Applied>,
    trial: Option<Trial>,
}

impl Record for Stored {
    const FORMAT: u32 = 1;
}

impl InForce {
    /// Reads the record.
    ///
    /// A pending change stays pending if the record is damaged: the second file replaces it. If both are damaged, the
    /// change counts as overdue.
    ///
    /// # Errors
    /// `state.io`; `state.damaged` if no change was pending.
    pub fn load(state: &StateDir) -> Result<Self> {
        let damage = match record::load::<Stored>(&state.file(RECORD)) {
            Ok(Some(Stored { applied, trial })) => return Ok(Self { applied, trial, damage: None }),
            Ok(None) => None,
            Err(error) if error.code() == Code::StateDamaged => Some(error),
            Err(error) => return Err(error),
        };
        let missing =
            || Error::new(Code::StateDamaged, format!("{} is missing", state.file(RECORD).display()));
        let trial = match (record::load::<Stored>(&state.file(ROLLED_BACK)), &damage) {
            (Ok(None), None) => return Ok(Self::default()),
            (Ok(None), Some(damage)) => return Err(damage.clone()),
            (Ok(Some(Stored { applied, trial: Some(trial) })), _) => trial.pending_again(applied),
            (Ok(Some(Stored { applied, trial: None })), _) => Trial::unreadable(applied),
            (Err(_), _) => Trial::unreadable(None),
        };
        Ok(Self { applied: None, trial: Some(trial), damage: Some(damage.unwrap_or_else(missing)) })
    }

    /// The applied policy, whether on trial or not. `None` if nothing is applied.
    ///
    /// # Errors
    /// `state.damaged` if it is unknown.
    pub fn applied(&self) -> Result<Option<&Applied>> {
        match &self.damage {
            Some(damage) => Err(damage.clone()),
            None => Ok(self.applied.as_ref()),
        }
    }

    /// The policy that should be in force: the former one if a change is overdue, even if the rollback is not recorded
    /// yet.
    ///
    /// # Errors
    /// As [`Self::applied`].
    pub fn wanted(&self, clock: &dyn Clock) -> Result<Option<&Applied>> {
        match &self.trial {
            Some(trial) if trial.is_overdue(clock) => Ok(trial.former.as_ref()),
            _ => self.applied(),
        }
    }

    /// The change that waits for a confirmation.
    pub fn pending(&self) -> Option<&Trial> {
        self.trial.as_ref().filter(|trial| trial.is_pending())
    }

    /// The change with this token.
    ///
    /// # Errors
    /// `change.unknown`.
    pub fn named(&self, token: &Token) -> Result<&Trial> {
        self.trial
            .as_ref()
            .filter(|trial| trial.token == *token)
            .ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} is not the last change")))
    }

    /// The policies that may have to be in force: the applied one, and that to which a pending change may return.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        let former = self.pending().and_then(|pending| pending.former.as_ref());
        self.applied.iter().chain(former).map(|applied| &applied.policy)
    }

    /// This record with another applied policy.
    #[must_use]
    pub fn with_applied(&self, applied: Applied) -> Self {
        Self { applied: Some(applied), damage: None, trial: self.trial.clone() }
    }

    /// This record with another change.
    #[must_use]
    pub fn with_trial(&self, trial: Option<Trial>) -> Self {
        Self { trial, ..self.clone() }
    }

    /// Saves the record. For a pending change, the rollback file is saved first.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        self.stage_rollback(state)?;
        self.stage(state)?.put_in_place()?;
        if self.pending().is_none() { remove_rollback(state) } else { Ok(()) }
    }

    /// Writes the record to a staged file, which does not replace the record yet.
    ///
    /// # Errors
    /// `state.io`.
    pub fn stage(&self, state: &StateDir) -> Result<StagedReplacement> {
        let stored = Stored { applied: self.applied.clone(), trial: self.trial.clone() };
        record::stage(&state.file(RECORD), LockKind::Firewall, &stored)
    }

    fn stage_rollback(&self, state: &StateDir) -> Result<()> {
        let Some(pending) = self.pending() else { return Ok(()) };
        let stored =
            Stored { applied: pending.former.clone(), trial: Some(pending.decided(TrialState::RolledBack)) };
        record::save(&state.file(ROLLED_BACK), LockKind::Firewall, &stored)
    }

    /// Rolls the record back to the state before the change, after the kernel has been rolled back. It renames the
    /// staged file if that is intact. `former` is the restored policy with its plan.
    ///
    /// # Errors
    /// `state.io`.
    pub fn roll_back(trial: &Trial, former: Option<&(Applied, Plan)>, state: &StateDir) -> Result<()> {
        if let Some((former, plan)) = former
            && plan_files::load(former, state).is_err()
        {
            plan_files::stage(former, plan, state)?.put_in_place()?;
        }
        let former = former.map(|(former, _)| former.clone());
        let staged = state.file(ROLLED_BACK);
        match record::load::<Stored>(&staged) {
            Ok(Some(Stored { applied, trial: Some(undone) }))
                if applied == former && undone.token == trial.token =>
            {
                storage::rename(&staged, &state.file(RECORD))
            }
            _ => {
                let trial = Some(trial.decided(TrialState::RolledBack));
                Self { applied: former, trial, damage: None }.save(state)
            }
        }
    }

    /// Removes the rollback file if no change is pending, and the records of earlier versions.
    ///
    /// # Errors
    /// `state.io`.
    pub fn remove_stale(&self, state: &StateDir) -> Result<()> {
        record::remove_former(state, &FORMER);
        if self.pending().is_none() { remove_rollback(state) } else { Ok(()) }
    }

    /// Removes the record, every plan, and who passes for a while.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        remove_rollback(state)?;
        storage::remove(&state.file(RECORD))?;
        plan_files::prune(state, []);
        passing::forget(state)
    }

    /// Removes the plans that the record does not need, and what is known of those whom its policies do not let pass.
    pub fn prune(&self, state: &StateDir) {
        let former = self.pending().and_then(|pending| pending.former.as_ref());
        let needed = || self.applied.iter().chain(former);
        plan_files::prune(state, needed());
        let pruned = passing::prune(state, needed().map(|applied| &applied.policy));
        pruned.unwrap_or_else(|error| log::warn!("{error}"));
    }
}

fn remove_rollback(state: &StateDir) -> Result<()> {
    storage::remove(&state.file(ROLLED_BACK))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::records::trial::ConfirmWithin;
    use crate::storage::clock::TestClock;

    fn confirm(token: &str) -> ConfirmWithin {
        ConfirmWithin { token: token.parse().unwrap(), seconds: 90.try_into().unwrap() }
    }

    fn token_and_state(state: &StateDir) -> Option<(String, TrialState)> {
        let trial = InForce::load(state).ok()?.trial?;
        Some((trial.token.to_string(), trial.state))
    }

    #[test]
    fn a_pending_change_survives_damage_of_its_record_and_a_decided_one_needs_no_copy() {
        let directory = tempfile::tempdir().unwrap();
        let (state, clock) =
            (StateDir::open(directory.path()).unwrap(), TestClock::at("2026-11-29T10:00:00Z"));
        let trial = Trial::begin(&confirm("one"), None, &*clock);
        let in_force = InForce::default().with_trial(Some(trial.clone()));
        in_force.save(&state).unwrap();
        let pending = Some(("one".to_owned(), TrialState::Pending));
        assert_eq!(token_and_state(&state), pending);
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert_eq!(token_and_state(&state), pending);
        assert_eq!(InForce::load(&state).unwrap().applied().unwrap_err().code(), Code::StateDamaged);
        storage::remove(&state.file(RECORD)).unwrap();
        assert_eq!(token_and_state(&state), pending);
        fs::write(state.file(ROLLED_BACK), "damaged").unwrap();
        let lost = InForce::load(&state).unwrap().trial.unwrap();
        assert!(lost.is_unreadable() && lost.is_overdue(&*clock));
        in_force.with_trial(Some(trial.decided(TrialState::Confirmed))).save(&state).unwrap();
        assert_eq!(token_and_state(&state), Some(("one".to_owned(), TrialState::Confirmed)));
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert_eq!(InForce::load(&state).unwrap_err().code(), Code::StateDamaged);
    }

    #[test]
    fn a_rollback_file_of_a_killed_helper_is_not_used_after_later_damage() {
        let directory = tempfile::tempdir().unwrap();
        let (state, clock) =
            (StateDir::open(directory.path()).unwrap(), TestClock::at("2026-11-29T10:00:00Z"));
        let waiting =
            |token| InForce::default().with_trial(Some(Trial::begin(&confirm(token), None, &*clock)));
        let decided = waiting("one").trial.unwrap().decided(TrialState::Confirmed);
        let decided = InForce::default().with_trial(Some(decided));
        decided.save(&state).unwrap();
        waiting("two").stage_rollback(&state).unwrap();
        InForce::load(&state).unwrap().remove_stale(&state).unwrap();
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert!(InForce::load(&state).is_err(), "no change is pending");
        // A pending change keeps its rollback file.
        waiting("three").save(&state).unwrap();
        InForce::load(&state).unwrap().remove_stale(&state).unwrap();
        assert!(state.file(ROLLED_BACK).path().exists());
    }

    #[test]
    fn a_rollback_is_a_rename() {
        let directory = tempfile::tempdir().unwrap();
        let (state, clock) =
            (StateDir::open(directory.path()).unwrap(), TestClock::at("2026-11-29T10:00:00Z"));
        let trial = Trial::begin(&confirm("one"), None, &*clock);
        InForce::default().with_trial(Some(trial.clone())).save(&state).unwrap();
        let staged = fs::read(state.file(ROLLED_BACK)).unwrap();
        InForce::roll_back(&trial, None, &state).unwrap();
        assert_eq!(fs::read(state.file(RECORD)).unwrap(), staged);
        assert!(!state.file(ROLLED_BACK).path().exists());
        assert_eq!(token_and_state(&state), Some(("one".to_owned(), TrialState::RolledBack)));
    }
}
