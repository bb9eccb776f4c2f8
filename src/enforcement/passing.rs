//! Learns who passes for a while by addresses that change, from name servers about hosts and from Asterisk about phones, and
//! puts it in force.

use std::net::IpAddr;

use ipnet::IpNet;

use super::hosts::FreshAnswers;
use super::lock::FirewallLock;
use super::phones;
use crate::activity::Sender;
use crate::context::Context;
use crate::database::Excerpt;
use crate::error::Result;
use crate::firewall::{Exempted, Firewall, Opening};
use crate::net::PhoneName;
use crate::plan::{PassingAddress, Policy};
use crate::records::Applied;
use crate::records::passing::hosts::{self, HostAnswers, Occasion};
use crate::records::passing::phones::{self as phone_records, Contacts, PhoneAddresses};
use crate::records::passing::{Passing, PassingRecord};
use crate::storage::Moment;
use crate::warning::{Warning, WarningCode};

/// What name servers and Asterisk say, not recorded yet.
pub(crate) struct Learnt<'a> {
    answers: FreshAnswers,
    /// `None` if Asterisk does not say who is registered.
    contacts: Option<&'a Contacts>,
}

impl<'a> Learnt<'a> {
    /// Asks name servers about the hosts of `policy`. No lock is held meanwhile.
    pub(crate) fn ask(
        context: &Context<'_>,
        policy: &Policy,
        occasion: Occasion,
        contacts: Option<&'a Contacts>,
    ) -> Self {
        Self { answers: FreshAnswers::ask(context, policy, occasion), contacts }
    }

    /// Asks about the hosts of the policy that should be in force.
    pub(crate) fn look(context: &Context<'_>, contacts: Option<&'a Contacts>) -> Self {
        match context.wanted() {
            Ok(Some(applied)) => Self::ask(context, &applied.policy, Occasion::Look, contacts),
            // What is wrong with the record is reported by whoever needs it.
            Ok(None) | Err(_) => Self { answers: FreshAnswers::none(Occasion::Look), contacts },
        }
    }

    /// Records what concerns `policy`. Returns all that is known then of hosts and of phones, even if it could not be
    /// recorded, which is a warning; `None` for those of whom nothing was learnt. `excerpt_of` is the country data around
    /// some addresses.
    pub(crate) fn record(
        &self,
        context: &mut Context<'_>,
        _: &FirewallLock,
        policy: &Policy,
        excerpt_of: impl FnOnce(&[IpAddr]) -> Result<Excerpt>,
    ) -> (Option<HostAnswers>, Option<PhoneAddresses>) {
        let hosts = self.hosts(context, policy);
        let phones = match self.contacts {
            _ if !policy.may_keep_phones() => None,
            Some(contacts) => {
                let mut known = known_phones(context);
                phones::record(context, &mut known, contacts, policy, excerpt_of);
                Some(known)
            }
            None => {
                phones::pass_time(context, policy);
                None
            }
        };
        (hosts, phones)
    }

    /// Records what name servers said. `None` if nobody was asked about; also if the record cannot be read while name servers
    /// are silent: what the kernel holds is then all that is known, and stays.
    fn hosts(&self, context: &mut Context<'_>, policy: &Policy) -> Option<HostAnswers> {
        if self.answers.is_empty() {
            return None;
        }
        let readable = readable_hosts(context);
        if readable.is_none() && self.answers.are_partly_silent() {
            return None;
        }
        let mut known = readable.unwrap_or_default();
        self.answers.record(context, &mut known, policy);
        Some(known)
    }

    /// Records what was learnt, and makes the kernel hold the addresses of hosts and phones of `applied`. A failure is a
    /// warning: the next look tries again.
    pub(crate) fn put_in_force(
        &self,
        context: &mut Context<'_>,
        lock: &FirewallLock,
        applied: &Applied,
        firewall: &Firewall,
    ) {
        let (store, source) = (context.store(), applied.source);
        let excerpt_of = |addresses: &[IpAddr]| store.load_excerpt(source, addresses);
        let (hosts, phones) = self.record(context, lock, &applied.policy, excerpt_of);
        let (of_hosts, of_phones) = (hosts.is_some(), phones.is_some());
        if !of_hosts && !of_phones {
            return;
        }
        let passing = Passing { hosts: hosts.unwrap_or_default(), phones: phones.unwrap_or_default() };
        let Exempted { everywhere, phones } = passing.exempted(applied, &Moment::of(&*context.clock));
        let exempted =
            Exempted { everywhere: everywhere.filter(|_| of_hosts), phones: phones.filter(|_| of_phones) };
        if let Err(error) = firewall.replace_exempt(&exempted) {
            context.warnings.push(Warning::from(&error));
        }
    }
}

/// Ends what passes for a phone from `net`, or from everywhere. Returns what passed.
///
/// # Errors
/// `firewall.*`, `state.*`. What could be done is done.
pub(crate) fn revoke(
    context: &mut Context<'_>,
    _: &FirewallLock,
    applied: &Applied,
    phone: &PhoneName,
    net: Option<IpNet>,
) -> Result<Vec<IpNet>> {
    let now = Moment::of(&*context.clock);
    let policy = &applied.policy;
    let mut known = if policy.may_keep_phones() { known_phones(context) } else { PhoneAddresses::default() };
    let ended = known.revoke(phone, net, policy, &now);
    if policy.may_keep_phones() {
        let saved = known.save(&context.state);
        let (firewall, _) = Opening::wait(&context.kernel, &mut context.warnings)?;
        let phones = Some(known.members(policy, &now));
        firewall.replace_exempt(&Exempted { everywhere: None, phones })?;
        saved?;
    }
    if ended.is_empty() {
        let from = net.map(|net| format!(" from {}", Sender::from(net))).unwrap_or_default();
        context
            .warn(WarningCode::PhoneNotKept, format!("{phone} keeps no way{from}: there was nothing to end"));
    }
    for kept in known.kept(policy, &now).iter().filter(|kept| ended.contains(&kept.net)) {
        let message = format!("{} still passes for {}", Sender::from(kept.net), kept.phone);
        context.warn(WarningCode::PhoneAddressShared, message);
    }
    Ok(ended)
}

/// What passes under `policy`, by what was learnt last.
pub(crate) fn addresses(context: &Context<'_>, policy: &Policy) -> Vec<PassingAddress> {
    with_contacts(context, policy, None, None)
}

/// As [`addresses`], and what would pass with these contacts, by the country data around them.
pub(crate) fn with_contacts(
    context: &Context<'_>,
    policy: &Policy,
    contacts: Option<&Contacts>,
    excerpt: Option<&Excerpt>,
) -> Vec<PassingAddress> {
    let now = Moment::of(&*context.clock);
    let mut passing = Passing::load_or_forget(&context.state, policy);
    if let Some(contacts) = contacts.filter(|_| policy.may_keep_phones()) {
        phones::note(context, &mut passing.phones, contacts, policy, excerpt);
    }
    passing.addresses(policy, &now)
}

/// The addresses about which the country data must be asked: those of a request, and those of its contacts if `policy` may
/// keep phones.
pub(crate) fn concerned(
    addresses: &[IpAddr],
    contacts: Option<&Contacts>,
    policy: Option<&Policy>,
) -> Vec<IpAddr> {
    let keeps_phones = policy.is_some_and(Policy::may_keep_phones);
    let contacts = contacts.filter(|_| keeps_phones).into_iter().flat_map(Contacts::iter);
    addresses.iter().copied().chain(contacts.map(|contact| contact.address)).collect()
}

/// What is known of the hosts. Adds a warning if the record cannot be read.
pub(crate) fn known_hosts(context: &mut Context<'_>) -> HostAnswers {
    readable_hosts(context).unwrap_or_default()
}

/// As [`known_hosts`]. `None` if the record cannot be read.
fn readable_hosts(context: &mut Context<'_>) -> Option<HostAnswers> {
    let damage = match HostAnswers::load(&context.state) {
        Ok(known) => return Some(known),
        Err(damage) => damage,
    };
    context.warnings.push(hosts::warning_of_damage(&damage));
    None
}

/// What is known of the phones. Adds a warning if the record cannot be read.
pub(crate) fn known_phones(context: &mut Context<'_>) -> PhoneAddresses {
    PhoneAddresses::load(&context.state).unwrap_or_else(|damage| {
        context.warnings.push(phone_records::warning_of_damage(&damage));
        PhoneAddresses::default()
    })
}
