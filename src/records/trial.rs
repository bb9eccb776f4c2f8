//! A change of policy on trial: it waits for a person's word, and what was before it comes back without.
//!
//! Three files, each sealed, are there before the new policy is: `change.json`, the change that waits; the change as it
//! is once it is rolled back, which is also a copy with all that it takes to go back; and the record to go back to. So
//! going back renames files that exist, which needs no room on the disk, and no single damage can keep it from coming.

use std::fs;
use std::io::Write;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::protocol::{ChangeState, ConfirmWithin, Token, Version};
use crate::records::Applied;
use crate::storage::{self, LockKind, StateDir, write_atomically};

const RECORD: &str = "change.json";
/// What becomes of [`RECORD`] when the change is rolled back.
const UNDONE: &str = "change-undone.json";
/// What becomes of the record of what is applied then.
const FORMER: &str = "change-former.json";

/// The last change that was to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    v: Version,
    /// CRC-32 of the record in its shortest form, its keys in order, with 0 here; records of earlier versions have none.
    #[serde(default)]
    crc32: u32,
    /// Its name, which whoever asked for it chose.
    pub token: Token,
    /// What became of it.
    pub state: ChangeState,
    deadline: Deadline,
    /// What comes back without a confirmation; none if nothing was applied before.
    pub former: Option<Applied>,
}

impl Change {
    /// A change that waits from now on.
    pub fn begin(confirm: &ConfirmWithin, former: Option<Applied>) -> Self {
        let window = Duration::from_secs(confirm.seconds.get());
        let (token, deadline) = (confirm.token.clone(), Deadline::after(window));
        Self { v: Version, crc32: 0, token, state: ChangeState::Pending, deadline, former }
    }

    /// What is left when its record cannot be read: it is over, and `former` comes back.
    fn unreadable(former: Option<Applied>) -> Self {
        let deadline = Deadline { boot: String::new(), milliseconds: 0 };
        Self {
            v: Version,
            crc32: 0,
            token: Token::unreadable(),
            state: ChangeState::Pending,
            deadline,
            former,
        }
    }

    /// True if nothing is left of the record but that there was one.
    pub fn is_unreadable(&self) -> bool {
        self.token == Token::unreadable()
    }

    /// True while it can still be confirmed or must be rolled back.
    pub fn is_pending(&self) -> bool {
        self.state == ChangeState::Pending
    }

    /// True if nobody confirmed it in time, and it is not rolled back yet.
    pub fn is_overdue(&self) -> bool {
        self.is_pending() && self.time_left().is_none()
    }

    /// How long it still waits; none if it does not.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.left(&Moment::now()).filter(|_| self.is_pending())
    }

    /// The change with what became of it.
    #[must_use]
    pub fn decided(&self, state: ChangeState) -> Self {
        Self { state, ..self.clone() }
    }

    /// Reads the record; none if no change was ever to be confirmed.
    ///
    /// What is on trial stays so, whatever is damaged: the copy stands in for the record. If neither can be read, the
    /// change is over.
    ///
    /// # Errors
    /// `state.io` if the record is there and the disk does not give it.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let damage = match Self::read(state, RECORD) {
            Ok(Some(change)) => return Ok(Some(change)),
            Err(error) if error.code() == Code::StateIo => return Err(error),
            Ok(None) => None,
            Err(damage) => Some(damage),
        };
        let copy = Self::read(state, UNDONE);
        let former = Applied::read(state, FORMER);
        if matches!((&copy, &former), (Ok(None), Ok(None))) {
            // Nothing was on trial.
            if let Some(damage) = damage {
                log::warn!("{damage}");
            }
            return Ok(None);
        }
        let copy = copy.ok().flatten().map(|copy| copy.decided(ChangeState::Pending));
        Ok(Some(copy.unwrap_or_else(|| Self::unreadable(former.ok().flatten()))))
    }

    fn read(state: &StateDir, name: &str) -> Result<Option<Self>> {
        let path = state.file(name);
        let Some(json) = storage::read(&path)? else { return Ok(None) };
        let damaged = |what: String| Error::new(Code::StateDamaged, format!("{}: {what}", path.display()));
        let change: Self = serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
        // Earlier versions had no checksum.
        let is_old = change.crc32 == 0 && !change.is_pending();
        if is_old || change.checksum().ok() == Some(change.crc32) {
            Ok(Some(change))
        } else {
            Err(damaged("its checksum does not match".into()))
        }
    }

    fn checksum(&self) -> serde_json::Result<u32> {
        let record = serde_json::to_value(Self { crc32: 0, ..self.clone() })?;
        Ok(crc32fast::hash(&serde_json::to_vec(&record)?))
    }

    /// Makes this the record, with all that it takes to go back as long as it waits.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        if self.is_pending() {
            return self.stage(state).inspect_err(|_| {
                let _ = Self::clear_away(state);
            });
        }
        Self { former: None, ..self.clone() }.write(state, RECORD)?;
        clear_away(state)
    }

    fn stage(&self, state: &StateDir) -> Result<()> {
        // The copy first: a record to go back to that stands alone is all that damage left of a change.
        self.decided(ChangeState::RolledBack).write(state, UNDONE)?;
        match &self.former {
            Some(former) => former.write(state, FORMER)?,
            None => storage::remove(&state.file(FORMER))?,
        }
        self.write(state, RECORD)
    }

    fn write(&self, state: &StateDir, name: &str) -> Result<()> {
        write_atomically(&state.file(name), LockKind::Firewall, |file| {
            let sealed = Self { crc32: self.checksum()?, ..self.clone() };
            file.write_all(&storage::json(&sealed)?)
        })
    }

    /// Brings the disk back to where it was before the change, when the kernel is there already: by renaming, where what
    /// was staged is whole. `former` is what came back, with its plan.
    ///
    /// # Errors
    /// `state.io`.
    pub fn roll_back(&self, former: Option<&(Applied, Plan)>, state: &StateDir) -> Result<()> {
        match former {
            None => Applied::forget(state)?,
            Some((former, plan)) if former.load_plan(state).is_err() => {
                former.prepare(plan, state)?.put_in_place()?;
            }
            Some((former, _)) if Applied::recorded(state).ok().flatten().as_ref() == Some(former) => {}
            Some((former, _)) if Applied::read(state, FORMER).ok().flatten().as_ref() == Some(former) => {
                Applied::take_record_from(state, FORMER)?;
            }
            Some((former, _)) => former.save_record(state)?,
        }
        let undone = self.decided(ChangeState::RolledBack);
        match Self::read(state, UNDONE) {
            Ok(Some(staged)) if staged.token == self.token => {
                storage::rename(&state.file(UNDONE), &state.file(RECORD))?;
                clear_away(state)
            }
            _ => undone.save(state),
        }
    }

    /// Removes what a change left behind that is decided or never began: once the record is damaged, it would stand in
    /// for it.
    ///
    /// # Errors
    /// `state.io`.
    pub fn clear_away(state: &StateDir) -> Result<()> {
        match Self::read(state, RECORD) {
            Ok(change) if change.as_ref().is_none_or(|change| !change.is_pending()) => clear_away(state),
            _ => Ok(()),
        }
    }

    /// Forgets the change, whatever became of it.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        clear_away(state)?;
        storage::remove(&state.file(RECORD))
    }
}

fn clear_away(state: &StateDir) -> Result<()> {
    storage::remove(&state.file(UNDONE))?;
    storage::remove(&state.file(FORMER))
}

/// A moment in the time that this boot has lasted: no clock that is set can move it, and a reboot is past it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadline {
    boot: String,
    /// Since the boot, sleep counted.
    milliseconds: u64,
}

/// Now, as a [`Deadline`] has it.
type Moment = Deadline;

impl Deadline {
    fn now() -> Self {
        let since_boot = Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default();
        Self { boot: this_boot(), milliseconds: millis(since_boot) }
    }

    fn after(window: Duration) -> Self {
        let now = Self::now();
        Self { milliseconds: now.milliseconds.saturating_add(millis(window)), ..now }
    }

    /// The time until then; none if it has come.
    fn left(&self, now: &Moment) -> Option<Duration> {
        let left = self.milliseconds.saturating_sub(now.milliseconds);
        (left > 0 && self.boot == now.boot).then(|| Duration::from_millis(left))
    }
}

/// What the kernel calls the time from one boot to the next.
pub(crate) fn this_boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_comes_with_its_time_or_with_another_boot() {
        let at = |boot: &str, milliseconds| Deadline { boot: boot.to_owned(), milliseconds };
        let deadline = at("one", 5000);
        assert_eq!(deadline.left(&at("one", 4000)), Some(Duration::from_secs(1)));
        for moment in [at("one", 5000), at("one", 9000), at("another", 1)] {
            assert_eq!(deadline.left(&moment), None, "{moment:?}");
        }
    }

    #[test]
    fn what_waits_survives_the_loss_of_its_record_and_what_is_decided_needs_no_copy() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let confirm = ConfirmWithin { token: "one".parse().unwrap(), seconds: 90.try_into().unwrap() };
        let change = Change::begin(&confirm, None);
        change.save(&state).unwrap();
        let token_and_state =
            || Change::load(&state).unwrap().map(|found| (found.token.to_string(), found.state));
        let pending = Some(("one".to_owned(), ChangeState::Pending));
        assert_eq!(token_and_state(), pending);
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert_eq!(token_and_state(), pending);
        storage::remove(&state.file(RECORD)).unwrap();
        assert_eq!(token_and_state(), pending);
        fs::write(state.file(UNDONE), "damaged").unwrap();
        let lost = Change::load(&state).unwrap().unwrap();
        assert!(lost.is_unreadable() && lost.is_overdue());
        change.decided(ChangeState::Confirmed).save(&state).unwrap();
        assert_eq!(token_and_state(), Some(("one".to_owned(), ChangeState::Confirmed)));
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert_eq!(token_and_state(), None);
    }

    #[test]
    fn what_a_killed_helper_staged_comes_back_in_no_later_damage() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let begin = |token: &str| {
            let confirm = ConfirmWithin { token: token.parse().unwrap(), seconds: 90.try_into().unwrap() };
            Change::begin(&confirm, None)
        };
        begin("one").decided(ChangeState::Confirmed).save(&state).unwrap();
        begin("two").write(&state, UNDONE).unwrap();
        Change::clear_away(&state).unwrap();
        fs::write(state.file(RECORD), "damaged").unwrap();
        assert_eq!(Change::load(&state).unwrap(), None);
        // What waits keeps what it takes to go back.
        begin("three").save(&state).unwrap();
        Change::clear_away(&state).unwrap();
        assert!(state.file(UNDONE).path().exists());
    }
}
