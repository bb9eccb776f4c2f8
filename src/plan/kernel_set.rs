//! The sets that the kernel holds for a plan.

use serde::{Deserialize, Serialize};

use crate::net::Family;

/// A set of a plan. For every family one set holds the whole decision; others may shorten the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelSet {
    /// The IPv4 addresses to drop.
    BlockedV4,
    /// Blocks of /16 outside which no IPv4 address is dropped.
    TouchedV4,
    /// Blocks of /16 in which every IPv4 address is dropped.
    WholeV4,
    /// The IPv6 addresses to drop.
    BlockedV6,
}

impl KernelSet {
    /// All sets.
    pub const ALL: [Self; 4] = [Self::BlockedV4, Self::TouchedV4, Self::WholeV4, Self::BlockedV6];

    /// The set with the whole decision of a family.
    pub fn deciding(family: Family) -> Self {
        match family {
            Family::V4 => Self::BlockedV4,
            Family::V6 => Self::BlockedV6,
        }
    }

    /// The sets of a family, the deciding one first.
    pub fn of(family: Family) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |set| set.family() == family)
    }

    /// The family of its addresses.
    pub fn family(self) -> Family {
        match self {
            Self::BlockedV4 | Self::TouchedV4 | Self::WholeV4 => Family::V4,
            Self::BlockedV6 => Family::V6,
        }
    }
}
