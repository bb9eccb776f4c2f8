//! `status`: what is in force, read from the kernel, and what lies on disk.

use super::{Context, change, subnet_counts};
use crate::VERSION;
use crate::applied::Applied;
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, Inspection};
use crate::plan::KernelSet;
use crate::protocol::{AppliedData, DatabaseData, FamilyCounts, Problem, StatusData, StatusRequest};
use crate::source::SourceId;
use crate::warning::WarningCode;

/// Compares the kernel with the applied policy. Whatever is missing is told as a problem, not as an error.
///
/// # Errors
/// None of its own.
pub fn status(context: &mut Context<'_>, _: &StatusRequest) -> Result<StatusData> {
    let mut problems: Vec<Error> = Vec::new();
    let change = change::settled(context).unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let applied = Applied::load(&context.state).unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let kernel = Firewall::open(&mut context.warnings).map(|(_, inspection)| inspection);
    let kernel = kernel.map_err(|error| problems.push(error)).ok();
    match (&applied, &kernel) {
        (Some(applied), Some(kernel)) => {
            problems.extend(kernel.problems(|set| applied.entries(set)));
            problems.extend(kernel.pass_problems(&applied.leases()));
            context.warnings.extend(kernel.warnings());
        }
        (None, _) => problems.push(Error::new(Code::PolicyNone, "no policy is applied")),
        (Some(_), None) => {}
    }
    Ok(StatusData {
        helper: VERSION.to_owned(),
        active: problems.is_empty(),
        attached: kernel.as_ref().is_some_and(Inspection::is_attached),
        sets: kernel.map_or_else(Vec::new, |kernel| kernel.sets()),
        applied: applied.map(|applied| AppliedData {
            entries: FamilyCounts {
                v4: applied.entries(KernelSet::BlockedV4),
                v6: applied.entries(KernelSet::BlockedV6),
            },
            source: applied.source,
            policy: applied.policy_now(),
            applied_at: applied.applied_at,
        }),
        change,
        databases: databases(context),
        problems: problems.iter().map(Problem::from).collect(),
    })
}

fn databases(context: &mut Context<'_>) -> Vec<DatabaseData> {
    let mut found = Vec::new();
    for source in SourceId::all() {
        match context.store().load_metadata(source) {
            Ok(metadata) => found.push(DatabaseData {
                source,
                release: metadata.release().map(str::to_owned),
                subnets: subnet_counts(&metadata),
                countries: metadata.census.len(),
                compiled_at: metadata.compiled_at,
                licence: source.source().licence().to_owned(),
            }),
            Err(error) if error.code() == Code::DatabaseMissing => {}
            Err(error) => context.warn(WarningCode::DatabaseUnusable, error.message()),
        }
    }
    found
}
