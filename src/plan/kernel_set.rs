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
    /// Blocks, of at least a routed length's size, of which all IPv4 addresses are dropped.
    BlockedV4,
    /// Blocks of /16 in which every IPv4 address is dropped.
    WholeV4,
    /// The IPv6 addresses to drop in divided blocks.
    PartsV6,
    /// Blocks of which IPv6 addresses are dropped and others pass.
    DividedV6,
    /// Blocks, of at least a routed length's size, of which all IPv6 addresses are dropped.
    BlockedV6,
}

impl KernelSet {
    /// All sets, in the order in which new ones take the places of others. What is dropped in parts is told by
    /// them before `blocked` ceases to hold it, and parts are there before their block is called divided.
    pub const ALL: [Self; 7] = [
        Self::PartsV4,
        Self::DividedV4,
        Self::BlockedV4,
        Self::WholeV4,
        Self::PartsV6,
        Self::DividedV6,
        Self::BlockedV6,
    ];

    /// True if the filter decides the same without it, and only takes longer.
    pub fn is_shortcut(self) -> bool {
        self == Self::WholeV4
    }

    /// The set of the blocks of which all addresses are dropped.
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

    /// True for the sets that together tell what is dropped in divided blocks.
    pub fn tells_of_parts(self) -> bool {
        [Self::divided(self.family()), Self::parts(self.family())].contains(&self)
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
