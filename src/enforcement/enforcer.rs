//! The firewall under its lock: its present content, and the steps that put a policy in force.

use super::counting;
use super::exempt::{self, ExemptChange};
use super::kernel_data::KernelData;
use super::lock::FirewallLock;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{ChainSpec, Firewall, KernelSnapshot, Opening};
use crate::net::Family;
use crate::plan::{Action, Plan, SetId};
use crate::records::{Applied, drift};

/// The firewall under its lock.
pub(crate) struct Enforcer<'a> {
    pub(super) firewall: Firewall,
    /// The content of the kernel, updated with each change.
    pub(super) found: KernelSnapshot,
    _lock: &'a FirewallLock,
}

impl<'a> Enforcer<'a> {
    /// Reads the content of the kernel.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn open(context: &mut Context<'_>, lock: &'a FirewallLock) -> Result<Self> {
        let opening = Opening::begin(&context.kernel)?;
        Self::finish_opening(context, lock, opening)
    }

    /// As [`Self::open`], but finishes an opening that was begun earlier.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn finish_opening(
        context: &mut Context<'_>,
        lock: &'a FirewallLock,
        opening: Opening,
    ) -> Result<Self> {
        let (firewall, found) = opening.finish(&mut context.warnings)?;
        Ok(Self { firewall, found, _lock: lock })
    }

    /// True if our chains are complete.
    pub(crate) fn has_chains(&self) -> bool {
        self.found.has_chains()
    }

    /// Restores chain and jump, and the sets that differ from the plan.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn attach(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: Option<&Plan>,
    ) -> Result<KernelData> {
        let replaced = match plan {
            Some(plan) => self.replace_drifted_sets(context, plan)?,
            None => Vec::new(),
        };
        let completed = plan.is_some_and(|plan| self.complete(plan));
        let exempt = self.restore_exempt(context, applied)?;
        let changed = !replaced.is_empty() || completed || !exempt.is_empty();
        self.finish(context, applied, changed, true)
    }

    /// Replaces the sets that drifted. Then restores the chain if it differs and, with `attach`, the jump. Returns what
    /// was wrong.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn heal(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: &Plan,
        attach: bool,
    ) -> Result<(Vec<Error>, KernelData)> {
        let replaced = self.replace_drifted_sets(context, plan)?;
        let completed = self.complete(plan);
        let is_left_alone = |problem: &Error| problem.code() == Code::FirewallNotAttached && !attach;
        let rules = self
            .found
            .rule_problems(|family| applied.chain_spec(family))
            .filter(|problem| !is_left_alone(problem));
        let problems: Vec<Error> = self.restore_exempt(context, applied)?.into_iter().chain(rules).collect();
        let changed = !replaced.is_empty() || completed || !problems.is_empty();
        let repaired = replaced.into_iter().chain(problems).collect();
        Ok((repaired, self.finish(context, applied, changed, attach)?))
    }

    /// Puts the former policy back in force. Nothing is written to disk. `recorded` is the policy that the disk calls
    /// applied.
    ///
    /// # Errors
    /// `firewall.*`. Another attempt continues from there.
    pub(crate) fn return_to(
        mut self,
        context: &mut Context<'_>,
        former: &Applied,
        plan: &Plan,
        recorded: Option<&Applied>,
    ) -> Result<()> {
        let exempt = ExemptChange::between(context, recorded, former, &self.found);
        self.close_counting_period(context, former.policy.action);
        let is_there = self.firewall.drifted_sets(&self.found, plan)?.is_empty();
        if !is_there {
            self.firewall.load(&Family::ALL, plan)?;
            exempt.hold_both(&self.firewall)?;
        }
        self.put_in_force(context, former, plan, is_there, &exempt).map(drop)
    }

    /// All steps in the kernel. The sets of `plan` must be loaded, unless they are in force already (`is_there`).
    pub(super) fn put_in_force(
        &mut self,
        context: &mut Context<'_>,
        new: &Applied,
        plan: &Plan,
        is_there: bool,
        exempt: &ExemptChange,
    ) -> Result<KernelData> {
        let swapped = if is_there {
            self.complete(plan)
        } else {
            if self.must_widen(new) {
                self.widen(new)?;
            }
            self.firewall.put_in_force(plan)?;
            forget_found_drift(context);
            true
        };
        exempt.hold_new(&self.firewall, !is_there)?;
        self.finish(context, new, swapped || exempt.is_change, false)
    }

    /// Stores the counts if the action is about to change, because they belong to the present action.
    pub(super) fn close_counting_period(&self, context: &mut Context<'_>, action: Action) {
        let specs = Family::ALL.into_iter().filter_map(|family| self.found.chain_spec(family));
        if specs.into_iter().any(|spec| spec.action != action) {
            counting::collect(context, &self.firewall, &self.found)
                .unwrap_or_else(|error| log::warn!("cannot store the packet counts: {error}"));
        }
    }

    /// True if the new rules let addresses pass that the present rules drop.
    fn must_widen(&self, new: &Applied) -> bool {
        let specs = |family| Some((self.found.chain_spec(family)?, new.chain_spec(family)));
        Family::ALL.into_iter().filter_map(specs).any(|(so_far, then)| so_far.or(then) != so_far)
    }

    /// Widens the rules so that they let pass what the old or the new policy lets pass. The new sets may contain addresses
    /// that only the new rules let pass, because they count or check timed exceptions.
    fn widen(&mut self, new: &Applied) -> Result<()> {
        let specs = |family| Some(self.found.chain_spec(family)?.or(new.chain_spec(family)));
        (_, self.found) = self.firewall.commit_rules(self.found.clone(), specs, false)?;
        Ok(())
    }

    /// Puts the former sets and rules back. While it works, nobody is dropped who was not dropped before.
    pub(super) fn restore(&mut self, former: &KernelSnapshot) -> Result<()> {
        let found = self.firewall.reread_rules(former)?;
        if Family::ALL.into_iter().all(|family| former.chain_spec(family) == found.chain_spec(family)) {
            return self.firewall.take_back();
        }
        let wide = |family| Some(former.chain_spec(family)?.or(found.chain_spec(family)?));
        let (_, found) = self.firewall.commit_rules(found.clone(), wide, false)?;
        self.firewall.take_back()?;
        self.firewall.commit_rules(found, |family| former.chain_spec(family), false).map(drop)
    }

    /// Puts back into the kernel who passes for a while under `old`.
    pub(super) fn restore_former_exempt(&self, context: &Context<'_>, old: Option<&Applied>) {
        let taken = match old {
            Some(old) => exempt::restore(&self.firewall, &exempt::members(context, old)),
            None => self.firewall.remove_exempt(),
        };
        taken.unwrap_or_else(|error| log::warn!("{error}"));
    }

    /// Compares every set with the plan and replaces those that differ. Returns what was wrong.
    fn replace_drifted_sets(&mut self, context: &Context<'_>, plan: &Plan) -> Result<Vec<Error>> {
        let drifted = self.firewall.drifted_sets(&self.found, plan)?;
        if !drifted.is_empty() {
            self.firewall.load_sets(drifted.iter().map(|drift| drift.set), plan)?;
            self.firewall.put_in_force(plan)?;
        }
        forget_found_drift(context);
        Ok(drifted.into_iter().map(|drift| drift.problem).collect())
    }

    /// Restores in the kernel who passes for a while. Returns what was wrong.
    fn restore_exempt(&self, context: &Context<'_>, applied: &Applied) -> Result<Vec<Error>> {
        let members = exempt::members(context, applied);
        let mut problems = self.found.exempt_problems(&members);
        problems.extend(self.firewall.foreign_exempt(&self.found, &exempt::known(context, applied))?);
        if !problems.is_empty() {
            self.firewall.replace_exempt(&members)?;
        }
        Ok(problems)
    }

    /// Loads the sets that the kernel did not support before. Returns true if it does now.
    fn complete(&mut self, plan: &Plan) -> bool {
        if self.firewall.has_shortcut() {
            return false;
        }
        let shortcuts = SetId::ALL.into_iter().filter(|set| set.is_shortcut());
        let loaded = self.firewall.load_sets(shortcuts, plan);
        loaded.and_then(|()| self.firewall.put_in_force(plan)).is_ok_and(|()| self.firewall.has_shortcut())
    }

    /// Commits the rules, after their sets are complete, and reads everything back. IPv4 comes first, in case IPv6
    /// fails.
    fn finish(
        &mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        swapped: bool,
        attach: bool,
    ) -> Result<KernelData> {
        let wanted = |family| Some(applied.chain_spec(family));
        let (committed, found) = self.firewall.commit_rules(self.found.clone(), wanted, attach)?;
        let cleaned = self.firewall.remove_leftovers(&found);
        let changed = swapped || cleaned || committed;
        let after = if changed { self.firewall.reread_sets(found)? } else { found };
        context.warnings.extend(after.warnings());
        refuse_unless_complete(&after, applied, attach, context)?;
        Ok(KernelData { sets: after.sets(), attached: after.is_attached(), changed })
    }
}

/// The sets are those of the plan again, so what a comparison found in them before is over.
fn forget_found_drift(context: &Context<'_>) {
    drift::forget_found(&context.state).unwrap_or_else(|error| log::warn!("{error}"));
}

/// Fails unless the content of the kernel is what `applied` requires.
fn refuse_unless_complete(
    after: &KernelSnapshot,
    applied: &Applied,
    attach: bool,
    context: &Context<'_>,
) -> Result<()> {
    let chain_spec = |family: Family| -> ChainSpec { applied.chain_spec(family) };
    let exempt = after.exempt_problems(&exempt::members(context, applied));
    let is_complete = after.holds(|set| applied.entries(set)) && after.matches_specs(chain_spec);
    if !is_complete || (attach && !after.is_attached()) || !exempt.is_empty() {
        let mut problems = after.problems(chain_spec, |set| applied.entries(set));
        problems.extend(exempt);
        let messages: Vec<&str> = problems.iter().map(Error::message).collect();
        // Sets and chains belong to us alone, but INPUT is shared with other programs.
        let only_input = problems.iter().all(|problem| problem.code() == Code::FirewallNotAttached);
        let code = if only_input { Code::FirewallInputChanged } else { Code::FirewallUnverified };
        return Err(Error::new(code, messages.join("; ")));
    }
    let failed = after.failed_family();
    failed.map_or(Ok(()), |failed| {
        Err(failed.with_hint("IPv4 is filtered by the new policy. IPv6 is unchanged: try again."))
    })
}
