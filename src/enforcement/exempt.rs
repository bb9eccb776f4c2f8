//! The timed exceptions during a change of policy.

use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, TimedMember};
use crate::records::Applied;
use jiff::Timestamp;

/// The timed exceptions that the kernel must hold during a change of policy, and after it.
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
        old: Option<&Applied>,
        new: &Applied,
        kernel: &KernelSnapshot,
        now: Timestamp,
    ) -> Self {
        let before = old.map(|old| old.timed_members(now)).unwrap_or_default();
        let after = new.timed_members(now);
        let transitional = TimedMember::longest(before.into_iter().chain(after.iter().copied()).collect());
        let same = old.is_some_and(|old| old.policy.timed().eq(new.policy.timed()));
        let is_change = !same || !kernel.exempt_problems(&after).is_empty();
        let are_none = transitional.is_empty() && !is_change;
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
