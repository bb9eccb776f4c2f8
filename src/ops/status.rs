//! `status`: what is in force, read from the kernel, and what lies on disk.

use super::compare::{self, Comparison};
use super::{Context, change, subnet_counts};
use crate::VERSION;
use crate::certificates;
use crate::error::{Code, Result};
use crate::firewall::Inspection;
use crate::health::Healed;
use crate::net::Family;
use crate::plan::KernelSet;
use crate::protocol::{AppliedData, DatabaseData, FamilyCounts, Problem, StatusData, StatusRequest};
use crate::source::SourceId;
use crate::warning::WarningCode;

/// Compares the kernel with the applied policy, exactly unless a quick look is asked for or another helper is changing
/// the firewall. Whatever is wrong is told as a problem, not as an error.
///
/// # Errors
/// None of its own.
pub fn status(context: &mut Context<'_>, request: &StatusRequest) -> Result<StatusData> {
    let change = change::settled(context);
    let exact = if request.quick { None } else { compare::exactly(context).ok() };
    let is_exact = exact.is_some();
    let comparison = exact.unwrap_or_else(|| compare::by_numbers(context));
    let (attached, sets) =
        comparison.inspection().map_or_else(Default::default, |kernel| (kernel.is_attached(), kernel.sets()));
    let is_open = comparison.inspection().is_some_and(Inspection::is_open_for_certificates);
    context.warnings.extend(certificates::warning(&context.state, is_open));
    let Comparison { applied, mut problems, .. } = comparison;
    let change = change.unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    Ok(StatusData {
        helper: VERSION.to_owned(),
        active: problems.is_empty(),
        exact: is_exact,
        attached,
        sets,
        applied: applied.map(|applied| AppliedData {
            entries: FamilyCounts {
                v4: KernelSet::count_entries(Family::V4, |set| applied.entries(set)),
                v6: KernelSet::count_entries(Family::V6, |set| applied.entries(set)),
            },
            source: applied.source,
            policy: applied.policy_now(),
            applied_at: applied.applied_at,
        }),
        change,
        databases: databases(context),
        healed: Healed::load(&context.state),
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
