//! What was applied last: the policy, and the plan ready to be loaded again after a reboot.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::thread;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::firewall::{ChainSpec, TimedMember, mark};
use crate::net::Family;
use crate::plan::{Pass, Plan, Policy, SetId};
use crate::protocol::Version;
use crate::records::Change;
use crate::source::SourceId;
use crate::storage::{self, LockKind, StagedReplacement, StateDir, StateFile};

const RECORD: &str = "applied.json";
const PLAN_PREFIX: &str = "plan-";

/// The record of what was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    v: Version,
    /// The source that the plan was computed from.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// SHA-256 of the plan, in hex; also the name of its file.
    digest: String,
    entries: BTreeMap<SetId, u64>,
    /// What the headers of the sets tell of their content; none in records of earlier versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    marks: BTreeMap<SetId, u32>,
    /// For each pass the latest moment at which it is known to have counted: a clock that was set back, or starts at
    /// its zero after a power cut, must not make it longer.
    #[serde(default)]
    passes_seen_at: Vec<Timestamp>,
    /// Since when policies with this action are applied; none in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_since: Option<Timestamp>,
}

/// The record as it lies on disk: one flipped bit must not become another policy.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    /// CRC-32 of the record in its shortest form.
    crc32: u32,
    record: Applied,
}

impl Sealed {
    fn checksum(record: &Applied) -> serde_json::Result<u32> {
        Ok(crc32fast::hash(&serde_json::to_vec(record)?))
    }
}

impl Applied {
    /// The record of `plan`.
    pub fn new(source: SourceId, policy: &Policy, plan: &Plan) -> Self {
        Self {
            v: Version,
            source,
            policy: policy.clone(),
            applied_at: Timestamp::now().to_string(),
            digest: plan.digest().to_owned(),
            entries: SetId::ALL.into_iter().map(|set| (set, plan.entries(set))).collect(),
            marks: SetId::ALL.into_iter().filter_map(|set| Some((set, mark(set, plan)?))).collect(),
            passes_seen_at: vec![Timestamp::now(); policy.passes.len()],
            action_since: Some(Timestamp::now()),
        }
    }

    /// This record as the one that comes after `old`: passes of both go on from where they were, and so does the action. Returns the passes
    /// that are over, which are no part of it.
    pub fn follow(&mut self, old: Option<&Self>) -> Vec<Pass> {
        // Turned round: of several that are alike the first counts.
        let known: Vec<_> = old.map(|old| old.passes().collect()).unwrap_or_default();
        let known: HashMap<Pass, Timestamp> = known.into_iter().rev().collect();
        let passes = self
            .passes()
            .map(|(pass, moment)| (pass, known.get(&pass).map_or(moment, |seen| moment.max(*seen))));
        let (valid, over): (Vec<_>, Vec<_>) = passes.partition(|(pass, moment)| pass.expires_at > *moment);
        (self.policy.passes, self.passes_seen_at) = valid.into_iter().unzip();
        if let Some(old) = old.filter(|old| old.policy.action == self.policy.action) {
            self.action_since = old.action_since;
        }
        over.into_iter().map(|(pass, _)| pass).collect()
    }

    /// The passes with what is left of them.
    pub fn timed_members(&self) -> Vec<TimedMember> {
        TimedMember::of(self.passes())
    }

    /// What becomes of packets of a family that the plan's tables are against. Passes that are over count until the
    /// next record: no clock changes the rules.
    pub fn chain_spec(&self, family: Family) -> ChainSpec {
        let checks_exempt = self.policy.passes.iter().any(|pass| Family::of(pass.subnet.net()) == family);
        ChainSpec { action: self.policy.action, checks_exempt }
    }

    /// The policy as it is now, without the passes that are over.
    pub fn policy_now(&self) -> Policy {
        let valid = self.passes().filter(|(pass, moment)| pass.expires_at > *moment);
        Policy { passes: valid.map(|(pass, _)| pass).collect(), ..self.policy.clone() }
    }

    /// The passes, each with what time it is for it. That one ended before it was last seen proves that the clock was
    /// wrong then.
    fn passes(&self) -> impl Iterator<Item = (Pass, Timestamp)> {
        let now = Timestamp::now();
        let seen_at = self.passes_seen_at.iter().copied().chain(std::iter::repeat(now));
        self.policy.passes.iter().zip(seen_at).map(move |(pass, seen_at)| {
            let moment = if seen_at < pass.expires_at { now.max(seen_at) } else { now };
            (*pass, moment)
        })
    }

    /// Number of entries that a set should have.
    pub fn entries(&self, set: SetId) -> u64 {
        self.entries.get(&set).copied().unwrap_or_default()
    }

    /// Number of entries that all sets should have together.
    pub fn all_entries(&self) -> u64 {
        self.entries.values().sum()
    }

    /// What the header of a set should tell of its content; none if it tells nothing.
    pub fn mark(&self, set: SetId) -> Option<u32> {
        self.marks.get(&set).copied()
    }

    /// True if both records are of the same plan.
    pub fn same_plan(&self, other: &Self) -> bool {
        self.digest == other.digest
    }

    /// What is to be in force; none if nothing is applied.
    ///
    /// That is what was before a change whose time is up, also where the disk does not take it back yet.
    ///
    /// # Errors
    /// `state.damaged`, `state.io`.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        match Change::load(state) {
            Ok(Some(change)) if change.is_overdue() => Ok(change.former),
            _ => Self::recorded(state),
        }
    }

    /// Reads the record; none if nothing is applied.
    ///
    /// # Errors
    /// `state.damaged`, `state.io`.
    pub fn recorded(state: &StateDir) -> Result<Option<Self>> {
        Self::read(state, RECORD)
    }

    /// Reads a record by the name of its file.
    pub(crate) fn read(state: &StateDir, name: &str) -> Result<Option<Self>> {
        let path = state.file(name);
        let Some(json) = storage::read(&path)? else { return Ok(None) };
        let damaged = |what: String| Error::new(Code::StateDamaged, format!("{}: {what}", path.display()));
        let sealed: Sealed = serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))?;
        if Sealed::checksum(&sealed.record).ok() == Some(sealed.crc32) {
            Ok(Some(sealed.record))
        } else {
            Err(damaged("its checksum does not match".into()))
        }
    }

    /// Puts this aside under another name, from where [`Self::take_record_from`] makes it the record.
    pub(crate) fn write(&self, state: &StateDir, name: &str) -> Result<()> {
        self.prepare_as(state, name)?.put_in_place()
    }

    /// Makes what was put aside the record.
    pub(crate) fn take_record_from(state: &StateDir, name: &str) -> Result<()> {
        storage::rename(&state.file(name), &state.file(RECORD))
    }

    /// Makes this the record; its plan is on disk already.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn save_record(&self, state: &StateDir) -> Result<()> {
        self.write(state, RECORD)
    }

    /// Puts plan and record on disk, side by side, so that it flushes them together; neither yet in its place. The
    /// plans of other records stay until [`Self::prune`].
    ///
    /// # Errors
    /// `state.io`.
    pub fn prepare(&self, plan: &Plan, state: &StateDir) -> Result<Prepared> {
        thread::scope(|scope| {
            let path = self.plan_path(state);
            let plan = scope
                .spawn(move || StagedReplacement::write(&path, LockKind::Firewall, |file| plan.write(file)));
            let record = self.prepare_as(state, RECORD);
            let plan = plan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(Prepared { plan: plan?, record: record? })
        })
    }

    fn prepare_as(&self, state: &StateDir, name: &str) -> Result<StagedReplacement> {
        StagedReplacement::write(&state.file(name), LockKind::Firewall, |file| {
            let sealed = Sealed { crc32: Sealed::checksum(self)?, record: self.clone() };
            file.write_all(&storage::json(&sealed)?)
        })
    }

    /// Loads the plan of this record.
    ///
    /// # Errors
    /// `database.corrupt` or `database.version` when the file is damaged or foreign, `state.io`, `state.unsafe`.
    pub fn load_plan(&self, state: &StateDir) -> Result<Plan> {
        let path = self.plan_path(state);
        let missing = || Error::new(Code::StateIo, format!("{} is missing", path.display()));
        let file = storage::open(&path)?.ok_or_else(missing)?;
        let plan = Plan::read_checked(file)
            .map_err(|error| error.describe(path.path(), Code::DatabaseCorrupt, Code::DatabaseVersion))?;
        if plan.digest() == self.digest {
            Ok(plan)
        } else {
            Err(Error::new(Code::DatabaseCorrupt, format!("{} is not the applied plan", path.display())))
        }
    }

    /// Removes the plans of other records, save that of the one that a change may have to go back to.
    pub fn prune(&self, state: &StateDir) {
        let change = Change::load(state).ok().flatten().filter(Change::is_pending);
        let former = change.and_then(|change| change.former);
        let needed = [Some(self), former.as_ref()].into_iter().flatten();
        let needed = needed.map(|record| record.plan_path(state).name().to_owned());
        remove_plans(state, &needed.collect::<Vec<_>>());
    }

    /// Forgets what was applied.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        storage::remove(&state.file(RECORD))?;
        remove_plans(state, &[]);
        Ok(())
    }

    fn plan_path(&self, state: &StateDir) -> StateFile {
        // The record may have been tampered with: only a hex digest becomes part of a path.
        let name: String = self.digest.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        state.file(&format!("{PLAN_PREFIX}{name}.bin"))
    }
}

/// A record with its plan, both safe on the disk.
#[derive(Debug)]
pub struct Prepared {
    plan: StagedReplacement,
    record: StagedReplacement,
}

impl Prepared {
    /// Makes this the record. Should a power cut take its plan away, that is computed again from the database.
    ///
    /// # Errors
    /// `state.io`; the earlier record is then untouched.
    pub fn put_in_place(self) -> Result<()> {
        self.record.put_in_place_after(Some(self.plan))
    }
}

fn remove_plans(state: &StateDir, keep: &[String]) {
    let plans = state.files().filter(|file| file.name().starts_with(PLAN_PREFIX));
    for plan in plans.filter(|plan| !keep.iter().any(|name| name == plan.name())) {
        storage::remove(&plan).unwrap_or_else(|error| log::warn!("{error}"));
    }
}
