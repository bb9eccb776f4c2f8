//! `status`: reports what is in force in the kernel, and what data is on disk.

use std::fmt::Write;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::countries::CountryTally;
use super::operation::yes;
use super::parts::change_data::ChangeData;
use super::parts::database_data::DatabaseData;
use super::parts::family_counts::FamilyCounts;
use super::parts::text::{drift_lines, set_lines};
use super::{Operation, Text};
use crate::VERSION;
use crate::context::Context;
use crate::dataset::SourceId;
use crate::enforcement::drift_report::DriftReport;
use crate::enforcement::{FirewallLock, rollback};
use crate::error::{Code, Result};
use crate::firewall::{KernelSnapshot, SetData};
use crate::net::Family;
use crate::plan::{self, Mode, Policy, SetId, Unknown};
use crate::protocol::{Problem, Version};
use crate::records::drift::Healed;
use crate::records::editions::CheckedEditions;
use crate::records::{Applied, certificates};
use crate::warning::WarningCode;

/// Report what is in force, as read from the kernel and the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusRequest {
    /// The protocol version.
    pub v: Version,
    /// Compare only the number of entries, not the entries.
    #[serde(default)]
    pub quick: bool,
    /// The policy that should be in force: is it?
    #[serde(default)]
    pub policy: Option<Policy>,
    /// The source that it should rest on; any if left out.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Whether INPUT is to lead into the chain; if not, that it does not is no problem.
    #[serde(default = "yes")]
    pub attach: bool,
}

/// Data of `status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusData {
    /// Version and commit of the helper.
    pub helper: String,
    /// True if the applied policy is in force: sets, chains and jump are correct, and the policy drops or counts
    /// somebody.
    pub active: bool,
    /// True if every entry of every set was compared; false if only their numbers were.
    pub exact: bool,
    /// True if new connections go through the filter now.
    pub attached: bool,
    /// Our sets in the kernel.
    pub sets: Vec<SetData>,
    /// The applied policy; null if there is none.
    pub applied: Option<AppliedData>,
    /// True if the applied policy is that of the request, exceptions that are over left out; null without one, or if
    /// nothing is applied.
    pub is_applied: Option<bool>,
    /// The last change that needed a confirmation; null if there was none.
    pub change: Option<ChangeData>,
    /// The compiled data on disk.
    pub databases: Vec<DatabaseData>,
    /// How many countries the policy of the request drops or counts; null without one.
    pub countries: Option<CountryTally>,
    /// The last repair; null if there was none.
    pub healed: Option<Healed>,
    /// The reasons why the policy is not in force.
    pub problems: Vec<Problem>,
}

/// The policy that the kernel should enforce.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppliedData {
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// Number of entries that the sets should have.
    pub entries: FamilyCounts,
}

#[derive(Debug, Args)]
pub struct StatusFlags {
    /// Compare only the number of entries, not the entries.
    #[arg(long)]
    quick: bool,
}

impl Operation for StatusRequest {
    type Flags = StatusFlags;
    type Data = StatusData;

    fn from_flags(StatusFlags { quick }: StatusFlags) -> Result<Self> {
        Ok(Self { v: Version, quick, policy: None, source: None, attach: true })
    }

    /// Compares the kernel with the applied policy, entry by entry, unless `quick` is set or another helper is changing
    /// the firewall. Everything that is wrong is reported as a problem, not as an error.
    ///
    /// # Errors
    /// None.
    fn run(&self, context: &mut Context<'_>) -> Result<StatusData> {
        let change = rollback::settled(context);
        let exact = if self.quick { None } else { exact_report(context) };
        let is_exact = exact.is_some();
        let report = exact.unwrap_or_else(|| DriftReport::by_numbers(context));
        let (attached, sets) =
            report.snapshot().map_or_else(Default::default, |kernel| (kernel.is_attached(), kernel.sets()));
        let is_open = report.snapshot().is_some_and(KernelSnapshot::is_open_for_certificates);
        let stays_open = certificates::problem(&context.state, is_open, &context.clock.since_boot());
        let DriftReport { applied, mut problems, .. } = report;
        problems.extend(stays_open);
        if let Some(applied) = &applied {
            problems.extend(plan::shortfalls(&applied.policy_now(context.now()), |set| applied.entries(set)));
            warn_of_the_unknown(context, applied);
        }
        let change = change.unwrap_or_else(|error| {
            problems.push(error);
            None
        });
        let compared = self.policy.as_ref().zip(applied.as_ref());
        let is_applied = compared.map(|(wanted, applied)| self.is_applied(wanted, applied, context));
        problems.retain(|problem| self.attach || problem.code() != Code::FirewallNotAttached);
        let in_use = applied.as_ref().map(|applied| applied.source);
        let databases = databases(context, in_use);
        let countries = self.policy.as_ref().map(|wanted| tally(context, wanted, self.source.or(in_use)));
        Ok(StatusData {
            helper: VERSION.to_owned(),
            active: problems.is_empty(),
            exact: is_exact,
            attached,
            sets,
            applied: applied.map(|applied| AppliedData::of(applied, context)),
            is_applied,
            change: change.map(|trial| ChangeData::of(&trial, &*context.clock)),
            databases,
            countries,
            healed: Healed::load(&context.state),
            problems: problems.iter().map(Problem::from).collect(),
        })
    }
}

impl StatusRequest {
    fn is_applied(&self, wanted: &Policy, applied: &Applied, context: &Context<'_>) -> bool {
        let now = context.now();
        self.source.is_none_or(|source| source == applied.source)
            && wanted.clone().at(now).is_same_as(&applied.policy_now(now))
    }
}

impl AppliedData {
    fn of(applied: Applied, context: &Context<'_>) -> Self {
        let entries = |family| SetId::count_entries(family, |set| applied.entries(set));
        Self {
            entries: FamilyCounts { v4: entries(Family::V4), v6: entries(Family::V6) },
            source: applied.source,
            policy: applied.policy_now(context.now()),
            applied_at: applied.applied_at,
        }
    }
}

fn tally(context: &Context<'_>, policy: &Policy, source: Option<SourceId>) -> CountryTally {
    let metadata = source.and_then(|source| context.store().load_metadata(source).ok());
    let held = metadata.into_iter().flat_map(|metadata| metadata.statistics.into_keys());
    CountryTally::of(policy, held)
}

/// `None` while another helper is changing the firewall.
fn exact_report(context: &mut Context<'_>) -> Option<DriftReport> {
    let lock = FirewallLock::take(context).ok()?;
    rollback::settle(context, &lock);
    Some(DriftReport::exact(context, &lock))
}

/// Warns about addresses that no country holds. Opens the database only if there can be something to report.
fn warn_of_the_unknown(context: &mut Context<'_>, applied: &Applied) {
    let policy = applied.policy_now(context.now());
    let is_unambiguous =
        policy.mode == Mode::Allow || policy.blocks_all() == (policy.unknown == Unknown::Drop);
    if is_unambiguous {
        return;
    }
    let database = context.store().open(applied.source);
    match database.and_then(|database| plan::on_the_unknown(&policy, &database)) {
        Ok(warning) => context.warnings.extend(warning),
        Err(error) => log::warn!("{error}"),
    }
}

/// The databases on disk. Missing families are reported only for data that is in use.
fn databases(context: &mut Context<'_>, in_use: Option<SourceId>) -> Vec<DatabaseData> {
    let mut found = Vec::new();
    let (checked, now) = (CheckedEditions::load(&context.state), context.now());
    for source in SourceId::ALL {
        match context.store().load_metadata(source) {
            Ok(metadata) => {
                if in_use.is_none_or(|in_use| in_use == source) {
                    context.warn_of_missing_families(&metadata);
                }
                let is_used = in_use == Some(source);
                found.push(DatabaseData::of(metadata, checked.of(source, now), is_used, now));
            }
            Err(error) if error.code() == Code::DatabaseMissing => {}
            Err(error) => context.warn(WarningCode::DatabaseUnusable, error.message()),
        }
    }
    found
}

impl Text for StatusData {
    fn text(&self) -> String {
        let mut text = format!("{}\n", if self.active { "active" } else { "not active" });
        for problem in &self.problems {
            let _ = writeln!(text, "problem: {} [{}]; {}", problem.message, problem.code, problem.hint);
        }
        if let Some(healed) = &self.healed {
            text += &drift_lines(&format!("repaired {}", healed.healed_at), &healed.repaired);
        }
        if let Some(applied) = &self.applied {
            let mode = format!("{:?}", applied.policy.mode).to_lowercase();
            let codes: Vec<String> = applied.policy.countries.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "policy: {mode} {} by {}", codes.join(" "), applied.source);
        }
        text += &self.change.as_ref().map(Text::text).unwrap_or_default();
        text += &set_lines(&self.sets);
        for database in &self.databases {
            let release = database.release.as_deref().unwrap_or("of unknown date");
            let _ = writeln!(
                text,
                "{} {release}: {} countries, {}",
                database.source, database.countries, database.subnets
            );
        }
        text
    }
}
