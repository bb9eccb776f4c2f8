//! Policies in requests: their command line flags, and their validation.

use clap::Args;

use crate::asn::AsNumber;
use crate::blocklist::ListId;
use crate::context::Context;
use crate::country::CountryCode;
use crate::dataset::SourceId;
use crate::error::{Code, Error, Result};
use crate::net::Ports;
use crate::plan::{
    self, Action, Admin, Exception, Judge, Mode, Plan, Policy, Unknown, refuse_too_many_names,
};
use crate::warning::{Warning, WarningCode};

/// The flags that describe a policy.
#[derive(Debug, Args)]
pub struct PolicyFlags {
    /// The data source.
    #[arg(long)]
    pub(in crate::ops) source: Option<SourceId>,
    /// Drop the listed countries (block), or all except them (allow).
    #[arg(long)]
    mode: Option<Mode>,
    /// The countries, as two-letter codes.
    #[arg(long, value_delimiter = ',', value_name = "CODES")]
    countries: Vec<CountryCode>,
    /// Block lists whose addresses are dropped, too.
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    lists: Vec<ListId>,
    /// Networks whose addresses are dropped, too, by their AS numbers.
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    networks: Vec<AsNumber>,
    /// Addresses, subnets, hosts and phones that are never dropped, for good or until a time in RFC 3339.
    #[arg(long, value_delimiter = ',', value_name = "SUBNET|HOST|phone:NAME[@TIME]")]
    exceptions: Vec<Exception>,
    /// Let every registered phone keep its way from an address that would be dropped.
    #[arg(long)]
    keep_phones: bool,
    /// What happens to addresses that no country holds, where only some countries are allowed or all are blocked.
    #[arg(long)]
    unknown: Option<Unknown>,
    /// What happens to connections that the policy matches.
    #[arg(long)]
    action: Option<Action>,
    /// Ports to which TCP connections pass only from the countries of --admin-countries.
    #[arg(long, value_name = "PORTS")]
    admin_ports: Option<Ports>,
    /// The countries from which the ports of --admin-ports are reached.
    #[arg(long, value_delimiter = ',', value_name = "CODES", requires = "admin_ports")]
    admin_countries: Vec<CountryCode>,
}

impl PolicyFlags {
    /// The source, or DB-IP if none is given.
    pub(in crate::ops) fn source_or_default(&self) -> SourceId {
        self.source.unwrap_or(SourceId::Dbip)
    }

    /// The policy, or `None` without `--mode`.
    pub(in crate::ops) fn policy(self) -> Result<Option<Policy>> {
        let Self {
            source: _,
            mode,
            countries,
            lists,
            networks,
            exceptions,
            keep_phones,
            unknown,
            action,
            admin_ports,
            admin_countries,
        } = self;
        refuse_too_many_names(&exceptions).map_err(|reason| Error::new(Code::RequestInvalid, reason))?;
        let (unknown, action) = (unknown.unwrap_or_default(), action.unwrap_or_default());
        let admin = admin_ports.map(|ports| Admin { countries: admin_countries, ports });
        let policy = |mode| Policy {
            mode,
            countries,
            lists,
            networks,
            exceptions,
            keep_phones,
            unknown,
            action,
            admin,
        };
        Ok(mode.map(policy))
    }

    /// As [`Self::policy`], but flags of a policy without `--mode` are refused: they would be of no effect.
    pub(in crate::ops) fn whole_policy(self) -> Result<Option<Policy>> {
        let Self {
            source,
            countries,
            lists,
            networks,
            exceptions,
            keep_phones,
            unknown,
            action,
            admin_ports,
            ..
        } = &self;
        let is_empty = countries.is_empty()
            && lists.is_empty()
            && networks.is_empty()
            && exceptions.is_empty()
            && !keep_phones
            && admin_ports.is_none();
        if is_empty && source.is_none() && unknown.is_none() && action.is_none() {
            self.policy()
        } else {
            self.required_policy().map(Some)
        }
    }

    pub(in crate::ops) fn required_policy(self) -> Result<Policy> {
        self.policy()?
            .ok_or_else(|| Error::new(Code::RequestInvalid, "--mode is missing").with_hint("See --help."))
    }
}

/// Refuses a policy with a country that is neither known nor in the database.
pub(in crate::ops) fn check_countries(policy: &Policy, held: &[CountryCode]) -> Result<()> {
    let is_known = |country: &CountryCode| country.is_known() || held.contains(country);
    let of_admin = policy.admin.as_ref().map(|admin| ("policy.admin.countries", &admin.countries));
    let lists = [("policy.countries", &policy.countries)].into_iter().chain(of_admin);
    for (field, countries) in lists {
        if let Some((place, country)) = countries.iter().enumerate().find(|(_, country)| !is_known(country)) {
            let message = format!("{field}: {country} is not a country");
            return Err(
                Error::new(Code::RequestUnknownCountry, message).with_field(format!("{field}[{place}]"))
            );
        }
    }
    Ok(())
}

/// Warns about effects that an administrator may expect but the policy does not have.
pub(in crate::ops) fn warn_of_shortfalls(context: &mut Context<'_>, policy: &Policy, plan: &Plan) {
    let shortfalls = plan::shortfalls(policy, |set| plan.entries(set));
    context.warnings.extend(shortfalls.iter().map(Warning::from));
}

/// Warns about each network of the policy that holds no address.
pub(in crate::ops) fn warn_of_unknown_networks(context: &mut Context<'_>, judge: &Judge) {
    for number in judge.unknown_networks() {
        let place = judge.policy().networks.iter().position(|network| *network == number);
        let message = format!("{number} holds no address by the data that is kept, so it blocks nobody");
        let warning = Warning::new(WarningCode::NetworkUnknown, message);
        context.warnings.push(warning.with_field(format!("policy.networks[{}]", place.unwrap_or_default())));
    }
}
