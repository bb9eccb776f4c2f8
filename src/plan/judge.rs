//! The verdict on an address, before any table: by exception, special purpose, and the countries that hold it.

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::Serialize;

use super::by_net::ByNet;
use super::{Action, Mode, Policy, TimedException};
use crate::country::CountryCode;
use crate::net::{AddressRange, IpBits, Prefix, RangeSet};

/// What happens to a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Verdict {
    /// It goes on to the rules behind the filter.
    Pass,
    /// It is dropped.
    Drop,
    /// It is counted and goes on: the policy is against it, but only counts.
    Count,
}

/// Why an address gets its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Reason {
    /// The policy lists it as an exception.
    Exception,
    /// It would be dropped, but a timed exception is not over yet.
    TimedException,
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
    /// Several countries claim it and at least one of them may pass.
    Contested,
    /// No country holds it, and such addresses pass.
    UnknownPasses,
    /// No country holds it, and such addresses are dropped.
    UnknownDropped,
    /// There is no policy.
    NoPolicy,
}

/// A policy made ready to judge.
#[derive(Debug)]
pub struct Judge {
    policy: Policy,
    countries: HashSet<CountryCode>,
    drops_unknown: bool,
    /// Only who asks about single addresses needs these.
    exceptions: OnceLock<ByNet<()>>,
    timed: OnceLock<ByNet<TimedException>>,
}

impl Judge {
    /// Prepares `policy`.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            countries: policy.countries.iter().copied().collect(),
            drops_unknown: policy.drops_unknown(),
            exceptions: OnceLock::new(),
            timed: OnceLock::new(),
        }
    }

    /// The policy's verdict, whether it drops or only counts, on an address that is neither an exception nor special-purpose, by the countries that hold it.
    ///
    /// Where several do, it is dropped only if each of them would be.
    pub fn by_countries(&self, holders: &[CountryCode]) -> (Verdict, Reason) {
        let listed = holders.iter().filter(|country| self.countries.contains(country)).count();
        match self.policy.mode {
            _ if holders.is_empty() && self.drops_unknown => (Verdict::Drop, Reason::UnknownDropped),
            _ if holders.is_empty() => (Verdict::Pass, Reason::UnknownPasses),
            Mode::Block if listed == holders.len() => (Verdict::Drop, Reason::CountryBlocked),
            Mode::Allow if listed == 0 => (Verdict::Drop, Reason::CountryNotAllowed),
            _ if 0 < listed && listed < holders.len() => (Verdict::Pass, Reason::Contested),
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

    /// What becomes of a connection that the policy is against.
    pub fn verdict_against(&self) -> Verdict {
        match self.policy.action {
            Action::Drop => Verdict::Drop,
            Action::Count => Verdict::Count,
        }
    }

    /// Of the countries that hold an address, the one that its verdict rests on.
    pub fn deciding(&self, holders: &[CountryCode]) -> Option<CountryCode> {
        let passes =
            |country: &&CountryCode| self.countries.contains(country) == (self.policy.mode == Mode::Allow);
        holders.iter().find(passes).or(holders.first()).copied()
    }

    /// The smallest exception around an address.
    pub fn exception<A: IpBits>(&self, address: A) -> Option<Prefix<A>> {
        let exceptions = self.exceptions.get_or_init(|| {
            let nets = self.policy.lasting().map(|subnet| (subnet.net(), ()));
            ByNet::new(nets, |(), ()| ())
        });
        exceptions.around(address.to_ip()).next().and_then(|(net, ())| A::prefix_of(net))
    }

    /// The timed exception for an address that ends last.
    pub fn timed_exception<A: IpBits>(&self, address: A) -> Option<TimedException> {
        let timed = self.timed.get_or_init(|| {
            let nets = self.policy.timed().map(|timed| (timed.subnet.net(), timed));
            ByNet::new(nets, |one, other| if one.expires_at < other.expires_at { other } else { one })
        });
        timed.around(address.to_ip()).map(|(_, timed)| *timed).max_by_key(|timed| timed.expires_at)
    }

    /// Everything that passes whatever country holds it: exceptions and special-purpose blocks.
    pub fn never_dropped<A: IpBits>(&self) -> RangeSet<A> {
        let special = A::special_blocks().into_iter().map(|block| block.prefix);
        special.chain(self.exceptions()).map(AddressRange::from).collect()
    }

    fn exceptions<A: IpBits>(&self) -> impl Iterator<Item = Prefix<A>> {
        self.policy.lasting().filter_map(|subnet| A::prefix_of(subnet.net()))
    }
}
