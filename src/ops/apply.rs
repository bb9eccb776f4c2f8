//! `apply`: puts a policy in force.

use serde::{Deserialize, Serialize};

use super::parts::change_data::ChangeData;
use super::parts::passing::PassingData;
use super::parts::policy::{PolicyFlags, check_countries, warn_of_unknown_networks};
use super::parts::stand_in::{Fallback, with_data};
use super::parts::text::problem_lines;
use super::{Operation, Text};
use crate::context::Context;
use crate::database::CountryRanges;
use crate::dataset::SourceId;
use crate::enforcement::passing::Learnt;
use crate::enforcement::{self, FirewallLock, KernelData, rollback, trial};
use crate::error::{Error, Result};
use crate::firewall::Opening;
use crate::plan::{self, Policy};
use crate::protocol::{Problem, Version};
use crate::records::passing::hosts::Occasion;
use crate::records::passing::phones::Contacts;
use crate::records::{Applied, ConfirmWithin, InForce};

/// Put a policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApplyRequest {
    /// The protocol version.
    pub v: Version,
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// Puts the policy on trial: without a confirmation in time, the former policy comes back.
    #[serde(default)]
    pub confirm: Option<ConfirmWithin>,
    /// What stands in if `source` has no usable data. Without it, that is an error.
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// The phones that are registered now. Left out or null if Asterisk does not say: then nothing is learnt.
    #[serde(default)]
    pub contacts: Option<Contacts>,
}

/// Data of `apply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ApplyData {
    /// The source whose data the policy rests on now.
    pub source: SourceId,
    /// The same, if it stands in for the source of the request; null if it is that source.
    pub stand_in: Option<SourceId>,
    /// The reasons why the policy drops nobody, or nobody of a family.
    pub problems: Vec<Problem>,
    /// What the kernel holds.
    #[serde(flatten)]
    pub kernel: KernelData,
    /// The last change that was to be confirmed; null if there was none.
    pub change: Option<ChangeData>,
    /// The hosts and phones whose addresses pass.
    #[serde(flatten)]
    pub passing: PassingData,
}

impl Operation for ApplyRequest {
    type Flags = PolicyFlags;
    type Data = ApplyData;

    fn from_flags(flags: PolicyFlags) -> Result<Self> {
        let source = flags.source_or_default();
        let policy = flags.required_policy()?;
        Ok(Self { v: Version, source, policy, confirm: None, fallback: None, contacts: None })
    }

    /// Computes the plan of a policy and puts it in force. The jump from INPUT is the task of `attach`.
    ///
    /// If an earlier change is still pending, the new policy belongs to the same trial.
    ///
    /// # Errors
    /// `database.*` without usable data, `request.unknown_country`, `plan.too_large`, `change.rolled_back`,
    /// `firewall.*`. The policy in force then stays.
    fn run(&self, context: &mut Context<'_>) -> Result<ApplyData> {
        let learnt = Learnt::ask(context, &self.policy, Occasion::Apply, self.contacts.as_ref());
        let by_data_of = |context: &mut Context<'_>, source| self.apply(context, source, &learnt);
        let (source, (kernel, problems)) =
            with_data(context, self.source, self.fallback.as_ref(), by_data_of)?;
        let policy = self.policy.clone().at(context.now());
        let change = InForce::load(&context.state)?.trial;
        let change = change.map(|trial| ChangeData::of(&trial, &*context.clock));
        Ok(ApplyData {
            source,
            stand_in: (source != self.source).then_some(source),
            problems: problems.iter().map(Problem::from).collect(),
            kernel,
            change,
            passing: PassingData::of(context, &policy),
        })
    }
}

impl ApplyRequest {
    /// Applies the policy by the data of `source`. Also returns why it drops nobody, if so.
    fn apply(
        &self,
        context: &mut Context<'_>,
        source: SourceId,
        learnt: &Learnt<'_>,
    ) -> Result<(KernelData, Vec<Error>)> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let mut opening = Opening::begin(&context.kernel)?;
        let database = context.store().open(source)?;
        check_countries(&self.policy, &database.country_sets().all_countries())?;
        context.warn_of_missing_families(database.metadata());
        let judge = context.judge(&self.policy)?;
        let plan = opening.plan(&database, &judge)?;
        warn_of_unknown_networks(context, &judge);
        let shortfalls = plan::shortfalls(&self.policy, |set| plan.entries(set));
        context.warnings.extend(plan::on_the_unknown(&self.policy, &database)?);
        context.warnings.extend(plan::on_admin(&self.policy));
        let new = Applied::new(source, &self.policy, &plan, context.now()).in_place_of(self.source);
        learnt.record(context, &lock, &self.policy, |addresses| database.excerpt(addresses));
        let done = enforcement::apply(context, &lock, opening, (new, &plan), self.confirm.as_ref())?;
        trial::forget_unreadable(context).unwrap_or_else(|error| log::warn!("{error}"));
        Ok((done, shortfalls))
    }
}

impl Text for ApplyData {
    fn text(&self) -> String {
        let change = self.change.as_ref().map(Text::text).unwrap_or_default();
        problem_lines(&self.problems) + &self.kernel.text() + &change + &self.passing.text()
    }
}
