//! Who the kernel must let pass for a while, also during a change of policy: exceptions that end, hosts, and phones.

use std::collections::HashSet;

use ipnet::IpNet;

use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Exempted, Firewall, KernelSnapshot};
use crate::plan::Policy;
use crate::records::Applied;
use crate::records::passing::hosts::HostAnswers;
use crate::records::passing::phones::PhoneAddresses;
use crate::records::passing::{Passing, PassingRecord};
use crate::storage::Moment;

/// What the kernel must hold for `applied`, by what name servers and Asterisk were last heard to say.
pub(super) fn members(context: &Context<'_>, applied: &Applied) -> Exempted {
    let passing = Passing::load_or_forget(&context.state, &applied.policy);
    passing.exempted(applied, &Moment::of(&*context.clock))
}

/// What the kernel may hold for `applied`. Nothing is said of a set if the record of those in it cannot be read: then nobody
/// can tell.
pub(super) fn known(context: &Context<'_>, applied: &Applied) -> Exempted<HashSet<IpNet>> {
    let policy = &applied.policy;
    let timed = policy.timed().filter_map(|timed| Some(timed.excepted.subnet()?.net()));
    let hosts = policy.names_hosts().then(|| HostAnswers::load(&context.state)).transpose().ok();
    let everywhere = hosts.map(|hosts| timed.chain(hosts.unwrap_or_default().nets(policy)).collect());
    let phones = policy.may_keep_phones().then(|| PhoneAddresses::load(&context.state).ok()).flatten();
    Exempted { everywhere, phones: phones.map(|phones| phones.nets().collect()) }
}

/// Lets those pass again who did before, and removes the sets of phones if there were none.
pub(super) fn restore(firewall: &Firewall, former: &Exempted) -> Result<()> {
    firewall.replace_exempt(former)?;
    if former.phones.is_none() { firewall.remove_phones() } else { Ok(()) }
}

/// Who the kernel must let pass for a while during a change of policy, and after it.
#[derive(Debug)]
pub(super) struct ExemptChange {
    /// Who passes under either policy.
    transitional: Exempted,
    /// Who passes under the new policy.
    after: Exempted,
    /// True if the kernel does not hold what the new policy needs yet.
    pub(super) is_change: bool,
    /// True if nobody passes under either policy and the kernel lets nobody pass.
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
        let transitional = before.or(after.clone());
        let same = old.is_some_and(|old| lets_same_pass(&old.policy, &new.policy));
        let is_change = !same || !kernel.exempt_problems(&after).is_empty();
        // What a host or a phone had when it was last looked at may be there still.
        let changes = new.policy.names_hosts() || new.policy.may_keep_phones();
        let are_none = transitional.is_empty() && !is_change && !changes;
        Self { transitional, after, is_change, are_none }
    }

    /// Lets those pass whom either policy lets pass.
    pub(super) fn hold_both(&self, firewall: &Firewall) -> Result<()> {
        self.hold(firewall, &self.transitional)
    }

    /// Lets those pass whom the new policy lets pass, unless those of both are there and are the same.
    pub(super) fn hold_new(&self, firewall: &Firewall, holds_both: bool) -> Result<()> {
        if holds_both && self.transitional == self.after { Ok(()) } else { self.hold(firewall, &self.after) }
    }

    /// Existing members are written too, which renews those that are longer than the kernel's longest timeout.
    fn hold(&self, firewall: &Firewall, exempted: &Exempted) -> Result<()> {
        if self.are_none { Ok(()) } else { firewall.replace_exempt(exempted) }
    }
}

/// True if both policies name the same exceptions that end, hosts and phones.
fn lets_same_pass(one: &Policy, other: &Policy) -> bool {
    one.timed().eq(other.timed())
        && one.hosts().eq(other.hosts())
        && one.phones().eq(other.phones())
        && one.keep_phones == other.keep_phones
}
