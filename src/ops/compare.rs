//! The comparison of the kernel with the applied policy, for whoever only looks.

use super::{Context, enforce};
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, Inspection};
use crate::state::Lock;

/// What was found, and what is wrong with it.
pub(super) struct Comparison {
    pub(super) applied: Option<Applied>,
    pub(super) kernel: Option<(Firewall, Inspection)>,
    /// What keeps the applied policy from being in force.
    pub(super) problems: Vec<Error>,
    /// Nobody changes the kernel as long as this is held.
    _lock: Option<Lock>,
}

impl Comparison {
    /// What was found in the kernel.
    pub(super) fn inspection(&self) -> Option<&Inspection> {
        self.kernel.as_ref().map(|(_, inspection)| inspection)
    }
}

/// Compares every member of every set, under the firewall's lock, which stays with the result.
///
/// # Errors
/// `state.busy`, and `state.io` where the lock cannot be taken.
pub(super) fn exactly(context: &mut Context<'_>) -> Result<Comparison> {
    let lock = enforce::lock(context)?;
    Ok(compare(context, Some(lock), exact_problems))
}

/// Compares the numbers of entries.
pub(super) fn by_numbers(context: &mut Context<'_>) -> Comparison {
    compare(context, None, |_, applied, _, kernel| Ok(numbers_off(applied, kernel)))
}

fn compare(
    context: &mut Context<'_>,
    lock: Option<Lock>,
    problems_of: impl FnOnce(&Context<'_>, &Applied, &Firewall, &Inspection) -> Result<Vec<Error>>,
) -> Comparison {
    let mut problems = Vec::new();
    let applied = Applied::load(&context.state).unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let kernel = Firewall::open(&mut context.warnings).map_err(|error| problems.push(error)).ok();
    match (&applied, &kernel) {
        (Some(applied), Some((firewall, kernel))) => {
            let found = problems_of(context, applied, firewall, kernel);
            problems.extend(found.unwrap_or_else(|error| vec![error]));
            problems.extend(kernel.pass_problems(&applied.leases()));
            problems.extend(kernel.lost_family());
            context.warnings.extend(kernel.warnings());
        }
        (None, _) => problems.push(Error::new(Code::PolicyNone, "no policy is applied")),
        (Some(_), None) => {}
    }
    Comparison { applied, kernel, problems, _lock: lock }
}

fn exact_problems(
    context: &Context<'_>,
    applied: &Applied,
    firewall: &Firewall,
    kernel: &Inspection,
) -> Result<Vec<Error>> {
    let plan = match applied.load_plan(&context.state) {
        Ok(plan) => plan,
        Err(damage) => {
            let off = numbers_off(applied, kernel);
            return Ok([enforce::plan_unusable(&damage)].into_iter().chain(off).collect());
        }
    };
    let drifted = firewall.drifted_sets(kernel, &plan)?;
    let rules = kernel.rule_problems(|family| applied.judgement(family));
    Ok(drifted.into_iter().map(|drift| drift.problem).chain(rules).collect())
}

fn numbers_off(applied: &Applied, kernel: &Inspection) -> Vec<Error> {
    kernel.problems(|family| applied.judgement(family), |set| applied.entries(set))
}
