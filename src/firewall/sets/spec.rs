//! Sets as data: the specification of a set, and the header that the kernel reports.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::net::{AddressRange, Family, IpBits, TableEntry};
use crate::plan::BLOCK_LENGTH;

/// The most senders of a family in the set: some 200 kB of kernel memory if it is full, 8 kB if it is empty. The
/// entries have no timeout, because with timeouts the kernel searches a full set for expired entries on every new
/// sender.
pub(crate) const SENDERS_CAPACITY: u32 = 4096;
/// A quarter of the capacity, so that buckets rarely overflow.
pub(crate) const SENDERS_HASH_SIZE: u32 = 1024;
/// IPv6 senders are recorded as blocks of this length, because a sender can use any address in its block.
pub(crate) const SENDER_V6_LENGTH: u8 = 64;

/// The netmask of a family's senders, if there is one.
pub(crate) fn sender_netmask(family: Family) -> Option<u8> {
    (family == Family::V6).then_some(SENDER_V6_LENGTH)
}

/// The specification of a set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SetSpec<'a> {
    /// The name in rules.
    pub(crate) name: &'static str,
    /// The name under which the set is loaded.
    pub(crate) next_name: &'static str,
    pub(crate) kind: SetKind,
    pub(crate) members: Members<'a>,
}

/// The type of a set with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetKind {
    /// `hash:net`: prefixes, the longest one decides.
    HashNet { family: Family, hash_size: u32 },
    /// `hash:net` with entries that expire.
    Timed { family: Family, hash_size: u32 },
    /// `hash:ip` with counters, filled by rules; IPv6 as blocks of /64. If the set is full, a new entry replaces
    /// another one.
    Senders { family: Family },
    /// `bitmap:ip` over all of IPv4, with one bit per block of this prefix length.
    BitmapIp { netmask: u8 },
}

/// A timed exception as a set entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedMember {
    /// The subnet.
    pub net: IpNet,
    /// Seconds until it expires.
    pub seconds: u32,
}

/// The entries of a set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Members<'a> {
    V4(&'a [TableEntry<u32>]),
    V6(&'a [TableEntry<u128>]),
    /// Ranges of complete blocks.
    Blocks(&'a [AddressRange<u32>]),
    Timed(&'a [TimedMember]),
    /// None, because rules add them.
    ByPackets,
}

/// One entry to add to a set.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    Prefix { address: IpAddr, length: u8, nomatch: bool },
    Range { first: IpAddr, last: IpAddr },
    Timed(TimedMember),
}

/// An entry as the kernel lists it: a prefix, or one block of a bitmap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Listed {
    pub(crate) address: IpAddr,
    pub(crate) length: u8,
    pub(crate) nomatch: bool,
}

/// The header of a set, as the kernel reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetHeader {
    pub(crate) name: String,
    /// Its type, such as `hash:net`.
    pub(crate) kind: String,
    pub(crate) family: Family,
    /// The options in the words of the `ipset` tool, as far as they decide what the set contains and for how long.
    /// Options that the kernel may change by itself, such as the hash size, are left out.
    pub(crate) options: String,
    pub(crate) entries: u64,
    /// Number of rules and sets that use it. A process that lists it does not count.
    pub(crate) references: u32,
    pub(crate) memory_bytes: u64,
}

impl SetKind {
    /// The name of the type.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::HashNet { .. } | Self::Timed { .. } => "hash:net",
            Self::Senders { .. } => "hash:ip",
            Self::BitmapIp { .. } => "bitmap:ip",
        }
    }

    /// The family of the members.
    pub(crate) fn family(self) -> Family {
        match self {
            Self::HashNet { family, .. } | Self::Timed { family, .. } | Self::Senders { family } => family,
            Self::BitmapIp { .. } => Family::V4,
        }
    }

    /// The prefix length of an entry that is listed without one.
    pub(crate) fn unnamed_length(self) -> u8 {
        match self {
            Self::BitmapIp { netmask } => netmask,
            Self::Senders { family: Family::V6 } => SENDER_V6_LENGTH,
            _ => match self.family() {
                Family::V4 => 32,
                Family::V6 => 128,
            },
        }
    }
}

impl SetSpec<'_> {
    /// The `maxelem` of a hash. It takes no memory, and only we add entries, so its value does not matter. We use it
    /// for the content hash: a set that somebody saved earlier and restored has another one.
    pub(crate) fn capacity(&self) -> u32 {
        match self.kind {
            SetKind::Senders { .. } => SENDERS_CAPACITY,
            SetKind::HashNet { .. } => self.members.mark(),
            _ => u32::MAX,
        }
    }

    /// As [`SetHeader::options`].
    pub(crate) fn options(&self) -> String {
        match self.kind {
            SetKind::HashNet { family, .. } => {
                format!("family {} maxelem {}", family.in_ipset(), self.capacity())
            }
            SetKind::Timed { family, .. } => {
                format!("family {} maxelem {} timeout 0", family.in_ipset(), self.capacity())
            }
            // The tool does not list `forceadd`.
            SetKind::Senders { family } => {
                let netmask = sender_netmask(family).map(|length| format!(" netmask {length}"));
                format!(
                    "family {} maxelem {}{} counters",
                    family.in_ipset(),
                    self.capacity(),
                    netmask.unwrap_or_default()
                )
            }
            SetKind::BitmapIp { netmask } => format!("range 0.0.0.0-255.255.255.255 netmask {netmask}"),
        }
    }

    /// True if the kernel can swap this set with the existing one.
    pub(crate) fn can_replace(&self, header: &SetHeader) -> bool {
        header.kind == self.kind.type_name() && header.family == self.kind.family()
    }
}

impl Members<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::V4(entries) => entries.len(),
            Self::V6(entries) => entries.len(),
            Self::Blocks(ranges) => ranges.len(),
            Self::Timed(timed_members) => timed_members.len(),
            Self::ByPackets => 0,
        }
    }

    /// A hash of the entries, greater than their number.
    fn mark(&self) -> u32 {
        let mut bytes = Vec::new();
        for member in self.listed() {
            match member.address {
                IpAddr::V4(address) => bytes.extend(address.octets()),
                IpAddr::V6(address) => bytes.extend(address.octets()),
            }
            bytes.extend([member.length, member.nomatch.into()]);
        }
        crc32fast::hash(&bytes) | 1 << 31
    }

    /// The entries as the kernel lists them, sorted.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        match self {
            Self::V4(entries) => entries.iter().map(listed).collect(),
            Self::V6(entries) => entries.iter().map(listed).collect(),
            Self::Blocks(ranges) => ranges.iter().copied().flat_map(blocks).collect(),
            Self::Timed(timed_members) => timed_members.iter().map(timed).collect(),
            Self::ByPackets => Vec::new(),
        }
    }

    /// The entries in order.
    pub(crate) fn iter(&self) -> Box<dyn Iterator<Item = Member> + Send + '_> {
        match self {
            Self::V4(entries) => Box::new(entries.iter().map(prefix)),
            Self::V6(entries) => Box::new(entries.iter().map(prefix)),
            Self::Blocks(ranges) => Box::new(ranges.iter().copied().map(range)),
            Self::Timed(timed_members) => Box::new(timed_members.iter().copied().map(Member::Timed)),
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

fn timed(member: &TimedMember) -> Listed {
    Listed { address: member.net.network(), length: member.net.prefix_len(), nomatch: false }
}

fn blocks(range: AddressRange<u32>) -> impl Iterator<Item = Listed> {
    let blocks = (range.first()..=range.last()).step_by(1 << (32 - BLOCK_LENGTH));
    blocks.map(|first| Listed { address: first.to_ip(), length: BLOCK_LENGTH, nomatch: false })
}

fn range(range: AddressRange<u32>) -> Member {
    Member::Range { first: range.first().to_ip(), last: range.last().to_ip() }
}
