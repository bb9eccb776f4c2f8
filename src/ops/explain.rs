//! `explain`: reports the verdict on addresses, with its reason.

use std::net::IpAddr;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::operation::yes;
use super::parts::answers::{AddressData, address_lines, answer};
use super::parts::asked::Asked;
use super::parts::policy::{PolicyFlags, check_countries};
use super::parts::reach::{self, Rules};
use super::parts::stand_in::{Fallback, is_about_data, with_data};
use super::{Operation, Text};
use crate::context::Context;
use crate::database::Excerpt;
use crate::dataset::SourceId;
use crate::enforcement::passing;
use crate::error::Result;
use crate::plan::Policy;
use crate::protocol::Version;
use crate::records::passing::phones::Contacts;
use crate::warning::Warning;

/// Report the verdict on addresses, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExplainRequest {
    /// The protocol version.
    pub v: Version,
    /// The addresses, or connections from them.
    pub addresses: Vec<Asked>,
    /// The deciding source; that of the applied policy if left out.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// The deciding policy; the applied one if left out.
    #[serde(default)]
    pub policy: Option<Policy>,
    /// Whether to consult the kernel's rules. If false, only the policy decides; use this while the firewall is off.
    #[serde(default = "yes")]
    pub rules: bool,
    /// What stands in if `source` has no usable data. Without it, the answers say so.
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// The phones that are registered now. Left out or null if Asterisk does not say: then nothing is learnt.
    #[serde(default)]
    pub contacts: Option<Contacts>,
}

/// Data of `explain`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressesData {
    /// The source that decides.
    pub source: SourceId,
    /// One answer for each address, in the order of the request.
    pub addresses: Vec<AddressData>,
    /// False if it cannot be told whom the policy cuts off: there is no data, and it may drop somebody.
    pub is_known: bool,
}

#[derive(Debug, Args)]
pub struct ExplainFlags {
    /// The addresses, or new connections from them: 198.51.100.7:443/tcp, IPv6 addresses in brackets.
    #[arg(value_name = "ADDRESS[:PORT/PROTOCOL]")]
    addresses: Vec<Asked>,
    #[command(flatten)]
    policy: PolicyFlags,
}

impl Operation for ExplainRequest {
    type Flags = ExplainFlags;
    type Data = AddressesData;

    fn from_flags(ExplainFlags { addresses, policy }: ExplainFlags) -> Result<Self> {
        Ok(Self {
            v: Version,
            addresses,
            source: policy.source,
            policy: policy.policy()?,
            rules: true,
            fallback: None,
            contacts: None,
        })
    }

    /// Reports the verdict on each address by the given or the applied policy, and its country by each source on disk.
    /// For a connection, also what the rules in the kernel do with it. Hosts have the addresses that name servers gave
    /// last: nobody is asked. The contacts of the request keep their way as they would by `apply`.
    ///
    /// # Errors
    /// `request.unknown_country`. Missing data or a missing policy is no error; the answers say so.
    fn run(&self, context: &mut Context<'_>) -> Result<AddressesData> {
        let (applied, now) = (context.usable_record(), context.now());
        let source = self.source.or(applied.as_ref().map(|applied| applied.source)).unwrap_or(SourceId::Dbip);
        let asked = self.policy.clone().map(|policy| policy.at(now));
        let policy = asked.or(applied.map(|applied| applied.policy_now(now)));
        let addresses: Vec<IpAddr> = self.addresses.iter().copied().map(Asked::address).collect();
        let contacts = self.contacts.as_ref();
        let addresses = passing::concerned(&addresses, contacts, policy.as_ref());
        let (source, excerpt) = self.excerpt(context, source, &addresses)?;
        let is_known = excerpt.is_some() || policy.as_ref().is_none_or(Policy::drops_nobody);
        if let (Some(policy), Some(excerpt)) = (&policy, &excerpt) {
            check_countries(policy, &excerpt.country_sets().all_countries())?;
        }
        let prepared = |policy| {
            let passing = passing::with_contacts(context, policy, contacts, excerpt.as_ref());
            context.usable_judge_of(policy, &addresses).with_passing(passing)
        };
        let judge = policy.as_ref().map(prepared);
        let mut answers = answer(context, (source, excerpt), judge.as_ref(), &self.addresses);
        if self.rules && reach::concerns_rules(&self.addresses) {
            let rules = Rules::read(context);
            reach::add_predictions(context, rules, &self.addresses, &mut answers);
        }
        Ok(AddressesData { source, addresses: answers, is_known })
    }
}

impl ExplainRequest {
    /// What the data says of the addresses, and whose data that is.
    fn excerpt(
        &self,
        context: &mut Context<'_>,
        source: SourceId,
        addresses: &[IpAddr],
    ) -> Result<(SourceId, Option<Excerpt>)> {
        let Some(fallback) = &self.fallback else {
            return Ok((source, context.usable_excerpt(source, addresses)));
        };
        let load = |context: &mut Context<'_>, source| context.store().load_excerpt(source, addresses);
        match with_data(context, source, Some(fallback), load) {
            Ok((source, excerpt)) => Ok((source, Some(excerpt))),
            Err(error) if is_about_data(&error) => {
                context.warnings.push(Warning::from(&error));
                Ok((source, None))
            }
            Err(error) => Err(error),
        }
    }
}

impl Text for AddressesData {
    fn text(&self) -> String {
        address_lines(&self.addresses)
    }
}
