//! Sets as data, and what a way to the kernel's sets has to offer.

use std::fmt;
use std::net::IpAddr;

use super::passes::Lease;
use super::seen;
use crate::error::{Error, Result};
use crate::net::{AddressRange, Family, IpBits, TableEntry};
use crate::plan::BLOCK_LENGTH;

/// A set as the kernel is to hold it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetSpec<'a> {
    /// The name that rules refer to.
    pub(super) name: &'static str,
    /// The name that it bears until it is whole.
    pub(super) loading_name: &'static str,
    pub(super) kind: SetKind,
    pub(super) members: Members<'a>,
}

/// The type of a set with its dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetKind {
    /// `hash:net`: prefixes, the longest decides.
    HashNet { family: Family, hash_size: u32 },
    /// `hash:net` whose members end by themselves.
    Leases { family: Family, hash_size: u32 },
    /// `hash:ip` with counters whose members the kernel adds by itself; IPv6 by blocks of /64. They end by themselves,
    /// and where the set is full one of them gives way to the next.
    Seen { family: Family },
    /// `bitmap:ip` over all of IPv4: a bit for each block of `netmask` leading bits.
    BitmapIp { netmask: u8 },
}

/// The members of a set.
#[derive(Debug, Clone, Copy)]
pub(super) enum Members<'a> {
    V4(&'a [TableEntry<u32>]),
    V6(&'a [TableEntry<u128>]),
    /// Ranges of whole blocks.
    Blocks(&'a [AddressRange<u32>]),
    Leases(&'a [Lease]),
    /// None: the kernel adds them.
    ByPackets,
}

/// What is added to a set at a time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    Prefix { address: IpAddr, length: u8, nomatch: bool },
    Range { first: IpAddr, last: IpAddr },
    Lease(Lease),
}

/// A member as the kernel lists it: a prefix, or a block of a bitmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listed {
    pub(super) address: IpAddr,
    pub(super) length: u8,
    pub(super) nomatch: bool,
}

/// A member of a set of [`SetKind::Seen`], as the kernel lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) address: IpAddr,
    pub(super) packets: u64,
}

/// What the kernel says of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetHeader {
    pub(super) name: String,
    /// Its type, such as `hash:net`.
    pub(super) kind: String,
    pub(super) family: Family,
    /// What it was made with, in the words of the `ipset` tool: all that decides what it holds and for how long, not
    /// what the kernel may change by itself, such as the size of the hash.
    pub(super) options: String,
    pub(super) entries: u64,
    pub(super) memory_bytes: u64,
}

/// What becomes of members of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Remove,
}

/// A change of names, which takes no time and copies nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Two sets of one type change places; rules follow the name.
    Swap(&'static str, &'static str),
    /// A set that no rule refers to gets another name, which must be free.
    Rename(&'static str, &'static str),
}

/// Why not all steps could be taken, and how many were.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) taken: usize,
    pub(super) error: Error,
}

/// A way to the sets of this network namespace.
pub(super) trait Sets: fmt::Debug + Sync {
    /// The headers of all sets.
    fn headers(&self) -> Result<Vec<SetHeader>>;

    /// The header of one set; none if there is no such set. The kernel counts a set's memory bucket by bucket whenever it
    /// is asked for its header, so whoever wants to know of a small set does not ask for all.
    fn header(&self, name: &str) -> Result<Option<SetHeader>>;

    /// The members of a set of this kind, in no order.
    fn members(&self, name: &str, kind: SetKind) -> Result<Vec<Listed>>;

    /// The members of a set that counts, in no order.
    fn counted(&self, name: &str) -> Result<Vec<Counted>>;

    /// True if a set of addresses holds this one.
    fn holds(&self, name: &str, address: IpAddr) -> Result<bool>;

    /// Loads a set under its loading name, which must be free. What a failure leaves is for the caller to remove.
    fn load(&self, set: &SetSpec<'_>) -> Result<()>;

    /// Adds members to a set of prefixes that has none of them, or removes them as far as it has them.
    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()>;

    /// Takes the steps in order, up to the first that fails.
    fn take(&self, steps: &[Step]) -> Result<(), Stopped>;

    /// Removes a set, if it is there.
    ///
    /// Fails with `firewall.set_in_use` while a rule refers to it.
    fn destroy(&self, name: &str) -> Result<()>;
}

impl SetKind {
    /// The name of the type.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::HashNet { .. } | Self::Leases { .. } => "hash:net",
            Self::Seen { .. } => "hash:ip",
            Self::BitmapIp { .. } => "bitmap:ip",
        }
    }

    /// The family of the members.
    pub(super) fn family(self) -> Family {
        match self {
            Self::HashNet { family, .. } | Self::Leases { family, .. } | Self::Seen { family } => family,
            Self::BitmapIp { .. } => Family::V4,
        }
    }

    /// The length of a member that is listed without one.
    pub(super) fn unnamed_length(self) -> u8 {
        match self {
            Self::BitmapIp { netmask } => netmask,
            Self::Seen { family: Family::V6 } => seen::V6_LENGTH,
            _ => match self.family() {
                Family::V4 => 32,
                Family::V6 => 128,
            },
        }
    }
}

impl SetSpec<'_> {
    /// The `maxelem` of a hash. It takes no memory; where we alone add members, it is none that matters.
    pub(super) fn capacity(&self) -> u32 {
        match self.kind {
            SetKind::Seen { .. } => seen::CAPACITY,
            _ => u32::MAX,
        }
    }

    /// As [`SetHeader::options`].
    pub(super) fn options(&self) -> String {
        match self.kind {
            SetKind::HashNet { family, .. } => {
                format!("family {} maxelem {}", family_word(family), self.capacity())
            }
            SetKind::Leases { family, .. } => {
                format!("family {} maxelem {} timeout 0", family_word(family), self.capacity())
            }
            // The tool does not list `forceadd`.
            SetKind::Seen { family } => {
                let netmask = seen::netmask(family).map(|length| format!(" netmask {length}"));
                format!(
                    "family {} maxelem {}{} counters",
                    family_word(family),
                    self.capacity(),
                    netmask.unwrap_or_default()
                )
            }
            SetKind::BitmapIp { netmask } => format!("range 0.0.0.0-255.255.255.255 netmask {netmask}"),
        }
    }

    /// True if the kernel would let the two change places.
    pub(super) fn can_replace(&self, header: &SetHeader) -> bool {
        header.kind == self.kind.type_name() && header.family == self.kind.family()
    }
}

impl Members<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::V4(entries) => entries.len(),
            Self::V6(entries) => entries.len(),
            Self::Blocks(ranges) => ranges.len(),
            Self::Leases(leases) => leases.len(),
            Self::ByPackets => 0,
        }
    }

    /// The members as the kernel lists them, in order.
    pub(super) fn listed(&self) -> Vec<Listed> {
        match self {
            Self::V4(entries) => entries.iter().map(listed).collect(),
            Self::V6(entries) => entries.iter().map(listed).collect(),
            Self::Blocks(ranges) => ranges.iter().copied().flat_map(blocks).collect(),
            Self::Leases(leases) => leases.iter().map(leased).collect(),
            Self::ByPackets => Vec::new(),
        }
    }

    /// The members in order.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = Member> + Send + '_> {
        match self {
            Self::V4(entries) => Box::new(entries.iter().map(prefix)),
            Self::V6(entries) => Box::new(entries.iter().map(prefix)),
            Self::Blocks(ranges) => Box::new(ranges.iter().copied().map(range)),
            Self::Leases(leases) => Box::new(leases.iter().copied().map(Member::Lease)),
            Self::ByPackets => Box::new(std::iter::empty()),
        }
    }
}

fn prefix<A: IpBits>(entry: &TableEntry<A>) -> Member {
    let (address, length) = (entry.prefix.base().to_ip(), entry.prefix.length());
    Member::Prefix { address, length, nomatch: entry.nomatch }
}

fn listed<A: IpBits>(entry: &TableEntry<A>) -> Listed {
    Listed { address: entry.prefix.base().to_ip(), length: entry.prefix.length(), nomatch: entry.nomatch }
}

fn leased(lease: &Lease) -> Listed {
    Listed { address: lease.net.network(), length: lease.net.prefix_len(), nomatch: false }
}

fn blocks(range: AddressRange<u32>) -> impl Iterator<Item = Listed> {
    let blocks = (range.first()..=range.last()).step_by(1 << (32 - BLOCK_LENGTH));
    blocks.map(|first| Listed { address: first.to_ip(), length: BLOCK_LENGTH, nomatch: false })
}

/// What the `ipset` tool calls a family.
pub(super) fn family_word(family: Family) -> &'static str {
    match family {
        Family::V4 => "inet",
        Family::V6 => "inet6",
    }
}

fn range(range: AddressRange<u32>) -> Member {
    Member::Range { first: range.first().to_ip(), last: range.last().to_ip() }
}

impl Step {
    /// The step that undoes this one.
    fn inverse(self) -> Self {
        match self {
            Self::Swap(one, other) => Self::Swap(one, other),
            Self::Rename(from, to) => Self::Rename(to, from),
        }
    }
}

/// Takes all steps or none.
pub(super) fn take_all(sets: &dyn Sets, steps: &[Step]) -> Result<()> {
    sets.take(steps).map_err(|Stopped { taken, error }| {
        let back: Vec<Step> = steps[..taken].iter().rev().map(|step| step.inverse()).collect();
        if !back.is_empty() {
            let stuck = sets.take(&back).err();
            stuck.inspect(|stuck| log::error!("cannot take back what was done before: {}", stuck.error));
        }
        error
    })
}
