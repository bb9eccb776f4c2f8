//! The firewall under its lock: what was found in it, and the steps that make it hold a policy.

use super::counting;
use super::exempt::ExemptChange;
use super::lock::FirewallLock;
use super::outcome::Enforcement;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{ChainSpec, Firewall, KernelSnapshot, Opening};
use crate::net::Family;
use crate::plan::{Action, Plan, SetId};
use crate::records::Applied;

/// The firewall under its lock.
pub(crate) struct Enforcer<'a> {
    pub(super) firewall: Firewall,
    /// What was found in the kernel, with the changes since.
    pub(super) found: KernelSnapshot,
    _lock: &'a FirewallLock,
}

impl<'a> Enforcer<'a> {
    /// Reads what is in the kernel.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn open(context: &mut Context<'_>, lock: &'a FirewallLock) -> Result<Self> {
        let opening = Opening::begin(&context.kernel)?;
        Self::finish_opening(context, lock, opening)
    }

    /// As [`Self::open`], from where `opening` is.
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

    /// True if our chains are there.
    pub(crate) fn has_chains(&self) -> bool {
        self.found.has_chains()
    }

    /// Brings back chain and jump, and the sets that are not as their plan has them.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn attach(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: Option<&Plan>,
    ) -> Result<Enforcement> {
        let replaced = match plan {
            Some(plan) => self.replace_drifted_sets(plan)?,
            None => Vec::new(),
        };
        let completed = plan.is_some_and(|plan| self.complete(plan));
        let exempt = self.restore_exempt(context, applied)?;
        let changed = !replaced.is_empty() || completed || !exempt.is_empty();
        self.finish(context, applied, changed, true)
    }

    /// Replaces the sets that drifted, then rewrites the chain and, with `attach`, moves the jump where these differ.
    ///
    /// Returns what was found wrong.
    ///
    /// # Errors
    /// `firewall.*`.
    pub(crate) fn heal(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: &Plan,
        attach: bool,
    ) -> Result<(Vec<Error>, Enforcement)> {
        let replaced = self.replace_drifted_sets(plan)?;
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

    /// Puts what was in force before in force again, without a word on the disk. `recorded` is what the disk calls applied.
    ///
    /// # Errors
    /// `firewall.*`; the next attempt goes on from there.
    pub(crate) fn return_to(
        mut self,
        context: &mut Context<'_>,
        former: &Applied,
        plan: &Plan,
        recorded: Option<&Applied>,
    ) -> Result<()> {
        let exempt = ExemptChange::between(recorded, former, &self.found, context.now());
        self.close_counting_period(context, former.policy.action);
        let is_there = self.firewall.drifted_sets(&self.found, plan)?.is_empty();
        if !is_there {
            self.firewall.load(&Family::ALL, plan)?;
            exempt.hold_both(&self.firewall)?;
        }
        self.put_in_force(context, former, plan, is_there, &exempt).map(drop)
    }

    /// From the first step in the kernel to the last; the sets of `plan` are loaded, unless they are in force already.
    pub(super) fn put_in_force(
        &mut self,
        context: &mut Context<'_>,
        new: &Applied,
        plan: &Plan,
        is_there: bool,
        exempt: &ExemptChange,
    ) -> Result<Enforcement> {
        let swapped = if is_there {
            self.complete(plan)
        } else {
            if self.must_widen(new) {
                self.widen(new)?;
            }
            self.firewall.put_in_force(plan)?;
            true
        };
        exempt.hold_new(&self.firewall, !is_there)?;
        self.finish(context, new, swapped || exempt.is_change, false)
    }

    /// Counts so far belong to the action so far: they are taken before another begins.
    pub(super) fn close_counting_period(&self, context: &mut Context<'_>, action: Action) {
        let specs = Family::ALL.into_iter().filter_map(|family| self.found.chain_spec(family));
        if specs.into_iter().any(|spec| spec.action != action) {
            counting::collect(context, &self.firewall, &self.found)
                .unwrap_or_else(|error| log::warn!("what was counted is lost: {error}"));
        }
    }

    /// True if the rules of the new policy let in somebody whom those in force do not.
    fn must_widen(&self, new: &Applied) -> bool {
        let specs = |family| Some((self.found.chain_spec(family)?, new.chain_spec(family)));
        Family::ALL.into_iter().filter_map(specs).any(|(so_far, then)| so_far.or(then) != so_far)
    }

    /// Has the rules let in whomever the old or the new policy lets in: the new sets may hold addresses that the old ones
    /// do not and that only the new rules let in, because they count, or check timed exceptions.
    fn widen(&mut self, new: &Applied) -> Result<()> {
        let before = self.found.clone();
        let specs = |family| Some(before.chain_spec(family)?.or(new.chain_spec(family)));
        (_, self.found) = self.firewall.commit_rules(before.clone(), specs, false)?;
        Ok(())
    }

    /// Takes the sets back, and the rules that `former` had; nobody is dropped on the way who was not before.
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

    /// Has the kernel hold the timed exceptions of `old` again.
    pub(super) fn take_exempt_back(&self, context: &Context<'_>, old: Option<&Applied>) {
        let taken = match old {
            Some(old) => self.firewall.replace_exempt(&old.timed_members(context.now())),
            None => self.firewall.remove_exempt(),
        };
        taken.unwrap_or_else(|error| log::warn!("{error}"));
    }

    /// Compares every set with its plan and replaces those that differ; says what was wrong with them.
    fn replace_drifted_sets(&mut self, plan: &Plan) -> Result<Vec<Error>> {
        let drifted = self.firewall.drifted_sets(&self.found, plan)?;
        if !drifted.is_empty() {
            self.firewall.load_sets(drifted.iter().map(|drift| drift.set), plan)?;
            self.firewall.put_in_force(plan)?;
        }
        Ok(drifted.into_iter().map(|drift| drift.problem).collect())
    }

    /// Brings back the timed exceptions that the kernel lacks; says which set that was.
    fn restore_exempt(&self, context: &Context<'_>, applied: &Applied) -> Result<Vec<Error>> {
        let members = applied.timed_members(context.now());
        let mut problems = self.found.exempt_problems(&members);
        problems.extend(self.firewall.foreign_exempt(&self.found, applied.policy.timed())?);
        if !problems.is_empty() {
            self.firewall.replace_exempt(&members)?;
        }
        Ok(problems)
    }

    /// Brings in what the kernel could not hold before and may hold by now. Returns true if it does.
    fn complete(&mut self, plan: &Plan) -> bool {
        if self.firewall.has_shortcut() {
            return false;
        }
        let shortcuts = SetId::ALL.into_iter().filter(|set| set.is_shortcut());
        let loaded = self.firewall.load_sets(shortcuts, plan);
        loaded.and_then(|()| self.firewall.put_in_force(plan)).is_ok_and(|()| self.firewall.has_shortcut())
    }

    /// Rules last, when the sets they name are whole; then reads everything back. Where IPv6 fails, IPv4 is done first.
    fn finish(
        &mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        swapped: bool,
        attach: bool,
    ) -> Result<Enforcement> {
        let wanted = |family| Some(applied.chain_spec(family));
        let (committed, found) = self.firewall.commit_rules(self.found.clone(), wanted, attach)?;
        let cleaned = self.firewall.remove_leftovers(&found);
        let changed = swapped || cleaned || committed;
        let after = if changed { self.firewall.reread_sets(found)? } else { found };
        context.warnings.extend(after.warnings());
        refuse_unless_whole(&after, applied, attach, context)?;
        Ok(Enforcement { sets: after.sets(), attached: after.is_attached(), changed })
    }
}

/// Refuses what was read back if it is not as `applied` wants it.
fn refuse_unless_whole(
    after: &KernelSnapshot,
    applied: &Applied,
    attach: bool,
    context: &Context<'_>,
) -> Result<()> {
    let chain_spec = |family: Family| -> ChainSpec { applied.chain_spec(family) };
    let exempt = after.exempt_problems(&applied.timed_members(context.now()));
    let is_complete = after.holds(|set| applied.entries(set)) && after.matches_specs(chain_spec);
    if !is_complete || (attach && !after.is_attached()) || !exempt.is_empty() {
        let mut problems = after.problems(chain_spec, |set| applied.entries(set));
        problems.extend(exempt);
        let messages: Vec<&str> = problems.iter().map(Error::message).collect();
        // Sets and chain are ours alone; INPUT is everybody's.
        let only_input = problems.iter().all(|problem| problem.code() == Code::FirewallNotAttached);
        let code = if only_input { Code::FirewallInputChanged } else { Code::FirewallUnverified };
        return Err(Error::new(code, messages.join("; ")));
    }
    let failed = after.failed_family();
    failed.map_or(Ok(()), |failed| {
        Err(failed.with_hint("IPv4 is filtered as it should be. IPv6 is as it was: try again."))
    })
}
