//! Makes the kernel hold a plan, step by step, so that at no step less is in force than before.

use std::thread;
use std::time::Duration;

use super::{counting, trial};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, KernelSnapshot, SetLoader, TimedMember};
use crate::net::Family;
use crate::plan::{Action, Plan, SetId};
use crate::protocol::{ConfirmWithin, Enforcement};
use crate::records::{Applied, Prepared};
use crate::storage::{Lock, LockKind, StateDir};
use crate::warning::{Warning, WarningCode};

/// How long to wait for another helper that is changing the firewall.
const PATIENCE: Duration = Duration::from_secs(5);

/// The firewall under its lock.
pub(crate) struct Enforcer {
    firewall: Firewall,
    before: KernelSnapshot,
    lock: Lock,
}

/// Waits for the firewall's lock. Policy and data are read under it, so that no helper applies what another has
/// replaced meanwhile.
///
/// The tools hold it, too: what is left of them when a helper is killed is over before the next begins.
pub(crate) fn plain_lock(context: &Context<'_>) -> Result<Lock> {
    let lock = context.state.lock(LockKind::Firewall, PATIENCE)?;
    lock.pass_on(true)?;
    context.state.sweep(&lock);
    Ok(lock)
}

/// The problem of a recorded plan that cannot be read.
pub(crate) fn plan_unusable(damage: &Error) -> Error {
    Error::new(Code::StatePlanUnusable, damage.message())
}

/// As [`plain_lock`], when a change that nobody confirmed in time is rolled back: its watcher may be dead.
///
/// What keeps it from being rolled back is told, and keeps nobody from working.
pub(crate) fn lock(context: &mut Context<'_>) -> Result<Lock> {
    let lock = plain_lock(context)?;
    match trial::settle(context, lock) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => plain_lock(context),
        Err(error) => {
            context.warnings.push(Warning::from(&error));
            plain_lock(context)
        }
    }
}

/// Puts the plan that `compute` gives in force, with its record; on trial, if it is to be confirmed. The rules are read
/// meanwhile, and sets may be loaded.
///
/// # Errors
/// Those of `compute`, `change.rolled_back`, `state.io`, `firewall.*`; what is in force then stays, unless the hint says
/// otherwise.
pub(crate) fn apply<'a>(
    context: &mut Context<'a>,
    lock: Lock,
    confirm: Option<&ConfirmWithin>,
    compute: impl FnOnce(&mut Context<'a>, &mut SetLoader) -> Result<(Applied, Plan)>,
) -> Result<Enforcement> {
    let (enforcer, (applied, plan)) = Enforcer::open_while(context, lock, compute)?;
    enforcer.apply(context, applied, &plan, confirm)
}

/// Puts in force again what was applied before, without a word on the disk.
///
/// # Errors
/// `firewall.*`; the next attempt goes on from there.
pub(crate) fn bring_back(
    context: &mut Context<'_>,
    lock: Lock,
    former: &Applied,
    plan: &Plan,
) -> Result<Lock> {
    let (mut enforcer, ()) = Enforcer::open_while(context, lock, |_, _| Ok(()))?;
    enforcer.bring_back(context, former, plan)?;
    Ok(enforcer.lock)
}

impl Enforcer {
    /// Reads what is in the kernel; while the tools list the rules, `work` is done.
    pub(crate) fn open_while<'a, T>(
        context: &mut Context<'a>,
        lock: Lock,
        work: impl FnOnce(&mut Context<'a>, &mut SetLoader) -> Result<T>,
    ) -> Result<(Self, T)> {
        let mut warnings = Vec::new();
        let (firewall, before, done) = Firewall::open_while(&mut warnings, |loader| work(context, loader))?;
        context.warnings.extend(warnings);
        Ok((Self { firewall, before, lock }, done))
    }

    /// True if the kernel already holds sets as `applied` describes them.
    fn holds(&self, applied: &Applied) -> bool {
        self.before.holds(|set| applied.entries(set))
    }

    /// Applies a new plan: loaded beside the old one, recorded, then swapped in.
    ///
    /// The record is written before the swap, so that a reboot in between brings the new plan, not the old one.
    fn apply(
        mut self,
        context: &mut Context<'_>,
        mut new: Applied,
        plan: &Plan,
        confirm: Option<&ConfirmWithin>,
    ) -> Result<Enforcement> {
        if let Some(failed) = self.before.failed_family() {
            return Err(failed);
        }
        let state = context.state.clone();
        let old = Applied::recorded(&state).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        for over in new.follow(old.as_ref()) {
            context.warn(WarningCode::PassExpired, format!("the pass of {over} is over"));
        }
        let passes = Passes::of(old.as_ref(), &new, &self.before);
        self.begin_counting_by(context, new.policy.action);
        let is_there = old.as_ref().is_some_and(|old| old.same_plan(&new)) && self.holds(&new);
        let prepared = if is_there {
            new.prepare(plan, &state)
        } else {
            self.load_and_prepare(&new, plan, &passes, &state)
        };
        let begun = prepared.and_then(|prepared| {
            let before = confirm.map(|confirm| trial::begin(context, &self.lock, confirm));
            Ok((prepared, before.transpose()?))
        });
        let (prepared, before) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                self.take_exempt_back(old.as_ref());
                return Err(error);
            }
        };
        let former = self.before.clone();
        let done =
            prepared.put_in_place().and_then(|()| self.put_in_force(context, &new, plan, is_there, &passes));
        done.map_err(|error| match self.go_back(&former, old.as_ref(), &state) {
            Ok(()) => {
                if let Some(before) = before {
                    trial::restore(context, before.as_ref()).unwrap_or_else(|error| log::warn!("{error}"));
                }
                error
            }
            Err(stuck) => {
                log::error!("cannot take back what was done before: {stuck}");
                error.with_hint(if confirm.is_some() {
                    "The new policy is in force, at least in part, and waits for its confirmation: without, the former one returns."
                } else {
                    "The new policy is in force, at least in part. Run `heal`: it does the rest."
                })
            }
        })
    }

    /// From the first step in the kernel to the last; the sets of `plan` are loaded, unless they are in force already.
    fn put_in_force(
        &mut self,
        context: &mut Context<'_>,
        new: &Applied,
        plan: &Plan,
        is_there: bool,
        passes: &Passes,
    ) -> Result<Enforcement> {
        let swapped = if is_there {
            self.complete(plan)
        } else {
            if self.must_relax(new) {
                self.relax(new)?;
            }
            self.firewall.put_in_force(plan)?;
            true
        };
        if is_there || passes.meanwhile != passes.after {
            passes.hold(&self.firewall, &passes.after)?;
        }
        self.finish(context, new, swapped || passes.changed, false)
    }

    /// Takes everything back, sets, rules, passes and record; nobody is dropped on the way who was not before.
    fn go_back(&mut self, former: &KernelSnapshot, old: Option<&Applied>, state: &StateDir) -> Result<()> {
        let found = self.firewall.look_at_rules(former)?;
        if Family::ALL.into_iter().all(|family| former.chain_spec(family) == found.chain_spec(family)) {
            self.firewall.take_back()?;
        } else {
            let judges = |family| Some(former.chain_spec(family)?.or(found.chain_spec(family)?));
            let (_, found) = self.firewall.commit_rules(found.clone(), judges, false)?;
            self.firewall.take_back()?;
            self.firewall.commit_rules(found, |family| former.chain_spec(family), false)?;
        }
        self.take_exempt_back(old);
        if let Some(old) = old {
            old.save_record(state)?;
            old.prune(state);
            Ok(())
        } else {
            Applied::forget(state)
        }
    }

    fn take_exempt_back(&self, old: Option<&Applied>) {
        let passes = match old {
            Some(old) => self.firewall.hold_exempt(&old.timed_members()),
            None => self.firewall.remove_exempt(),
        };
        passes.unwrap_or_else(|error| log::warn!("{error}"));
    }

    /// As [`Self::apply`], where the disk holds all that is to come, or will.
    fn bring_back(&mut self, context: &mut Context<'_>, former: &Applied, plan: &Plan) -> Result<()> {
        let recorded = Applied::recorded(&context.state).ok().flatten();
        let passes = Passes::of(recorded.as_ref(), former, &self.before);
        self.begin_counting_by(context, former.policy.action);
        let is_there = self.firewall.drifted_sets(&self.before, plan)?.is_empty();
        if !is_there {
            self.firewall.load(&Family::ALL, plan)?;
            passes.hold(&self.firewall, &passes.meanwhile)?;
        }
        self.put_in_force(context, former, plan, is_there, &passes).map(drop)
    }

    /// What was counted so far belongs to the action so far.
    fn begin_counting_by(&self, context: &mut Context<'_>, action: Action) {
        let judges = |family| self.before.chain_spec(family);
        if Family::ALL.into_iter().filter_map(judges).any(|judges| judges.action != action) {
            counting::collect(context, &self.firewall, &self.before)
                .unwrap_or_else(|error| log::warn!("what was counted is lost: {error}"));
        }
    }

    /// True if the rules of the new policy let in somebody whom those in force do not.
    fn must_relax(&self, new: &Applied) -> bool {
        let judges = |family| Some((self.before.chain_spec(family)?, new.chain_spec(family)));
        Family::ALL.into_iter().filter_map(judges).any(|(so_far, then)| so_far.or(then) != so_far)
    }

    /// Has the rules let in whomever the old or the new policy lets in: the new sets may hold whom the old ones do not
    /// and only the new rules let in, because they count, or ask for passes.
    fn relax(&mut self, new: &Applied) -> Result<()> {
        let before = self.before.clone();
        let judges = |family| Some(before.chain_spec(family)?.or(new.chain_spec(family)));
        (_, self.before) = self.firewall.commit_rules(before.clone(), judges, false)?;
        Ok(())
    }

    /// Loads the sets while plan and record go to the disk. Who passes before and after, by whatever set, passes from
    /// then on until the new policy is in force.
    fn load_and_prepare(
        &mut self,
        new: &Applied,
        plan: &Plan,
        passes: &Passes,
        state: &StateDir,
    ) -> Result<Prepared> {
        thread::scope(|scope| {
            let prepared = scope.spawn(|| new.prepare(plan, state));
            let loaded = self.firewall.load(&Family::ALL, plan);
            let loaded = loaded.and_then(|()| passes.hold(&self.firewall, &passes.meanwhile));
            let prepared = prepared.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            loaded.and(prepared)
        })
    }

    /// True if our chains are there.
    pub(crate) fn has_chains(&self) -> bool {
        self.before.has_chains()
    }

    /// Brings back chain and jump, and the sets that are not as their plan has them.
    pub(crate) fn attach(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: Option<&Plan>,
    ) -> Result<Enforcement> {
        let drifted = plan.map(|plan| self.firewall.drifted_sets(&self.before, plan));
        let drifted = drifted.transpose()?.unwrap_or_default();
        if let Some(plan) = plan.filter(|_| !drifted.is_empty()) {
            self.firewall.load_sets(drifted.iter().map(|drift| drift.set), plan)?;
            self.firewall.put_in_force(plan)?;
        }
        let completed = plan.is_some_and(|plan| self.complete(plan));
        let without_pass = self.restore_exempt(applied)?;
        let changed = !drifted.is_empty() || completed || !without_pass.is_empty();
        self.finish(context, applied, changed, true)
    }

    /// Brings back the passes that the kernel lacks; says which set that was.
    fn restore_exempt(&self, applied: &Applied) -> Result<Vec<Error>> {
        let timed_members = applied.timed_members();
        let mut problems = self.before.exempt_problems(&timed_members);
        problems.extend(self.firewall.foreign_exempt(&self.before, &applied.policy.passes)?);
        if !problems.is_empty() {
            self.firewall.hold_exempt(&timed_members)?;
        }
        Ok(problems)
    }

    /// Replaces the sets that drifted, then rewrites the chain and, with `attach`, moves the jump where these differ.
    ///
    /// Returns what was found wrong.
    pub(crate) fn heal(
        mut self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: &Plan,
        attach: bool,
    ) -> Result<(Vec<Error>, Enforcement)> {
        let drifted = self.firewall.drifted_sets(&self.before, plan)?;
        if !drifted.is_empty() {
            self.firewall.load_sets(drifted.iter().map(|drift| drift.set), plan)?;
            self.firewall.put_in_force(plan)?;
        }
        let completed = self.complete(plan);
        let is_left_alone = |problem: &Error| problem.code() == Code::FirewallNotAttached && !attach;
        let rules = self
            .before
            .rule_problems(|family| applied.chain_spec(family))
            .filter(|problem| !is_left_alone(problem));
        let problems: Vec<Error> = self.restore_exempt(applied)?.into_iter().chain(rules).collect();
        let swapped = !drifted.is_empty() || completed || !problems.is_empty();
        let found = drifted.into_iter().map(|drift| drift.problem).chain(problems).collect();
        Ok((found, self.finish(context, applied, swapped, attach)?))
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
        let chain_spec = |family| applied.chain_spec(family);
        let (committed, rules) =
            self.firewall.commit_rules(self.before.clone(), |family| Some(chain_spec(family)), attach)?;
        let cleaned = self.firewall.remove_leftover_sets();
        let changed = swapped || cleaned || committed;
        let after = if changed { self.firewall.look_at_sets(rules)? } else { rules };
        context.warnings.extend(after.warnings());
        applied.prune(&context.state);
        let attached = after.is_attached();
        let without_pass = after.exempt_problems(&applied.timed_members());
        let whole = after.holds(|set| applied.entries(set)) && after.matches_specs(chain_spec);
        if !whole || (attach && !attached) || !without_pass.is_empty() {
            let mut problems = after.problems(chain_spec, |set| applied.entries(set));
            problems.extend(without_pass);
            let messages: Vec<&str> = problems.iter().map(Error::message).collect();
            // SetBackend and chain are ours alone; INPUT is everybody's.
            let only_displaced = problems.iter().all(|problem| problem.code() == Code::FirewallNotAttached);
            let code = if only_displaced { Code::FirewallDisplaced } else { Code::FirewallUnverified };
            return Err(Error::new(code, messages.join("; ")));
        }
        if let Some(failed) = after.failed_family() {
            return Err(failed.with_hint("IPv4 is filtered as it should be. IPv6 is as it was: try again."));
        }
        Ok(Enforcement { sets: after.sets(), attached, changed })
    }
}

/// The passes on the way from one policy to the next.
struct Passes {
    /// Those of both policies, while one gives way to the other.
    meanwhile: Vec<TimedMember>,
    after: Vec<TimedMember>,
    /// True if the kernel holds others so far.
    changed: bool,
    /// True if there are none, before and after, and the kernel knows.
    are_none: bool,
}

impl Passes {
    fn of(old: Option<&Applied>, new: &Applied, kernel: &KernelSnapshot) -> Self {
        let (before, after) = (old.map(Applied::timed_members).unwrap_or_default(), new.timed_members());
        let meanwhile = TimedMember::longest(before.into_iter().chain(after.iter().copied()).collect());
        let same = old.is_some_and(|old| old.policy.passes == new.policy.passes);
        let changed = !same || !kernel.exempt_problems(&after).is_empty();
        let are_none = meanwhile.is_empty() && !changed;
        Self { meanwhile, after, changed, are_none }
    }

    /// Brings passes into the kernel; also those that it holds already, for it can count only so many of their seconds.
    fn hold(&self, firewall: &Firewall, timed_members: &[TimedMember]) -> Result<()> {
        if self.are_none { Ok(()) } else { firewall.hold_exempt(timed_members) }
    }
}
