//! What was applied last: the policy, and what the kernel holds for it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dataset::SourceId;
use crate::firewall::{ChainSpec, TimedMember, mark};
use crate::net::Family;
use crate::plan::{Exception, Plan, Policy, SetId, TimedException};

/// The record of what was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The source that the plan was computed from.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// SHA-256 of the plan, in hex; also the name of its file.
    digest: String,
    entries: BTreeMap<SetId, u64>,
    /// What the headers of the sets tell of their content.
    marks: BTreeMap<SetId, u32>,
    /// For each timed exception the latest moment at which it is known to have counted: a clock that was set back, or
    /// starts at its zero after a power cut, must not make it longer.
    counted_until: Vec<Timestamp>,
    /// Since when policies with this action are applied.
    pub action_since: Timestamp,
}

impl Applied {
    /// The record of `plan`, applied `now`.
    pub fn new(source: SourceId, policy: &Policy, plan: &Plan, now: Timestamp) -> Self {
        Self {
            source,
            policy: policy.clone(),
            applied_at: now.to_string(),
            digest: plan.digest().to_owned(),
            entries: SetId::ALL.into_iter().map(|set| (set, plan.entries(set))).collect(),
            marks: SetId::ALL.into_iter().filter_map(|set| Some((set, mark(set, plan)?))).collect(),
            counted_until: policy.timed().map(|_| now).collect(),
            action_since: now,
        }
    }

    /// This record as the one that comes after `old`: timed exceptions of both go on from where they were, and so does
    /// the action. Returns the exceptions that are over, which are no part of it.
    pub fn follow(&mut self, old: Option<&Self>, now: Timestamp) -> Vec<TimedException> {
        // Reversed: of several that are alike the first counts.
        let known: Vec<_> = old.map(|old| old.timed(now).collect()).unwrap_or_default();
        let known: HashMap<TimedException, Timestamp> = known.into_iter().rev().collect();
        let timed = self.timed(now).map(|(timed, moment)| {
            (timed, known.get(&timed).map_or(moment, |counted_until| moment.max(*counted_until)))
        });
        let (valid, over): (Vec<_>, Vec<_>) = timed.partition(|(timed, moment)| timed.expires_at > *moment);
        let over: Vec<TimedException> = over.into_iter().map(|(timed, _)| timed).collect();
        self.policy
            .exceptions
            .retain(|exception| exception.timed().is_none_or(|timed| !over.contains(&timed)));
        self.counted_until = valid.into_iter().map(|(_, moment)| moment).collect();
        if let Some(old) = old.filter(|old| old.policy.action == self.policy.action) {
            self.action_since = old.action_since;
        }
        over
    }

    /// The timed exceptions with what is left of them.
    pub fn timed_members(&self, now: Timestamp) -> Vec<TimedMember> {
        TimedMember::of(self.timed(now))
    }

    /// What becomes of packets of a family that the plan's tables match. Timed exceptions that are over count until the
    /// next record: no clock changes the rules.
    pub fn chain_spec(&self, family: Family) -> ChainSpec {
        let checks_exempt = self.policy.timed().any(|timed| Family::of(timed.subnet.net()) == family);
        ChainSpec { action: self.policy.action, checks_exempt }
    }

    /// The policy as it is now, without the exceptions that are over.
    pub fn policy_now(&self, now: Timestamp) -> Policy {
        let valid = self.timed(now).filter(|(timed, moment)| timed.expires_at > *moment);
        let valid: Vec<Exception> = valid.map(|(timed, _)| timed.into()).collect();
        let mut policy = self.policy.clone();
        policy.exceptions.retain(|exception| exception.expires_at.is_none() || valid.contains(exception));
        policy
    }

    /// The timed exceptions, each with what time it is for it. That one ended before it was last known to count proves
    /// that the clock was wrong then.
    fn timed(&self, now: Timestamp) -> impl Iterator<Item = (TimedException, Timestamp)> {
        let counted_until = self.counted_until.iter().copied().chain(std::iter::repeat(now));
        self.policy.timed().zip(counted_until).map(move |(timed, counted_until)| {
            let moment = if counted_until < timed.expires_at { now.max(counted_until) } else { now };
            (timed, moment)
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

    /// SHA-256 of the plan, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// True if both records are of the same plan.
    pub fn same_plan(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}
