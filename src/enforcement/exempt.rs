//! The exceptions that the kernel must hold with a timeout, also during a change of policy: those that end, and what passes
//! for hosts.

use std::collections::HashSet;

use ipnet::IpNet;

use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, TimedMember};
use crate::records::Applied;
use crate::records::hosts::HostAnswers;
use crate::storage::Moment;

/// What the kernel must hold for `applied`, by what name servers were last heard to say.
pub(super) fn members(context: &Context<'_>, applied: &Applied) -> Vec<TimedMember> {
    if !applied.policy.names_hosts() {
        return applied.timed_members(context.now());
    }
    members_by(context, applied, &HostAnswers::load_or_forget(&context.state))
}

/// As [`members`], by these answers.
pub(super) fn members_by(
    context: &Context<'_>,
    applied: &Applied,
    answers: &HostAnswers,
) -> Vec<TimedMember> {
    let of_hosts = answers.members(&applied.policy, &Moment::of(&*context.clock));
    TimedMember::longest(applied.timed_members(context.now()).into_iter().chain(of_hosts).collect())
}

/// The subnets and addresses that the kernel may hold for `applied`. `None` if what name servers said cannot be read: then
/// nobody can tell.
pub(super) fn known(context: &Context<'_>, applied: &Applied) -> Option<HashSet<IpNet>> {
    let timed = applied.policy.timed().filter_map(|timed| Some(timed.excepted.subnet()?.net()));
    if !applied.policy.names_hosts() {
        return Some(timed.collect());
    }
    let answers = HostAnswers::load(&context.state).ok()?;
    Some(timed.chain(answers.nets(&applied.policy)).collect())
}

/// The exceptions that the kernel must hold during a change of policy, and after it.
#[derive(Debug)]
pub(super) struct ExemptChange {
    /// The exceptions of both policies.
    transitional: Vec<TimedMember>,
    /// The exceptions of the new policy.
    after: Vec<TimedMember>,
    /// True if the kernel does not hold the new exceptions yet.
    pub(super) is_change: bool,
    /// True if neither policy has exceptions and the kernel has none.
    are_none: bool,
}

impl ExemptChange {
    pub(super) fn between(
        context: &Context<'_>,
        old: Option<&Applied>,
        new: &Applied,
        kernel: &KernelSnapshot,
    ) -> Self {
        let before = old.map(|old| members(context, old)).unwrap_or_default();
        let after = members(context, new);
        let transitional = TimedMember::longest(before.into_iter().chain(after.iter().copied()).collect());
        let same = old.is_some_and(|old| {
            old.policy.timed().eq(new.policy.timed()) && old.policy.hosts().eq(new.policy.hosts())
        });
        let is_change = !same || !kernel.exempt_problems(&after).is_empty();
        // What a host had when name servers were last asked may be there still.
        let are_none = transitional.is_empty() && !is_change && !new.policy.names_hosts();
        Self { transitional, after, is_change, are_none }
    }

    /// Puts the exceptions of both policies into the kernel.
    pub(super) fn hold_both(&self, firewall: &Firewall) -> Result<()> {
        self.hold(firewall, &self.transitional)
    }

    /// Puts the exceptions of the new policy into the kernel, unless those of both are there and are the same.
    pub(super) fn hold_new(&self, firewall: &Firewall, holds_both: bool) -> Result<()> {
        if holds_both && self.transitional == self.after { Ok(()) } else { self.hold(firewall, &self.after) }
    }

    /// Existing exceptions are written too, which renews those that are longer than the kernel's longest timeout.
    fn hold(&self, firewall: &Firewall, members: &[TimedMember]) -> Result<()> {
        if self.are_none { Ok(()) } else { firewall.replace_exempt(members) }
    }
}
