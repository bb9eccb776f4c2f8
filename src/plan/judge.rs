//! How a policy decides about an address, before any table exists: by exception, special purpose, country, list and network.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::OnceLock;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::by_net::ByNet;
use super::{Action, Excepted, Mode, Policy, TimedException};
use crate::asn::{AsNumber, ChosenNetworks};
use crate::blocklist::{ListId, NamedLists};
use crate::country::CountryCode;
use crate::net::{AddressRange, IpBits, Ports, Prefix, RangeSet, is_special_purpose};

/// What happens to a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Verdict {
    /// It goes on to the rules after the filter.
    Pass,
    /// It is dropped.
    Drop,
    /// It is counted and goes on, because the policy matches it but only counts.
    Count,
}

/// Why an address gets its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Reason {
    /// The policy lists it as an exception.
    Exception,
    /// It would be dropped, but a timed exception is still in force.
    TimedException,
    /// It would be dropped, but it belongs to a host that is an exception.
    HostException,
    /// It would be dropped, but a phone that keeps its way is or was registered from there.
    PhoneException,
    /// It is special-purpose: loopback, private, link-local, multicast and the like are never dropped.
    SpecialPurpose,
    /// Its country is blocked.
    CountryBlocked,
    /// Its country is not blocked.
    CountryNotBlocked,
    /// Its country is allowed.
    CountryAllowed,
    /// Its country is not among the allowed ones.
    CountryNotAllowed,
    /// Several countries claim it and the policy does not drop all of them.
    Contested,
    /// A block list holds the address.
    Listed,
    /// A network that is blocked holds the address.
    Network,
    /// No country holds it, and such addresses pass.
    UnknownPasses,
    /// No country holds it, and such addresses are dropped.
    UnknownDropped,
    /// There is no policy.
    NoPolicy,
}

/// What passes for a host or a phone: an address, or a block around one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassingAddress {
    /// The host or the phone.
    pub whose: Excepted,
    /// The address or block.
    pub net: IpNet,
    /// When the exception ends, if it does.
    pub expires_at: Option<Timestamp>,
}

impl PassingAddress {
    /// The name of the host or the phone.
    pub fn name(&self) -> String {
        self.whose.phone().map_or_else(|| self.whose.to_string(), ToString::to_string)
    }

    /// Which of two for the same address counts: that of a host, which passes everywhere, then the one that lasts longer.
    fn better(self, other: Self) -> Self {
        let rank =
            |address: &Self| (address.whose.phone().is_none(), address.expires_at.unwrap_or(Timestamp::MAX));
        if rank(&other) > rank(&self) { other } else { self }
    }
}

/// A policy, prepared for fast decisions.
#[derive(Debug)]
pub struct Judge {
    policy: Policy,
    countries: HashSet<CountryCode>,
    drops_unknown: bool,
    /// How it decides about connections to the ports of administration, if there is a restriction.
    of_admin: Option<Box<Self>>,
    /// Built on first use: a plan does not need these lookups, only an explanation does.
    exceptions: OnceLock<ByNet<()>>,
    timed: OnceLock<ByNet<TimedException>>,
    passing: ByNet<PassingAddress>,
    lists: NamedLists,
    networks: ChosenNetworks,
}

/// Who holds an address.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holders {
    /// The countries.
    pub countries: Vec<CountryCode>,
    /// The block lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListId>,
    /// The networks, of those that the policy names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<AsNumber>,
}

impl Holders {
    /// These, and the lists and networks of `former` beside them.
    #[must_use]
    pub fn beside(mut self, former: Self) -> Self {
        self.lists.extend(former.lists);
        self.networks.extend(former.networks);
        self.lists.sort_unstable();
        self.lists.dedup();
        self.networks.sort_unstable();
        self.networks.dedup();
        self
    }
}

impl Judge {
    /// Prepares `policy` for decisions.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            countries: policy.countries.iter().copied().collect(),
            drops_unknown: policy.drops_unknown(),
            of_admin: policy.of_admin().map(|of_admin| Box::new(Self::new(&of_admin))),
            exceptions: OnceLock::new(),
            timed: OnceLock::new(),
            passing: ByNet::new(std::iter::empty(), |one, _| one),
            lists: NamedLists::default(),
            networks: ChosenNetworks::default(),
        }
    }

    /// The same, with the addresses of the policy's lists. Without them, none has any.
    #[must_use]
    pub fn with_lists(self, lists: NamedLists) -> Self {
        Self { lists, ..self }
    }

    /// The same, with the addresses of the policy's networks. Without them, none has any.
    #[must_use]
    pub fn with_networks(self, networks: ChosenNetworks) -> Self {
        Self { networks, ..self }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The first list of the policy that holds an address, with the range in it.
    pub fn listed<A: IpBits>(&self, address: A) -> Option<(&ListId, AddressRange<A>)> {
        self.lists.holding(address)
    }

    /// The first network of the policy that holds an address, with the range around it.
    pub fn network<A: IpBits>(&self, address: A) -> Option<(AsNumber, AddressRange<A>)> {
        self.networks.holding(address).map(|(network, range)| (network.number, range))
    }

    /// The networks of the policy that hold no address by the data.
    pub fn unknown_networks(&self) -> impl Iterator<Item = AsNumber> {
        self.networks.unknown()
    }

    /// The addresses on lists and of networks.
    pub fn named_addresses<A: IpBits>(&self) -> impl Iterator<Item = AddressRange<A>> {
        self.lists.addresses().chain(self.networks.addresses())
    }

    /// Who holds an address: these countries, and what of the policy's lists and networks does.
    pub fn holders(&self, countries: Vec<CountryCode>, address: IpAddr) -> Holders {
        let (lists, networks) = (self.lists.all_holding(address), self.networks.all_holding(address));
        Holders { countries, lists, networks }
    }

    /// The same, with the addresses of hosts and phones. Without them, none has any. Phones do not administer.
    #[must_use]
    pub fn with_passing(self, addresses: Vec<PassingAddress>) -> Self {
        let of_hosts = addresses.iter().filter(|address| address.whose.phone().is_none()).cloned().collect();
        let of_admin = self.of_admin.map(|of_admin| Box::new(of_admin.with_passing(of_hosts)));
        let nets = addresses.into_iter().map(|address| (address.net, address));
        Self { of_admin, passing: ByNet::new(nets, PassingAddress::better), ..self }
    }

    /// The verdict by country alone, for an address that is neither an exception nor special-purpose. An address is
    /// dropped only if the policy drops every country that holds it. `Drop` also stands for what a counting policy
    /// would count; see [`Self::verdict_against`].
    pub fn by_countries(&self, holding: &[CountryCode]) -> (Verdict, Reason) {
        let listed = holding.iter().filter(|country| self.countries.contains(country)).count();
        match self.policy.mode {
            _ if holding.is_empty() && self.drops_unknown => (Verdict::Drop, Reason::UnknownDropped),
            _ if holding.is_empty() => (Verdict::Pass, Reason::UnknownPasses),
            Mode::Block if listed == holding.len() => (Verdict::Drop, Reason::CountryBlocked),
            Mode::Allow if listed == 0 => (Verdict::Drop, Reason::CountryNotAllowed),
            _ if 0 < listed && listed < holding.len() => (Verdict::Pass, Reason::Contested),
            Mode::Block => (Verdict::Pass, Reason::CountryNotBlocked),
            Mode::Allow => (Verdict::Pass, Reason::CountryAllowed),
        }
    }

    /// What becomes of a connection from a country that alone holds the address, exceptions aside.
    pub fn country(&self, country: CountryCode) -> Verdict {
        match self.by_countries(&[country]).0 {
            Verdict::Drop => self.verdict_against(),
            verdict => verdict,
        }
    }

    /// What happens to a connection that the policy matches: it is dropped or counted.
    pub fn verdict_against(&self) -> Verdict {
        match self.policy.action {
            Action::Drop => Verdict::Drop,
            Action::Count => Verdict::Count,
        }
    }

    /// How connections to the ports of administration are decided, on top of this. `None` without a restriction.
    pub fn of_admin(&self) -> Option<&Self> {
        self.of_admin.as_deref()
    }

    /// The ports of administration. `None` without a restriction.
    pub fn admin_ports(&self) -> Option<Ports> {
        self.policy.admin.as_ref().map(|admin| admin.ports)
    }

    /// The country that decides the verdict, of those that hold an address.
    pub fn deciding(&self, holding: &[CountryCode]) -> Option<CountryCode> {
        let is_let_through =
            |country: &&CountryCode| self.countries.contains(country) == (self.policy.mode == Mode::Allow);
        holding.iter().find(is_let_through).or(holding.first()).copied()
    }

    /// The smallest exception without an end that covers `address`.
    pub fn exception<A: IpBits>(&self, address: A) -> Option<Prefix<A>> {
        self.lasting().around(address.to_ip()).next().and_then(|(net, ())| A::prefix_of(net))
    }

    /// True if the policy drops or counts a block with these holders, unless an exception that ends lets it pass.
    pub fn is_against(&self, net: IpNet, holders: &Holders) -> bool {
        let covers = |(exception, ()): (IpNet, &())| exception.prefix_len() <= net.prefix_len();
        let is_named = holders.lists.iter().any(|list| self.policy.lists.contains(list))
            || holders.networks.iter().any(|network| self.policy.networks.contains(network));
        (is_named || self.by_countries(&holders.countries).0 == Verdict::Drop)
            && !is_special_purpose(net.addr())
            && !self.lasting().around(net.addr()).any(covers)
    }

    fn lasting(&self) -> &ByNet<()> {
        self.exceptions.get_or_init(|| {
            let nets = self.policy.lasting().map(|subnet| (subnet.net(), ()));
            ByNet::new(nets, |(), ()| ())
        })
    }

    /// The timed exception that covers `address` and ends last.
    pub fn timed_exception<A: IpBits>(&self, address: A) -> Option<TimedException> {
        let timed = self.timed.get_or_init(|| {
            let nets = self.policy.timed().filter_map(|timed| Some((timed.excepted.subnet()?.net(), timed)));
            ByNet::new(nets, |one, other| if one.expires_at < other.expires_at { other } else { one })
        });
        timed.around(address.to_ip()).map(|(_, timed)| timed.clone()).max_by_key(|timed| timed.expires_at)
    }

    /// The host or phone to which `address` belongs, of those that pass.
    pub fn passing<A: IpBits>(&self, address: A) -> Option<&PassingAddress> {
        self.passing.around(address.to_ip()).next().map(|(_, address)| address)
    }

    /// The addresses that are never dropped, whatever their country: exceptions without an end, and special-purpose
    /// blocks.
    pub fn never_dropped<A: IpBits>(&self) -> RangeSet<A> {
        let special = A::special_blocks().into_iter().map(|block| block.prefix);
        special.chain(self.exceptions()).map(AddressRange::from).collect()
    }

    fn exceptions<A: IpBits>(&self) -> impl Iterator<Item = Prefix<A>> {
        self.policy.lasting().filter_map(|subnet| A::prefix_of(subnet.net()))
    }
}
