//! Compares the kernel with the applied policy, for operations that only report.

use super::lock::FirewallLock;
use super::plan_at_hand::plan_unusable;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, KernelSnapshot, Opening};
use crate::records::{Applied, InForce, plan_files};

/// The result of a comparison.
pub(crate) struct DriftReport {
    pub(crate) applied: Option<Applied>,
    pub(crate) kernel: Option<(Firewall, KernelSnapshot)>,
    /// The reasons why the applied policy is not in force.
    pub(crate) problems: Vec<Error>,
}

impl DriftReport {
    /// Compares every entry of every set. The caller holds the firewall lock.
    pub(crate) fn exact(context: &mut Context<'_>, _: &FirewallLock) -> Self {
        compare(context, exact_problems)
    }

    /// Compares only the number of entries of each set.
    pub(crate) fn by_numbers(context: &mut Context<'_>) -> Self {
        compare(context, |_, applied, _, kernel| Ok(numbers_off(applied, kernel)))
    }

    /// The content of the kernel.
    pub(crate) fn snapshot(&self) -> Option<&KernelSnapshot> {
        self.kernel.as_ref().map(|(_, snapshot)| snapshot)
    }
}

type ProblemsOf = fn(&Context<'_>, &Applied, &Firewall, &KernelSnapshot) -> Result<Vec<Error>>;

fn compare(context: &mut Context<'_>, problems_of: ProblemsOf) -> DriftReport {
    let mut problems = Vec::new();
    let wanted =
        InForce::load(&context.state).and_then(|in_force| Ok(in_force.wanted(&*context.clock)?.cloned()));
    let applied = wanted.unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let opened = Opening::wait(&context.kernel, &mut context.warnings);
    let kernel = opened.map_err(|error| problems.push(error)).ok();
    match (&applied, &kernel) {
        (Some(applied), Some((firewall, kernel))) => {
            let found = problems_of(context, applied, firewall, kernel);
            problems.extend(found.unwrap_or_else(|error| vec![error]));
            problems.extend(kernel.exempt_problems(&applied.timed_members(context.now())));
            problems.extend(kernel.lost_family());
            context.warnings.extend(kernel.warnings());
        }
        (None, _) => problems.push(Error::new(Code::PolicyNone, "no policy is applied")),
        (Some(_), None) => {}
    }
    DriftReport { applied, kernel, problems }
}

fn exact_problems(
    context: &Context<'_>,
    applied: &Applied,
    firewall: &Firewall,
    kernel: &KernelSnapshot,
) -> Result<Vec<Error>> {
    let plan = match plan_files::load(applied, &context.state) {
        Ok(plan) => plan,
        Err(damage) => {
            let off = numbers_off(applied, kernel);
            return Ok([plan_unusable(&damage)].into_iter().chain(off).collect());
        }
    };
    let drifted = firewall.drifted_sets(kernel, &plan)?;
    let rules = kernel.rule_problems(|family| applied.chain_spec(family));
    Ok(drifted.into_iter().map(|drift| drift.problem).chain(rules).collect())
}

fn numbers_off(applied: &Applied, kernel: &KernelSnapshot) -> Vec<Error> {
    kernel.problems(|family| applied.chain_spec(family), |set| applied.entries(set))
}
