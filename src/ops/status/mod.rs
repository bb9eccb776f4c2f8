//! `status`: reports what is in force in the kernel, and what data is on disk.

mod data;
mod filter_state;

use std::net::IpAddr;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::Operation;
use super::countries::CountryTally;
use super::operation::yes;
use super::parts::answers::{AddressData, answer};
use super::parts::asked::Asked;
use super::parts::change_data::ChangeData;
use super::parts::database_data::DatabaseData;
use super::parts::passing::PassingData;
use super::parts::reach::{self, Rules};
use crate::VERSION;
use crate::asn::ChosenNetworks;
use crate::blocklist::NamedLists;
use crate::context::Context;
use crate::dataset::SourceId;
use crate::enforcement::drift_report::DriftReport;
use crate::enforcement::{FirewallLock, passing, rollback};
use crate::error::{Code, Error, Result};
use crate::firewall::{Firewall, KernelSnapshot};
use crate::net::Family;
use crate::plan::{self, Action, Judge, Mode, Policy, Unknown};
use crate::protocol::{Problem, Version};
use crate::records::drift::Healed;
use crate::records::editions::CheckedEditions;
use crate::records::{Applied, certificates};
use crate::source;
use crate::warning::{Warning, WarningCode};
use data::{AppliedData, StatusData};
pub(super) use filter_state::FilterState;

/// Report what is in force, as read from the kernel and the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusRequest {
    /// The protocol version.
    pub v: Version,
    /// Compare only the number of entries, not the entries. Entries that the last full comparison found wrong are still
    /// reported.
    #[serde(default)]
    pub quick: bool,
    /// The policy that should be in force: is it?
    #[serde(default)]
    pub policy: Option<Policy>,
    /// The source that it should rest on, or that another stands in for; any if left out.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Whether INPUT is to lead into the chain; if not, that it does not is no problem.
    #[serde(default = "yes")]
    pub attach: bool,
    /// Addresses and connections for which to report the verdict of what is in force.
    #[serde(default)]
    pub addresses: Vec<Asked>,
    /// Whether the rules in the kernel count for `addresses`; if not, the policy alone decides.
    #[serde(default = "yes")]
    pub rules: bool,
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
        let (policy, source, addresses) = (None, None, Vec::new());
        Ok(Self { v: Version, quick, policy, source, attach: true, addresses, rules: true })
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
        let DriftReport { applied, kernel, mut problems } = report;
        problems.extend(stays_open);
        let policy = applied.as_ref().map(|applied| applied.policy_now(context.now()));
        if let Some((applied, policy)) = applied.as_ref().zip(policy.as_ref()) {
            problems.extend(plan::shortfalls(policy, |set| applied.entries(set)));
            warn_of_the_unknown(context, applied.source, policy);
            context.warnings.extend(plan::on_admin(policy));
        }
        let change = change.unwrap_or_else(|error| {
            problems.push(error);
            None
        });
        problems.retain(|problem| self.attach || problem.code() != Code::FirewallNotAttached);
        let is_applied = self.compare(applied.as_ref(), context, &mut problems);
        let judge = policy.as_ref().map(|policy| {
            let passing = passing::addresses(context, policy);
            let asked: Vec<IpAddr> = self.addresses.iter().copied().map(Asked::address).collect();
            context.usable_judge_of(policy, &asked).with_passing(passing)
        });
        let passing = policy.as_ref().map(|policy| PassingData::of(context, policy)).unwrap_or_default();
        let source = applied.as_ref().map_or(SourceId::Dbip, |applied| applied.source);
        let addresses = self.verdicts(context, source, judge.as_ref(), kernel);
        let action = applied.as_ref().map(|applied| applied.policy.action);
        let stand_in = applied
            .as_ref()
            .and_then(|applied| applied.stand_in_for(self.source.unwrap_or(applied.wanted_source())));
        let in_use = applied.as_ref().map(|applied| applied.source);
        let databases = databases(context, in_use);
        let sources = self.source.into_iter().chain(in_use);
        let countries = self.policy.as_ref().map(|wanted| tally(context, wanted, sources));
        Ok(StatusData {
            helper: VERSION.to_owned(),
            state: FilterState::of(attached, action, &problems),
            active: problems.is_empty(),
            learning: attached && action == Some(Action::Count),
            exact: is_exact,
            attached,
            sets,
            applied: applied.map(|applied| AppliedData::of(applied, context)),
            is_applied,
            stand_in,
            change: change.map(|trial| ChangeData::of(&trial, &*context.clock)),
            passing,
            databases,
            countries,
            healed: Healed::load(&context.state),
            problems: problems.iter().map(Problem::from).collect(),
            addresses,
        })
    }
}

impl StatusRequest {
    /// True if the wanted policy is the applied one; `None` if either is missing. Otherwise adds why it is not. A policy from which
    /// only that is left out of which nothing was got yet has no other problem.
    fn compare(
        &self,
        applied: Option<&Applied>,
        context: &Context<'_>,
        problems: &mut Vec<Error>,
    ) -> Option<bool> {
        let wanted = self.policy.as_ref()?;
        if applied.is_some_and(|applied| self.pending(wanted, applied, context).is_none()) {
            return Some(true);
        }
        let (possible, missing) = possible(context, wanted);
        problems.extend(missing);
        let applied = applied?;
        problems.extend(self.pending(&possible, applied, context));
        Some(false)
    }

    /// The problem, if the applied policy is not the wanted one.
    fn pending(&self, wanted: &Policy, applied: &Applied, context: &Context<'_>) -> Option<Error> {
        let (now, applied_at) = (context.now(), &applied.applied_at);
        let message = if wanted.is_same_at(&applied.policy, now) {
            let source = self.source.filter(|source| !applied.serves(*source))?;
            format!(
                "the policy that was applied at {applied_at} wanted {}, not {source}",
                applied.wanted_source()
            )
        } else {
            format!("another policy was applied at {applied_at}")
        };
        Some(Error::new(Code::PolicyPending, message))
    }

    /// The verdicts on the addresses of the request. Nobody is cut off in a family whose connections do not go through
    /// the filter.
    fn verdicts(
        &self,
        context: &mut Context<'_>,
        source: SourceId,
        judge: Option<&Judge>,
        kernel: Option<(Firewall, KernelSnapshot)>,
    ) -> Vec<AddressData> {
        if self.addresses.is_empty() {
            return Vec::new();
        }
        let addresses: Vec<IpAddr> = self.addresses.iter().copied().map(Asked::address).collect();
        let excerpt = context.usable_excerpt(source, &addresses);
        let mut answers = answer(context, (source, excerpt), judge, &self.addresses);
        let found = kernel.as_ref().map(|(_, found)| found);
        let [v4, v6] = Family::ALL.map(|family| found.is_some_and(|found| found.is_attached_in(family)));
        if let Some(kernel) = kernel.filter(|_| self.rules) {
            reach::add_predictions(context, Rules::of(kernel), &self.addresses, &mut answers);
        }
        for answer in &mut answers {
            answer.is_cut_off &= match Family::of(answer.address.into()) {
                Family::V4 => v4,
                Family::V6 => v6,
            };
        }
        answers
    }
}

/// A policy without the lists and networks that are not usable, and why they are not.
fn possible(context: &Context<'_>, wanted: &Policy) -> (Policy, Vec<Error>) {
    let (mut possible, mut errors) = (wanted.clone(), Vec::new());
    possible.lists.retain(|list| {
        let problem = NamedLists::load(&context.state, std::slice::from_ref(list)).err();
        let is_usable = problem.is_none();
        errors.extend(problem);
        is_usable
    });
    if let Err(error) = ChosenNetworks::load(&context.state, &wanted.networks, Some(&[])) {
        possible.networks.clear();
        errors.push(error);
    }
    (possible, errors)
}

/// Counts the countries by the first of the sources that has data.
fn tally(
    context: &Context<'_>,
    policy: &Policy,
    mut sources: impl Iterator<Item = SourceId>,
) -> CountryTally {
    let metadata = sources.find_map(|source| context.store().load_metadata(source).ok());
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
fn warn_of_the_unknown(context: &mut Context<'_>, source: SourceId, policy: &Policy) {
    let is_unambiguous =
        policy.mode == Mode::Allow || policy.blocks_all() == (policy.unknown == Unknown::Drop);
    if is_unambiguous {
        return;
    }
    let database = context.store().open(source);
    match database.and_then(|database| plan::on_the_unknown(policy, &database)) {
        Ok(warning) => context.warnings.extend(warning),
        Err(error) => log::warn!("{error}"),
    }
}

/// The databases on disk. Only data that is in use is reported if it lacks a family or is stale.
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
                let database = DatabaseData::of(metadata, checked.of(source, now), is_used, now);
                if database.is_used && database.stale {
                    context.warnings.push(stale(&database));
                }
                found.push(database);
            }
            Err(error) if error.code() == Code::DatabaseMissing => {}
            Err(error) => context.warn(WarningCode::DatabaseUnusable, error.message()),
        }
    }
    found
}

fn stale(database: &DatabaseData) -> Warning {
    let (title, days) = (source::of(database.source).title(), database.age_days);
    let message = match &database.release {
        Some(release) => format!("the edition {release} of {title} is {days} days old"),
        None => format!("the data of {title} is {days} days old"),
    };
    let hint = "Run `update` for this source. If the publisher has nothing newer, choose another source.";
    Warning::new(WarningCode::DatabaseStale, message).with_hint(hint)
}
