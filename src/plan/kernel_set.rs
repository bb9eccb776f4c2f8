//! The sets that the kernel holds for a plan.

use serde::{Deserialize, Serialize};

use crate::net::Family;

/// A set of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelSet {
    /// The IPv4 addresses to drop in divided blocks.
    PartsV4,
    /// Blocks of which IPv4 addresses are dropped and others pass.
    DividedV4,
    /// Where IPv4 addresses are dropped: blocks of a routed length, divided ones among them.
    BlockedV4,
    /// Blocks of /16 in which every IPv4 address is dropped.
    WholeV4,
    /// The IPv6 addresses to drop in divided blocks.
    PartsV6,
    /// Blocks of which IPv6 addresses are dropped and others pass.
    DividedV6,
    /// Where IPv6 addresses are dropped: blocks of a routed length, divided ones among them.
    BlockedV6,
}

impl KernelSet {
    /// All sets, in the order in which new ones take the places of others. Before a block is called divided its parts
    /// are there, and before it is looked at, it is called divided.
    pub const ALL: [Self; 7] = [
        Self::PartsV4,
        Self::DividedV4,
        Self::BlockedV4,
        Self::WholeV4,
        Self::PartsV6,
        Self::DividedV6,
        Self::BlockedV6,
    ];

    /// The set of the blocks in which addresses are dropped.
    pub fn blocked(family: Family) -> Self {
        match family {
            Family::V4 => Self::BlockedV4,
            Family::V6 => Self::BlockedV6,
        }
    }

    /// The set that says which blocks are divided.
    pub fn divided(family: Family) -> Self {
        match family {
            Family::V4 => Self::DividedV4,
            Family::V6 => Self::DividedV6,
        }
    }

    /// The set of what is dropped in divided blocks.
    pub fn parts(family: Family) -> Self {
        match family {
            Family::V4 => Self::PartsV4,
            Family::V6 => Self::PartsV6,
        }
    }

    /// The sets of a family, in the order of [`Self::ALL`].
    pub fn of(family: Family) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |set| set.family() == family)
    }

    /// The number of a family's entries, from that of each of its sets. A bitmap has none.
    pub fn count_entries(family: Family, entries: impl Fn(Self) -> u64) -> u64 {
        Self::of(family).filter(|set| *set != Self::WholeV4).map(entries).sum()
    }

    /// The family of its addresses.
    pub fn family(self) -> Family {
        match self {
            Self::PartsV4 | Self::DividedV4 | Self::BlockedV4 | Self::WholeV4 => Family::V4,
            Self::PartsV6 | Self::DividedV6 | Self::BlockedV6 => Family::V6,
        }
    }
}
