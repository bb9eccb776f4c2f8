//! `preview`: reports what a policy would do, without applying it.

use std::net::IpAddr;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::operation::yes;
use super::parts::answers::{AddressData, address_lines, answer};
use super::parts::asked::Asked;
use super::parts::policy::{PolicyFlags, check_countries, warn_of_shortfalls, warn_of_unknown_networks};
use super::parts::reach::{self, Rules};
use super::parts::stand_in::{Fallback, with_data};
use super::parts::text::set_lines;
use super::{Operation, Text};
use crate::context::Context;
use crate::database::CountryRanges;
use crate::dataset::SourceId;
use crate::enforcement::passing;
use crate::error::Result;
use crate::firewall::{KernelSnapshot, SetData, set_name};
use crate::net::Family;
use crate::plan::{self, Plan, Policy, SetId};
use crate::protocol::Version;
use crate::records::Applied;
use crate::records::passing::phones::Contacts;

/// Report what `apply` would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewRequest {
    /// The protocol version.
    pub v: Version,
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// Addresses and connections for which to report the verdict.
    #[serde(default)]
    pub addresses: Vec<Asked>,
    /// Whether to consult the kernel's rules. If false, only the policy decides; use this while the firewall is off.
    #[serde(default = "yes")]
    pub rules: bool,
    /// What stands in if `source` has no usable data. Without it, that is an error.
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// The phones that are registered now. Left out or null if Asterisk does not say: then nothing is learnt.
    #[serde(default)]
    pub contacts: Option<Contacts>,
}

/// Data of `preview`: what the kernel would hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreviewData {
    /// The source whose data it would rest on.
    pub source: SourceId,
    /// The sets. Their memory is an estimate.
    pub sets: Vec<SetData>,
    /// Entries of all sets together.
    pub entries: u64,
    /// Kernel memory of all sets together in bytes, an estimate.
    pub memory_bytes: u64,
    /// True if new connections go through the filter now.
    pub attached: bool,
    /// True if `apply` would change the sets.
    pub changed: bool,
    /// The verdicts on the addresses of the request.
    pub addresses: Vec<AddressData>,
}

#[derive(Debug, Args)]
pub struct PreviewFlags {
    #[command(flatten)]
    policy: PolicyFlags,
    /// Addresses for which to report the verdict, or new connections from them: 198.51.100.7:443/tcp.
    #[arg(long, value_delimiter = ',', value_name = "ADDRESSES")]
    addresses: Vec<Asked>,
}

impl Operation for PreviewRequest {
    type Flags = PreviewFlags;
    type Data = PreviewData;

    fn from_flags(PreviewFlags { policy, addresses }: PreviewFlags) -> Result<Self> {
        let source = policy.source_or_default();
        Ok(Self {
            v: Version,
            source,
            policy: policy.required_policy()?,
            addresses,
            rules: true,
            fallback: None,
            contacts: None,
        })
    }

    /// Reports what `apply` would load into the kernel, and the verdicts on the given addresses and connections. Hosts have
    /// the addresses that name servers gave last: nobody is asked, so a new host has none yet. The contacts of the request
    /// keep their way as they would by `apply`.
    ///
    /// # Errors
    /// `database.*` without usable data, `request.unknown_country`, `plan.too_large`. A missing firewall is no error.
    fn run(&self, context: &mut Context<'_>) -> Result<PreviewData> {
        let by_data_of = |context: &mut Context<'_>, source| self.preview(context, source);
        with_data(context, self.source, self.fallback.as_ref(), by_data_of).map(|(_, data)| data)
    }
}

impl PreviewRequest {
    fn preview(&self, context: &mut Context<'_>, source: SourceId) -> Result<PreviewData> {
        let database = context.store().open(source)?;
        check_countries(&self.policy, &database.country_sets().all_countries())?;
        context.warn_of_missing_families(database.metadata());
        let judge = context.usable_judge(&self.policy);
        let plan = Plan::new(&database, &judge)?;
        warn_of_unknown_networks(context, &judge);
        warn_of_shortfalls(context, &self.policy, &plan);
        context.warnings.extend(plan::on_admin(&self.policy));
        context.warnings.extend(plan::on_the_unknown(&self.policy, &database)?);
        let policy = self.policy.clone().at(context.now());
        let asked: Vec<IpAddr> = self.addresses.iter().copied().map(Asked::address).collect();
        let contacts = self.contacts.as_ref();
        let excerpt = database.excerpt(&passing::concerned(&asked, contacts, Some(&policy)))?;
        let passing = passing::with_contacts(context, &policy, contacts, Some(&excerpt));
        let judge = context.usable_judge_of(&policy, &asked).with_passing(passing);
        let mut addresses = answer(context, (source, Some(excerpt)), Some(&judge), &self.addresses);

        let rules = Rules::read(context);
        let kernel = rules.found();
        let wanted = Applied::new(source, &self.policy, &plan, context.now());
        let applied = context.usable_record().filter(|applied| applied.same_plan(&wanted));
        let in_force =
            applied.is_some() && kernel.is_some_and(|kernel| kernel.holds(|set| wanted.entries(set)));
        let attached = kernel.is_some_and(KernelSnapshot::is_attached);
        if self.rules {
            reach::add_predictions(context, rules, &self.addresses, &mut addresses);
        }
        let sets = Family::ALL.map(|family| expected_sets(&plan, family)).to_vec();
        Ok(PreviewData {
            source,
            entries: sets.iter().map(|set| set.entries).sum(),
            memory_bytes: sets.iter().map(|set| set.memory_bytes).sum(),
            sets,
            attached,
            changed: !in_force,
            addresses,
        })
    }
}

fn expected_sets(plan: &Plan, family: Family) -> SetData {
    SetData {
        name: set_name(SetId::blocked(family)).to_owned(),
        family,
        entries: SetId::count_entries(family, |set| plan.entries(set)),
        memory_bytes: SetId::of(family).map(|set| plan.memory_estimate(set)).sum(),
    }
}

impl Text for PreviewData {
    fn text(&self) -> String {
        let changed = if self.changed { "would change" } else { "already in force" };
        format!("{}{changed}\n{}", set_lines(&self.sets), address_lines(&self.addresses))
    }
}
