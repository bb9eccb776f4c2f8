//! What is in force: the applied policy and the change on trial, one record.
//!
//! While a change waits, a second file holds the record as it will be when the change is rolled back. It is there before
//! the new policy is. So to go back is to rename a file: that needs no room on the disk, and no single damage can prevent
//! it.

use super::trial::{Token, Trial, TrialState};
use super::{Applied, FORMER, plan_files};
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::storage::record::{self, Record};
use crate::storage::{self, Clock, LockKind, StagedReplacement, StateDir};
use serde::{Deserialize, Serialize};

const RECORD: &str = "in-force.json";
/// What becomes of [`RECORD`] when the change on trial is rolled back.
const ROLLED_BACK: &str = "in-force-rolled-back.json";

/// What is in force, as the disk has it.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    applied: Option<Applied>,
    /// The last change that was to be confirmed; none before the first.
    pub trial: Option<Trial>,
    /// Why it is not known what is applied.
    damage: Option<Error>,
}

/// As it lies on the disk.
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
    /// What is on trial stays so, whatever is damaged: the second file stands in for the record. If neither can be read,
    /// the change is over.
    ///
    /// # Errors
    /// `state.io`; `state.damaged` if nothing was on trial.
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

    /// What is applied, on trial or not; none if nothing is.
    ///
    /// # Errors
    /// `state.damaged` if that is not known.
    pub fn applied(&self) -> Result<Option<&Applied>> {
        match &self.damage {
            Some(damage) => Err(damage.clone()),
            None => Ok(self.applied.as_ref()),
        }
    }

    /// What is to be in force: what was before a change whose time is up, though the disk may not have it yet.
    ///
    /// # Errors
    /// As [`Self::applied`].
    pub fn wanted(&self, clock: &dyn Clock) -> Result<Option<&Applied>> {
        match &self.trial {
            Some(trial) if trial.is_overdue(clock) => Ok(trial.former.as_ref()),
            _ => self.applied(),
        }
    }

    /// The change that waits.
    pub fn pending(&self) -> Option<&Trial> {
        self.trial.as_ref().filter(|trial| trial.is_pending())
    }

    /// The change of this name.
    ///
    /// # Errors
    /// `change.unknown`.
    pub fn named(&self, token: &Token) -> Result<&Trial> {
        self.trial
            .as_ref()
            .filter(|trial| trial.token == *token)
            .ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} is not the last change")))
    }

    /// The record with another policy.
    #[must_use]
    pub fn with_applied(&self, applied: Applied) -> Self {
        Self { applied: Some(applied), damage: None, trial: self.trial.clone() }
    }

    /// The record with another change.
    #[must_use]
    pub fn with_trial(&self, trial: Option<Trial>) -> Self {
        Self { trial, ..self.clone() }
    }

    /// Makes this the record; what it takes to go back is there before a change that waits.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        self.stage_way_back(state)?;
        self.stage(state)?.put_in_place()?;
        if self.pending().is_none() { remove_way_back(state) } else { Ok(()) }
    }

    /// Puts the record on the disk, not yet in its place.
    ///
    /// # Errors
    /// `state.io`.
    pub fn stage(&self, state: &StateDir) -> Result<StagedReplacement> {
        let stored = Stored { applied: self.applied.clone(), trial: self.trial.clone() };
        record::stage(&state.file(RECORD), LockKind::Firewall, &stored)
    }

    fn stage_way_back(&self, state: &StateDir) -> Result<()> {
        let Some(pending) = self.pending() else { return Ok(()) };
        let stored =
            Stored { applied: pending.former.clone(), trial: Some(pending.decided(TrialState::RolledBack)) };
        record::save(&state.file(ROLLED_BACK), LockKind::Firewall, &stored)
    }

    /// Brings the disk back to where it was before the change, when the kernel is there already: by renaming, where what
    /// was staged is whole. `former` is what came back, with its plan.
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

    /// Removes what a change left behind that is decided or never began, and the records of earlier versions.
    ///
    /// # Errors
    /// `state.io`.
    pub fn remove_stale(&self, state: &StateDir) -> Result<()> {
        record::remove_former(state, &FORMER);
        if self.pending().is_none() { remove_way_back(state) } else { Ok(()) }
    }

    /// Forgets all of it, with every plan.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        remove_way_back(state)?;
        storage::remove(&state.file(RECORD))?;
        plan_files::prune(state, []);
        Ok(())
    }

    /// Removes the plans that nothing in the record needs.
    pub fn prune_plans(&self, state: &StateDir) {
        let former = self.pending().and_then(|pending| pending.former.as_ref());
        plan_files::prune(state, self.applied.iter().chain(former));
    }
}

fn remove_way_back(state: &StateDir) -> Result<()> {
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
    fn what_waits_survives_the_loss_of_its_record_and_what_is_decided_needs_no_copy() {
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
    fn what_a_killed_helper_staged_comes_back_in_no_later_damage() {
        let directory = tempfile::tempdir().unwrap();
        let (state, clock) =
            (StateDir::open(directory.path()).unwrap(), TestClock::at("2026-11-29T10:00:00Z"));
        let waiting =
            |token| InForce::default().with_trial(Some(Trial::begin(&confirm(token), None, &*clock)));
        let decided = waiting("one").trial.unwrap().decided(TrialState::Confirmed);
        let decided = InForce::default().with_trial(Some(decided));
        decided.save(&state).unwrap();
        waiting("two").stage_way_back(&state).unwrap();
        InForce::load(&state).unwrap().remove_stale(&state).unwrap();
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert!(InForce::load(&state).is_err(), "nothing waits");
        // What waits keeps what it takes to go back.
        waiting("three").save(&state).unwrap();
        InForce::load(&state).unwrap().remove_stale(&state).unwrap();
        assert!(state.file(ROLLED_BACK).path().exists());
    }

    #[test]
    fn going_back_is_renaming() {
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
