//! `status`: what is in force, read from the kernel, and what lies on disk.

use super::subnet_counts;
use crate::VERSION;
use crate::context::Context;
use crate::enforcement::drift_report::Comparison;
use crate::enforcement::{drift_report, trial};
use crate::error::{Code, Result};
use crate::firewall::KernelSnapshot;
use crate::net::Family;
use crate::plan::{self, Mode, SetId, Unknown};
use crate::protocol::{AppliedData, DatabaseData, FamilyCounts, Problem, StatusData, StatusRequest};
use crate::records::Applied;
use crate::records::certificates;
use crate::records::drift::Healed;
use crate::source::SourceId;
use crate::warning::WarningCode;

/// Compares the kernel with the applied policy, exactly unless a quick look is asked for or another helper is changing
/// the firewall. Whatever is wrong is told as a problem, not as an error.
///
/// # Errors
/// None of its own.
pub fn status(context: &mut Context<'_>, request: &StatusRequest) -> Result<StatusData> {
    let change = trial::settled(context);
    let exact = if request.quick { None } else { drift_report::exactly(context).ok() };
    let is_exact = exact.is_some();
    let comparison = exact.unwrap_or_else(|| drift_report::by_numbers(context));
    let (attached, sets) =
        comparison.snapshot().map_or_else(Default::default, |kernel| (kernel.is_attached(), kernel.sets()));
    let is_open = comparison.snapshot().is_some_and(KernelSnapshot::is_open_for_certificates);
    context.warnings.extend(certificates::warning(&context.state, is_open));
    let Comparison { applied, mut problems, .. } = comparison;
    if let Some(applied) = &applied {
        problems.extend(plan::shortfalls(&applied.policy_now(), |set| applied.entries(set)));
        warn_of_the_unknown(context, applied);
    }
    let change = change.unwrap_or_else(|error| {
        problems.push(error);
        None
    });
    let databases = databases(context, applied.as_ref().map(|applied| applied.source));
    Ok(StatusData {
        helper: VERSION.to_owned(),
        active: problems.is_empty(),
        exact: is_exact,
        attached,
        sets,
        applied: applied.map(|applied| AppliedData {
            entries: FamilyCounts {
                v4: SetId::count_entries(Family::V4, |set| applied.entries(set)),
                v6: SetId::count_entries(Family::V6, |set| applied.entries(set)),
            },
            source: applied.source,
            policy: applied.policy_now(),
            applied_at: applied.applied_at,
        }),
        change,
        databases,
        healed: Healed::load(&context.state),
        problems: problems.iter().map(Problem::from).collect(),
    })
}

/// Reads the data only where there is something to say of it.
fn warn_of_the_unknown(context: &mut Context<'_>, applied: &Applied) {
    let policy = applied.policy_now();
    let is_as_it_sounds =
        policy.mode == Mode::Allow || policy.blocks_all() == (policy.unknown == Unknown::Drop);
    if is_as_it_sounds {
        return;
    }
    let database = context.store().open(applied.source);
    match database.and_then(|database| plan::on_the_unknown(&policy, &database)) {
        Ok(warning) => context.warnings.extend(warning),
        Err(error) => log::warn!("{error}"),
    }
}

/// What lies on disk. Data that nothing rests on may lack a family without a word.
fn databases(context: &mut Context<'_>, in_use: Option<SourceId>) -> Vec<DatabaseData> {
    let mut found = Vec::new();
    for source in SourceId::all() {
        match context.store().load_metadata(source) {
            Ok(metadata) => {
                if in_use.is_none_or(|in_use| in_use == source) {
                    context.warn_of_missing_families(&metadata);
                }
                found.push(DatabaseData {
                    source,
                    release: metadata.release().map(str::to_owned),
                    subnets: subnet_counts(&metadata),
                    countries: metadata.census.len(),
                    compiled_at: metadata.compiled_at,
                    licence: source.source().licence().to_owned(),
                });
            }
            Err(error) if error.code() == Code::DatabaseMissing => {}
            Err(error) => context.warn(WarningCode::DatabaseUnusable, error.message()),
        }
    }
    found
}
