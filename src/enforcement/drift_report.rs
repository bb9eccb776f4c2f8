//! The comparison of the kernel with the applied policy, for whoever only looks.

use super::enforcer;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, KernelSnapshot};
use crate::records::Applied;
use crate::storage::Lock;

/// What was found, and what is wrong with it.
pub(crate) struct Comparison {
    pub(crate) applied: Option<Applied>,
    pub(crate) kernel: Option<(Firewall, KernelSnapshot)>,
    /// What keeps the applied policy from being in force.
    pub(crate) problems: Vec<Error>,
    /// Nobody changes the kernel as long as this is held.
    _lock: Option<Lock>,
}

impl Comparison {
    /// What was found in the kernel.
    pub(crate) fn snapshot(&self) -> Option<&KernelSnapshot> {
        self.kernel.as_ref().map(|(_, snapshot)| snapshot)
    }
}

/// Compares every member of every set, under the firewall's lock, which stays with the result.
///
/// # Errors
/// `state.busy`, and `state.io` where the lock cannot be taken.
pub(crate) fn exactly(context: &mut Context<'_>) -> Result<Comparison> {
    let lock = enforcer::lock(context)?;
    Ok(compare(context, Some(lock), exact_problems))
}

/// Compares the numbers of entries.
pub(crate) fn by_numbers(context: &mut Context<'_>) -> Comparison {
    compare(context, None, |_, applied, _, kernel| Ok(numbers_off(applied, kernel)))
}

fn compare(
    context: &mut Context<'_>,
    lock: Option<Lock>,
    problems_of: impl FnOnce(&Context<'_>, &Applied, &Firewall, &KernelSnapshot) -> Result<Vec<Error>>,
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
            problems.extend(kernel.exempt_problems(&applied.timed_members()));
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
    kernel: &KernelSnapshot,
) -> Result<Vec<Error>> {
    let plan = match applied.load_plan(&context.state) {
        Ok(plan) => plan,
        Err(damage) => {
            let off = numbers_off(applied, kernel);
            return Ok([enforcer::plan_unusable(&damage)].into_iter().chain(off).collect());
        }
    };
    let drifted = firewall.drifted_sets(kernel, &plan)?;
    let rules = kernel.rule_problems(|family| applied.chain_spec(family));
    Ok(drifted.into_iter().map(|drift| drift.problem).chain(rules).collect())
}

fn numbers_off(applied: &Applied, kernel: &KernelSnapshot) -> Vec<Error> {
    kernel.problems(|family| applied.chain_spec(family), |set| applied.entries(set))
}
