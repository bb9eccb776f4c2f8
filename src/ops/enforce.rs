//! Makes the kernel hold a plan, step by step, so that at no step less is in force than before.

use std::time::Duration;

use super::Context;
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, Inspection};
use crate::plan::Plan;
use crate::protocol::Enforcement;
use crate::state::{Guarded, Lock};

/// How long to wait for another helper that is changing the firewall.
const PATIENCE: Duration = Duration::from_secs(5);

/// The firewall under its lock.
pub(super) struct Enforcer {
    firewall: Firewall,
    before: Inspection,
    _lock: Lock,
}

/// Waits for the firewall's lock. Policy and data are read under it, so that no helper applies what another has
/// replaced meanwhile.
pub(super) fn lock(context: &Context<'_>) -> Result<Lock> {
    context.state.lock(Guarded::Firewall, PATIENCE)
}

impl Enforcer {
    /// Reads what is in the kernel.
    pub(super) fn open(context: &mut Context<'_>, lock: Lock) -> Result<Self> {
        let (firewall, before) = Firewall::open(&mut context.warnings)?;
        Ok(Self { firewall, before, _lock: lock })
    }

    /// True if the kernel already holds sets as `applied` describes them.
    pub(super) fn holds(&self, applied: &Applied) -> bool {
        self.before.holds(|set| applied.entries(set))
    }

    /// Applies a new plan: loaded beside the old one, recorded, then swapped in.
    ///
    /// The record is written before the swap, so that a reboot in between brings the new plan, not the old one.
    pub(super) fn apply(self, context: &mut Context<'_>, new: &Applied, plan: &Plan) -> Result<Enforcement> {
        let old = Applied::load(&context.state).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        if old.as_ref().is_some_and(|old| old.same_plan(new)) && self.holds(new) {
            new.save(plan, &context.state)?;
            return self.finish(context, new, false, false);
        }
        self.firewall.load(plan, &self.before)?;
        new.save(plan, &context.state)?;
        if let Err(error) = self.firewall.swap_in(&self.before) {
            match old {
                Some(old) => old.save_record(&context.state)?,
                None => Applied::forget(&context.state)?,
            }
            return Err(error);
        }
        new.prune(&context.state);
        self.finish(context, new, true, false)
    }

    /// Brings back chain and jump, and the sets if their plan is given.
    pub(super) fn attach(
        self,
        context: &mut Context<'_>,
        applied: &Applied,
        plan: Option<&Plan>,
    ) -> Result<Enforcement> {
        if let Some(plan) = plan {
            self.firewall.load(plan, &self.before)?;
            self.firewall.swap_in(&self.before)?;
        }
        self.finish(context, applied, plan.is_some(), true)
    }

    /// Rules last, when the sets they name are whole; then reads everything back.
    fn finish(
        self,
        context: &mut Context<'_>,
        applied: &Applied,
        swapped: bool,
        attach: bool,
    ) -> Result<Enforcement> {
        let committed = self.firewall.commit_rules(&self.before, attach)?;
        let cleaned = self.firewall.remove_legacy_sets(&self.before)?;
        let changed = swapped || committed || cleaned;
        let after = if changed { self.firewall.inspect()? } else { self.before };
        context.warnings.extend(after.warnings());
        let attached = after.is_attached();
        if !after.holds(|set| applied.entries(set)) || (attach && !attached) {
            let found = after.problems(|set| applied.entries(set));
            let found: Vec<&str> = found.iter().map(Error::message).collect();
            return Err(Error::new(Code::FirewallUnverified, found.join("; ")));
        }
        Ok(Enforcement { sets: after.sets(), attached, changed })
    }
}
