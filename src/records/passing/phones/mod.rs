//! From where phones were registered whose address the policy drops. They keep their way as long as they are registered,
//! and for a day more.

mod contacts;
mod warnings;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use contacts::{Contact, Contacts};
pub use warnings::{warning_of_damage, warnings};

use super::{Ends, KEPT, PassingRecord, around, latest, member};
use crate::country::CountryCode;
use crate::error::Result;
use crate::firewall::TimedMember;
use crate::net::PhoneName;
use crate::plan::{Excepted, Holders, Judge, PassingAddress, Policy};
use crate::storage::record::Record;
use crate::storage::{Moment, StateDir};

/// The most addresses of a phone that pass.
pub const MOST_ADDRESSES: usize = 8;
/// The most phones that keep their way.
pub const MOST_PHONES: usize = 4096;

/// From where phones were registered.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneAddresses {
    held: BTreeMap<PhoneName, Vec<Held>>,
    revoked: BTreeMap<PhoneName, Vec<Revoked>>,
    /// What was too many, by the last contacts.
    left_out: Vec<LeftOut>,
    ends: Ends,
    /// When this record was last brought up to date. All durations in it are those of that moment. `None` for an empty one.
    looked: Option<Moment>,
}

/// An address that passes for a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    net: IpNet,
    /// Who holds the address.
    #[serde(flatten)]
    holders: Holders,
    since: Timestamp,
    seen_at: Timestamp,
    /// The time since it was last seen.
    age: Duration,
    is_registered: bool,
}

/// An address that an administrator has ended for a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    net: IpNet,
    /// The time since the phone was last registered from there, as far as Asterisk has said anything.
    age: Duration,
}

/// An address that does not pass, because there are too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    phone: PhoneName,
    net: IpNet,
    /// True if it has no place among the phones, false if it has none among the addresses of its phone.
    is_of_phones: bool,
}

/// What passes for a phone under a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<'a> {
    /// The phone.
    pub phone: &'a PhoneName,
    /// The address, or the network around it.
    pub net: IpNet,
    /// Its country.
    pub country: Option<CountryCode>,
    /// When it began to pass.
    pub since: Timestamp,
    /// When Asterisk last listed it.
    pub seen_at: Timestamp,
    /// True if the last contacts named it.
    pub is_registered: bool,
    /// How long it passes without being seen again.
    pub left: Duration,
}

impl Record for PhoneAddresses {
    const FORMAT: u32 = 1;
}

impl PassingRecord for PhoneAddresses {
    const FILE: &str = "phone-addresses.json";
}

impl PhoneAddresses {
    /// Removes what no policy needs: the addresses that none of them drops or whose phone none of them keeps, and the whole
    /// record if they keep no phones. The caller holds the firewall lock.
    ///
    /// # Errors
    /// `state.*`.
    pub fn prune<'a>(state: &StateDir, needed: impl Iterator<Item = &'a Policy>) -> Result<()> {
        let keeping: Vec<(&Policy, Judge)> = needed
            .filter(|policy| policy.may_keep_phones())
            .map(|policy| (policy, Judge::new(policy)))
            .collect();
        if keeping.is_empty() {
            return Self::forget(state);
        }
        let (before, named) = (Self::load(state)?, keeping.iter().flat_map(|(policy, _)| policy.phones()));
        let named: HashSet<&PhoneName> = named.map(|(phone, _)| phone).collect();
        let keeps_all = keeping.iter().any(|(policy, _)| policy.keep_phones);
        let mut after = before.clone();
        after.revoked.retain(|phone, _| keeps_all || named.contains(phone));
        after.held.retain(|phone, addresses| {
            let is_needed =
                |held: &Held| keeping.iter().any(|(_, judge)| judge.is_against(held.net, &held.holders));
            addresses.retain(is_needed);
            !addresses.is_empty() && (keeps_all || named.contains(phone))
        });
        if after == before { Ok(()) } else { after.save(state) }
    }

    /// The addresses about which the country data must be asked before [`Self::note`].
    pub fn concerned(&self, contacts: &Contacts, policy: &Policy, now: &Moment) -> Vec<IpAddr> {
        let keepers = self.keepers(policy, now);
        let kept = contacts.iter().filter(|contact| keepers.time_left(&contact.phone).is_some());
        kept.map(|contact| contact.address.to_canonical()).collect()
    }

    /// Takes in the phones that are registered now. `holding` gives who holds an address; `None` if the data
    /// cannot tell, or drops nobody of its family. Then an address that is not known yet waits for the next contacts.
    pub fn note(
        &mut self,
        contacts: &Contacts,
        policy: &Policy,
        holding: impl Fn(IpAddr) -> Option<Holders>,
        now: &Moment,
    ) {
        let passed = self.passed(now);
        self.pass_time(policy, now);
        self.held.values_mut().flatten().for_each(|held| held.is_registered = false);
        self.revoked.values_mut().flatten().for_each(|revoked| revoked.age += passed);
        let (judge, keepers) = (Judge::new(policy), self.keepers(policy, now));
        for Contact { phone, address } in contacts.iter() {
            let address = address.to_canonical();
            let net = around(address);
            let mut revoked = self.revoked.get_mut(phone).into_iter().flatten();
            if let Some(revoked) = revoked.find(|revoked| revoked.net == net) {
                revoked.age = Duration::ZERO;
                continue;
            }
            if keepers.time_left(phone).is_none() {
                continue;
            }
            let holders = holding(address);
            let held = self.held.entry(phone.clone()).or_default();
            if let Some(known) = held.iter_mut().find(|held| held.net == net) {
                known.renew(holders, now);
            } else {
                let is_against = |holders: &Holders| judge.is_against(address.into(), holders);
                held.extend(holders.filter(is_against).map(|holders| Held::new(net, holders, now)));
            }
        }
        self.revoked.retain(|_, addresses| {
            addresses.retain(|revoked| revoked.age < KEPT);
            !addresses.is_empty()
        });
        self.limit();
    }

    /// Takes note that Asterisk does not say who is registered.
    pub fn pass_time(&mut self, policy: &Policy, now: &Moment) {
        let passed = self.passed(now);
        self.looked = Some(now.clone());
        let ends: Vec<Timestamp> = policy.phones().filter_map(|(_, end)| end).collect();
        self.ends.count_down(passed, &ends, now);
        self.held.retain(|_, addresses| {
            addresses.retain_mut(|held| {
                held.age += passed;
                held.age < KEPT
            });
            !addresses.is_empty()
        });
    }

    /// Leaves out what is too many: first what is not registered any more, then what came last.
    fn limit(&mut self) {
        self.left_out.clear();
        let order = |held: &Held| (!held.is_registered, held.age, held.since, held.net);
        let mut left_out = Vec::new();
        self.held.retain(|phone, addresses| {
            addresses.sort_by_key(order);
            let beyond = addresses.split_off(addresses.len().min(MOST_ADDRESSES));
            left_out.extend(LeftOut::of(phone, beyond, false));
            !addresses.is_empty()
        });
        let mut phones: Vec<_> =
            self.held.iter().map(|(phone, held)| (order(&held[0]), phone.clone())).collect();
        phones.sort_unstable();
        for (_, phone) in phones.into_iter().skip(MOST_PHONES) {
            let beyond = self.held.remove(&phone).unwrap_or_default();
            left_out.extend(LeftOut::of(&phone, beyond, true));
        }
        self.left_out = left_out;
    }

    /// Ends what passes for `phone` from `net`, or from everywhere, and remembers it. Returns what passed under `policy`.
    pub fn revoke(
        &mut self,
        phone: &PhoneName,
        net: Option<IpNet>,
        policy: &Policy,
        now: &Moment,
    ) -> Vec<IpNet> {
        self.pass_time(policy, now);
        let is_meant = |other: IpNet| net.is_none_or(|net| net == other);
        let ended =
            self.kept(policy, now).into_iter().filter(|kept| kept.phone == phone && is_meant(kept.net));
        let ended: Vec<IpNet> = ended.map(|kept| kept.net).collect();
        let held = self.held.remove(phone).unwrap_or_default();
        let (gone, stays): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|held| is_meant(held.net));
        if !stays.is_empty() {
            self.held.insert(phone.clone(), stays);
        }
        // What is told to end by its address is remembered even if it has just ended by itself.
        let gone: HashSet<IpNet> = gone.into_iter().map(|held| held.net).chain(net).collect();
        if !gone.is_empty() {
            let revoked = self.revoked.entry(phone.clone()).or_default();
            revoked.retain(|revoked| !gone.contains(&revoked.net));
            revoked.extend(gone.into_iter().map(|net| Revoked { net, age: Duration::ZERO }));
        }
        ended
    }

    /// What passes under `policy`, by name and address.
    pub fn kept<'a>(&'a self, policy: &Policy, now: &Moment) -> Vec<Kept<'a>> {
        let (passed, judge) = (self.passed(now), Judge::new(policy));
        let keepers = self.keepers(policy, now);
        let of_phone = |(phone, addresses): (&'a PhoneName, &'a Vec<Held>)| {
            let lasts = keepers.time_left(phone).unwrap_or_default();
            let kept = addresses.iter().filter(|held| judge.is_against(held.net, &held.holders));
            let kept = kept.map(|held| Kept {
                phone,
                net: held.net,
                country: judge.deciding(&held.holders.countries),
                since: held.since,
                seen_at: held.seen_at,
                is_registered: held.is_registered,
                left: KEPT.saturating_sub(held.age + passed).min(lasts),
            });
            kept.filter(|kept| !kept.left.is_zero()).collect::<Vec<_>>()
        };
        let mut kept: Vec<Kept<'a>> = self.held.iter().flat_map(of_phone).collect();
        kept.sort_by_key(|kept| (kept.phone, kept.net));
        kept
    }

    /// What passes under `policy`, as set members.
    pub fn members(&self, policy: &Policy, now: &Moment) -> Vec<TimedMember> {
        let kept = self.kept(policy, now).into_iter().map(|kept| member(kept.net, kept.left));
        TimedMember::longest(kept.collect())
    }

    /// As [`Self::members`], for the verdict on an address.
    pub fn addresses(&self, policy: &Policy, now: &Moment) -> Vec<PassingAddress> {
        let end = |phone: &PhoneName| {
            let exceptions = policy.phones().filter(|(named, _)| *named == phone).map(|(_, end)| end);
            if policy.keep_phones { None } else { latest(exceptions) }
        };
        let kept = self.kept(policy, now).into_iter().map(|kept| PassingAddress {
            whose: Excepted::Phone(kept.phone.clone()),
            net: kept.net,
            expires_at: end(kept.phone),
        });
        kept.collect()
    }

    /// Every address that the kernel may hold for phones.
    pub fn nets(&self) -> impl Iterator<Item = IpNet> {
        self.held.values().flatten().map(|held| held.net)
    }

    fn passed(&self, now: &Moment) -> Duration {
        self.looked.as_ref().map(|looked| looked.until(now)).unwrap_or_default()
    }

    fn keepers<'a>(&self, policy: &'a Policy, now: &Moment) -> Keepers<'a> {
        let passed = self.passed(now);
        let mut named: HashMap<&PhoneName, Duration> = HashMap::new();
        for (phone, end) in policy.phones() {
            let left = end.map_or(Duration::MAX, |end| self.ends.left(end, passed, now));
            let longest = named.entry(phone).or_default();
            *longest = left.max(*longest);
        }
        Keepers { all: policy.keep_phones, named }
    }
}

/// Which phones a policy keeps.
struct Keepers<'a> {
    all: bool,
    named: HashMap<&'a PhoneName, Duration>,
}

impl Keepers<'_> {
    /// How long the policy keeps this phone. `None` if it does not.
    fn time_left(&self, phone: &PhoneName) -> Option<Duration> {
        if self.all {
            return Some(Duration::MAX);
        }
        self.named.get(phone).copied().filter(|left| !left.is_zero())
    }
}

impl Held {
    fn new(net: IpNet, holders: Holders, now: &Moment) -> Self {
        let (since, age) = (now.wall, Duration::ZERO);
        Self { net, holders, since, seen_at: now.wall, age, is_registered: true }
    }

    fn renew(&mut self, holders: Option<Holders>, now: &Moment) {
        (self.seen_at, self.age, self.is_registered) = (now.wall, Duration::ZERO, true);
        // The kernel may still drop it for a list or a network that it has left by the newest data.
        self.holders = match holders {
            Some(new) => new.beside(std::mem::take(&mut self.holders)),
            None => std::mem::take(&mut self.holders),
        };
    }
}

impl LeftOut {
    fn of(phone: &PhoneName, beyond: Vec<Held>, is_of_phones: bool) -> impl Iterator<Item = Self> {
        beyond.into_iter().map(move |held| Self { phone: phone.clone(), net: held.net, is_of_phones })
    }
}

#[cfg(test)]
mod tests;
