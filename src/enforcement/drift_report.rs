//! Compares the kernel with the applied policy, for operations that only report.

use super::exempt;
use super::lock::FirewallLock;
use super::plan_at_hand::plan_unusable;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, KernelSnapshot, Opening};
use crate::records::drift::{self, Component};
use crate::records::{Applied, plan_files};

/// The result of a comparison.
pub(crate) struct DriftReport {
    pub(crate) applied: Option<Applied>,
    pub(crate) kernel: Option<(Firewall, KernelSnapshot)>,
    /// The reasons why the applied policy is not in force.
    pub(crate) problems: Vec<Error>,
}

impl DriftReport {
    /// Compares every entry of every set, and records what a quick comparison does not see. The caller holds the
    /// firewall lock.
    pub(crate) fn exact(context: &mut Context<'_>, _: &FirewallLock) -> Self {
        compare(context, exact_problems)
    }

    /// Compares only the number of entries of each set. What the last full comparison found still counts.
    pub(crate) fn by_numbers(context: &mut Context<'_>) -> Self {
        compare(context, |context, applied, _, kernel| Ok(quick_problems(context, applied, kernel)))
    }

    /// The content of the kernel.
    pub(crate) fn snapshot(&self) -> Option<&KernelSnapshot> {
        self.kernel.as_ref().map(|(_, snapshot)| snapshot)
    }
}

type ProblemsOf = fn(&Context<'_>, &Applied, &Firewall, &KernelSnapshot) -> Result<Vec<Error>>;

fn compare(context: &mut Context<'_>, problems_of: ProblemsOf) -> DriftReport {
    let mut problems = Vec::new();
    let applied = context.wanted().unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let opened = Opening::wait(&context.kernel, &mut context.warnings);
    let kernel = opened.map_err(|error| problems.push(error)).ok();
    match (&applied, &kernel) {
        (Some(applied), Some((firewall, kernel))) => {
            let found = problems_of(context, applied, firewall, kernel);
            problems.extend(found.unwrap_or_else(|error| vec![error]));
            problems.extend(kernel.exempt_problems(&exempt::members(context, applied)));
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
            let unusable = [plan_unusable(&damage)];
            note_found(context, applied, &unusable);
            return Ok(unusable.into_iter().chain(numbers_off(applied, kernel)).collect());
        }
    };
    let drifted = firewall.drifted_sets(kernel, &plan)?;
    let mut problems: Vec<Error> = drifted.into_iter().map(|drift| drift.problem).collect();
    note_found(context, applied, &problems);
    problems.extend(kernel.rule_problems(|family| applied.chain_spec(family)));
    Ok(problems)
}

fn quick_problems(context: &Context<'_>, applied: &Applied, kernel: &KernelSnapshot) -> Vec<Error> {
    let off = numbers_off(applied, kernel);
    let component = |problem: &Error| Component::of(problem.code());
    let mut problems = drift::found(&context.state, applied.digest());
    problems.retain(|found| !off.iter().any(|seen| component(seen) == component(found)));
    problems.extend(off);
    problems
}

fn note_found(context: &Context<'_>, applied: &Applied, problems: &[Error]) {
    drift::note_found(&context.state, applied.digest(), problems)
        .unwrap_or_else(|error| log::warn!("{error}"));
}

fn numbers_off(applied: &Applied, kernel: &KernelSnapshot) -> Vec<Error> {
    kernel.problems(|family| applied.chain_spec(family), |set| applied.entries(set))
}
