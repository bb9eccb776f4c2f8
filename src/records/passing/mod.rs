//! Who passes for a while although the policy drops the address: hosts, for which name servers give addresses, and phones,
//! which Asterisk lists. Whatever restores the sets takes both from these records and asks nobody.

mod ends;
pub mod hosts;
pub mod phones;

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::error::Result;
use crate::firewall::{Exempted, TimedMember};
use crate::plan::{PassingAddress, Policy};
use crate::records::Applied;
use crate::storage::record::{self, Record};
use crate::storage::{self, LockKind, Moment, StateDir};
use ends::Ends;
use hosts::HostAnswers;
use phones::PhoneAddresses;

/// How long an address passes that is not renewed.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// A client uses any address of its network, so its network passes.
const V6_LENGTH: u8 = 64;

/// The record of one of the two ways to learn who passes.
pub trait PassingRecord: Record + Default {
    /// Its file in the state directory.
    const FILE: &str;

    /// Reads the record; nothing if there is none.
    ///
    /// # Errors
    /// `state.*` if it cannot be read. What is learnt next then makes a new one.
    fn load(state: &StateDir) -> Result<Self> {
        record::load(&state.file(Self::FILE)).map(Option::unwrap_or_default)
    }

    /// As [`Self::load`]; nothing if the record cannot be read, which the log then says.
    fn load_or_forget(state: &StateDir) -> Self {
        record::load_or_forget(&state.file(Self::FILE)).unwrap_or_default()
    }

    /// Writes the record. The caller holds the firewall lock.
    ///
    /// # Errors
    /// `state.io`.
    fn save(&self, state: &StateDir) -> Result<()> {
        record::save(&state.file(Self::FILE), LockKind::Firewall, self)
    }

    /// Removes the record.
    ///
    /// # Errors
    /// `state.io`.
    fn forget(state: &StateDir) -> Result<()> {
        storage::remove(&state.file(Self::FILE))
    }
}

/// What both records hold.
#[derive(Debug, Default, Clone)]
pub struct Passing {
    /// What name servers said of hosts.
    pub hosts: HostAnswers,
    /// From where phones were registered.
    pub phones: PhoneAddresses,
}

impl Passing {
    /// What `policy` needs of the records; nothing of one that cannot be read, which the log then says.
    pub fn load_or_forget(state: &StateDir, policy: &Policy) -> Self {
        let mut passing = Self::default();
        if policy.names_hosts() {
            passing.hosts = HostAnswers::load_or_forget(state);
        }
        if policy.may_keep_phones() {
            passing.phones = PhoneAddresses::load_or_forget(state);
        }
        passing
    }

    /// What the kernel must hold for `applied`: its timed exceptions, hosts and phones.
    pub fn exempted(&self, applied: &Applied, now: &Moment) -> Exempted {
        let policy = &applied.policy;
        let everywhere = applied.timed_members(now.wall).into_iter().chain(self.hosts.members(policy, now));
        Exempted {
            everywhere: Some(TimedMember::longest(everywhere.collect())),
            phones: policy.may_keep_phones().then(|| self.phones.members(policy, now)),
        }
    }

    /// What passes under `policy`, for the verdict on an address.
    pub fn addresses(&self, policy: &Policy, now: &Moment) -> Vec<PassingAddress> {
        let mut addresses = self.hosts.addresses(policy, now);
        addresses.extend(self.phones.addresses(policy, now));
        addresses
    }
}

/// Removes from both records what none of these policies needs. The caller holds the firewall lock.
///
/// # Errors
/// `state.*`.
pub fn prune<'a>(state: &StateDir, needed: impl Iterator<Item = &'a Policy> + Clone) -> Result<()> {
    let hosts = HostAnswers::prune(state, needed.clone());
    hosts.and(PhoneAddresses::prune(state, needed))
}

/// Removes both records.
///
/// # Errors
/// `state.io`.
pub fn forget(state: &StateDir) -> Result<()> {
    HostAnswers::forget(state).and(PhoneAddresses::forget(state))
}

/// What passes for an address: itself, or the network around it.
pub fn around(address: IpAddr) -> IpNet {
    match address {
        IpAddr::V4(_) => address.into(),
        IpAddr::V6(_) => IpNet::new(address, V6_LENGTH).map_or_else(|_| address.into(), |net| net.trunc()),
    }
}

/// The block of an entry that passes, from the entry or an address in it. `None` for any other block.
pub fn entry_of(net: IpNet) -> Option<IpNet> {
    let entry = around(net.addr());
    (net == entry || net.prefix_len() == net.max_prefix_len()).then_some(entry)
}

/// What passes for this time, as a set member.
fn member(net: IpNet, left: Duration) -> TimedMember {
    let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
    TimedMember { net, seconds: seconds.max(1) }
}

/// The end of an exception that lasts longest, of several; none if one of them lasts for good.
fn latest(ends: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    ends.max_by_key(|end| end.unwrap_or(Timestamp::MAX)).flatten()
}
