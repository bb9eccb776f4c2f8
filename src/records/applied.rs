//! The policy that was applied last, and what the kernel must hold for it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dataset::SourceId;
use crate::firewall::{ChainSpec, TimedMember, mark};
use crate::net::Family;
use crate::plan::{Exception, Plan, Policy, SetId, TimedException};

/// The record of the policy that was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// The source of the country data in the plan.
    pub source: SourceId,
    /// The source that was wanted, if the data of `source` stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stands_in_for: Option<SourceId>,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// SHA-256 of the plan, in hex. Its beginning is also part of the plan's file name.
    digest: String,
    entries: BTreeMap<SetId, u64>,
    /// A hash of each set's content, as it is written into the set's header.
    marks: BTreeMap<SetId, u32>,
    /// For each timed exception, the latest moment at which it is known to have been in force. An exception must not
    /// last longer because a clock was set back, or started at zero after a power cut.
    counted_until: Vec<Timestamp>,
    /// Since when the applied policies have had this action.
    pub action_since: Timestamp,
}

impl Applied {
    /// The record of `plan`, applied `now`.
    pub fn new(source: SourceId, policy: &Policy, plan: &Plan, now: Timestamp) -> Self {
        Self {
            source,
            stands_in_for: None,
            policy: policy.clone(),
            applied_at: now.to_string(),
            digest: plan.digest().to_owned(),
            entries: SetId::ALL.into_iter().map(|set| (set, plan.entries(set))).collect(),
            marks: SetId::ALL.into_iter().filter_map(|set| Some((set, mark(set, plan)?))).collect(),
            counted_until: policy.timed().map(|_| now).collect(),
            action_since: now,
        }
    }

    /// The same record, for a policy that wants `wanted`.
    #[must_use]
    pub fn in_place_of(self, wanted: SourceId) -> Self {
        Self { stands_in_for: (wanted != self.source).then_some(wanted), ..self }
    }

    /// The source that was wanted.
    pub fn wanted_source(&self) -> SourceId {
        self.stands_in_for.unwrap_or(self.source)
    }

    /// The source whose data stands in for that of `wanted`. `None` if none does.
    pub fn stand_in_for(&self, wanted: SourceId) -> Option<SourceId> {
        (self.stands_in_for == Some(wanted)).then_some(self.source)
    }

    /// True if nothing else can be had for a policy that wants `wanted`: it rests on that data, or on what stands in.
    pub fn serves(&self, wanted: SourceId) -> bool {
        self.source == wanted || self.stands_in_for == Some(wanted)
    }

    /// Makes this the successor of `old`: exceptions that both have keep their remaining time, and an unchanged action
    /// keeps its start. Returns the exceptions that have ended; they are removed from this record.
    pub fn follow(&mut self, old: Option<&Self>, now: Timestamp) -> Vec<TimedException> {
        // Reversed, so that of several equal exceptions the first one remains.
        let known: Vec<_> = old.map(|old| old.timed(now).collect()).unwrap_or_default();
        let known: HashMap<TimedException, Timestamp> = known.into_iter().rev().collect();
        let timed = self.timed(now).map(|(timed, moment)| {
            let moment = known.get(&timed).map_or(moment, |counted_until| moment.max(*counted_until));
            (timed, moment)
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

    /// The timed exceptions of subnets with their remaining time, as set members.
    pub fn timed_members(&self, now: Timestamp) -> Vec<TimedMember> {
        TimedMember::of(self.timed(now))
    }

    /// The rules for a family. Exceptions that have ended still count here, until the next policy is applied: passing
    /// time alone never changes the rules, and neither does what name servers or Asterisk say: a host and a phone count in both families.
    pub fn chain_spec(&self, family: Family) -> ChainSpec {
        let is_of_family = |timed: TimedException| {
            timed.excepted.subnet().is_some_and(|subnet| Family::of(subnet.net()) == family)
        };
        let checks_exempt = self.policy.timed().any(is_of_family) || self.policy.names_hosts();
        let admin = self.policy.admin.as_ref().map(|admin| admin.ports);
        let keeps_phones = self.policy.may_keep_phones();
        ChainSpec { action: self.policy.action, checks_exempt, keeps_phones, admin }
    }

    /// The policy as of `now`, without the exceptions that have ended.
    pub fn policy_now(&self, now: Timestamp) -> Policy {
        let valid = self.timed(now).filter(|(timed, moment)| timed.expires_at > *moment);
        let valid: Vec<Exception> = valid.map(|(timed, _)| timed.into()).collect();
        let mut policy = self.policy.clone();
        policy.exceptions.retain(|exception| exception.expires_at.is_none() || valid.contains(exception));
        policy
    }

    /// The timed exceptions, each with the time that applies to it: `now`, or a later moment up to which it is known to
    /// have been in force. An exception that was in force after its end proves that the clock was wrong then, so `now`
    /// applies.
    fn timed(&self, now: Timestamp) -> impl Iterator<Item = (TimedException, Timestamp)> {
        let counted_until = self.counted_until.iter().copied().chain(std::iter::repeat(now));
        self.policy.timed().zip(counted_until).map(move |(timed, counted_until)| {
            let moment = if counted_until < timed.expires_at { now.max(counted_until) } else { now };
            (timed, moment)
        })
    }

    /// Number of entries that a set must have.
    pub fn entries(&self, set: SetId) -> u64 {
        self.entries.get(&set).copied().unwrap_or_default()
    }

    /// Number of entries that all sets must have together.
    pub fn all_entries(&self) -> u64 {
        self.entries.values().sum()
    }

    /// The hash that the header of a set must contain, or `None` if its header contains none.
    pub fn mark(&self, set: SetId) -> Option<u32> {
        self.marks.get(&set).copied()
    }

    /// SHA-256 of the plan, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// True if both records have the same plan.
    pub fn same_plan(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}
