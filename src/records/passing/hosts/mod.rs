//! What name servers said of the hosts that are exceptions.

mod answer;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use answer::{HostAnswer, MOST_ADDRESSES};
pub use warnings::{warning_of_damage, warnings};

use super::{PassingRecord, latest, member};
use crate::error::Result;
use crate::firewall::TimedMember;
use crate::net::HostName;
use crate::plan::{Excepted, PassingAddress, Policy};
use crate::resolver::Answers;
use crate::storage::record::Record;
use crate::storage::{Moment, StateDir};

/// Why name servers were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A policy is applied.
    Apply,
    /// Five minutes have passed.
    Look,
}

/// What name servers said of each host.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostAnswers(BTreeMap<HostName, HostAnswer>);

impl Record for HostAnswers {
    const FORMAT: u32 = 1;
}

impl PassingRecord for HostAnswers {
    const FILE: &str = "host-answers.json";
}

impl HostAnswers {
    /// Removes what no policy needs: the hosts that none of them names, and the whole record if they name no host. The
    /// caller holds the firewall lock.
    ///
    /// # Errors
    /// `state.*`.
    pub fn prune<'a>(state: &StateDir, needed: impl IntoIterator<Item = &'a Policy>) -> Result<()> {
        let named: BTreeSet<&HostName> =
            needed.into_iter().flat_map(Policy::hosts).map(|(host, _)| host).collect();
        if named.is_empty() {
            return Self::forget(state);
        }
        let mut answers = Self::load(state)?;
        let before = answers.0.len();
        answers.0.retain(|host, _| named.contains(host));
        if answers.0.len() < before { answers.save(state) } else { Ok(()) }
    }

    /// Takes in what name servers say now of a host that `policy` names.
    pub fn note(
        &mut self,
        host: &HostName,
        answers: &Answers,
        policy: &Policy,
        now: &Moment,
        occasion: Occasion,
    ) {
        let ends: Vec<Timestamp> = exceptions_of(host, policy).flatten().collect();
        let known = self.0.entry(host.clone()).or_insert_with(|| HostAnswer::unknown(now));
        known.note(answers, &ends, now, occasion);
    }

    /// What they said of a host. `None` if they were not asked.
    pub fn of(&self, host: &HostName) -> Option<&HostAnswer> {
        self.0.get(host)
    }

    /// What passes because `policy` names its host, as set members.
    pub fn members(&self, policy: &Policy, now: &Moment) -> Vec<TimedMember> {
        let members = self.passing(policy, now).map(|(_, net, left)| member(net, left));
        TimedMember::longest(members.collect())
    }

    /// Every address that the kernel may hold for the hosts of `policy`.
    pub fn nets<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = IpNet> + 'a {
        policy.hosts().filter_map(|(host, _)| self.of(host)).flat_map(HostAnswer::nets)
    }

    /// As [`Self::members`], for the verdict on an address.
    pub fn addresses(&self, policy: &Policy, now: &Moment) -> Vec<PassingAddress> {
        let address = |(host, net, _): (&HostName, IpNet, Duration)| {
            let expires_at = latest(exceptions_of(host, policy));
            PassingAddress { whose: Excepted::Host(host.clone()), net, expires_at }
        };
        self.passing(policy, now).map(address).collect()
    }

    /// What passes, for whom, and how long: as long as the answer counts and the exception lasts.
    fn passing<'a>(
        &'a self,
        policy: &'a Policy,
        now: &'a Moment,
    ) -> impl Iterator<Item = (&'a HostName, IpNet, Duration)> {
        policy.hosts().flat_map(move |(host, expires_at)| {
            let answer = self.of(host);
            let lasts =
                answer.zip(expires_at).map_or(Duration::MAX, |(answer, end)| answer.time_left(end, now));
            let passing = answer.into_iter().flat_map(|answer| answer.passing(now));
            passing
                .map(move |(net, left)| (host, net, left.min(lasts)))
                .filter(|(_, _, left)| !left.is_zero())
        })
    }
}

/// The exceptions of a host, by their ends.
fn exceptions_of<'a>(host: &'a HostName, policy: &'a Policy) -> impl Iterator<Item = Option<Timestamp>> + 'a {
    policy.hosts().filter(move |(named, _)| *named == host).map(|(_, expires_at)| expires_at)
}

#[cfg(test)]
mod tests;
