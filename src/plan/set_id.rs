//! Which sets the kernel holds for a plan.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::net::Family;

/// What a set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The addresses to drop in blocks of which only some are dropped: more-specific prefixes.
    Specific,
    /// The blocks, of a routed length, of which some addresses are dropped and others pass.
    Mixed,
    /// The blocks, of at least a routed length's size, of which all addresses are dropped.
    Blocked,
    /// The blocks of /16 of which all addresses are dropped.
    Slash16,
}

/// A set of a plan: its role and the family of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SetId {
    /// The family.
    pub family: Family,
    /// What it holds.
    pub role: Role,
}

impl SetId {
    /// All sets, in the order in which new ones replace old ones.
    ///
    /// `specific` comes first, then `mixed`, then `blocked`: what is dropped in a mixed block is covered before `blocked`
    /// ceases to hold it.
    pub const ALL: [Self; 7] = [
        Self::specific(Family::V4),
        Self::mixed(Family::V4),
        Self::blocked(Family::V4),
        Self::SLASH16,
        Self::specific(Family::V6),
        Self::mixed(Family::V6),
        Self::blocked(Family::V6),
    ];

    /// The set of /16 blocks; there is none of IPv6.
    pub const SLASH16: Self = Self { family: Family::V4, role: Role::Slash16 };

    /// The set of the blocks of which all addresses are dropped.
    pub const fn blocked(family: Family) -> Self {
        Self { family, role: Role::Blocked }
    }

    /// The set of the blocks of which some addresses are dropped.
    pub const fn mixed(family: Family) -> Self {
        Self { family, role: Role::Mixed }
    }

    /// The set of the addresses that are dropped in mixed blocks.
    pub const fn specific(family: Family) -> Self {
        Self { family, role: Role::Specific }
    }

    /// The sets of a family, in the order of [`Self::ALL`].
    pub fn of(family: Family) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |set| set.family == family)
    }

    /// True if the filter decides the same without this set, and only takes longer.
    pub fn is_shortcut(self) -> bool {
        self.role == Role::Slash16
    }

    /// True for the two sets that together cover what is dropped in mixed blocks.
    pub fn covers_mixed_blocks(self) -> bool {
        matches!(self.role, Role::Mixed | Role::Specific)
    }

    /// The number of a family's entries, from that of each of its sets. The shortcut adds none.
    pub fn count_entries(family: Family, entries: impl Fn(Self) -> u64) -> u64 {
        Self::of(family).filter(|set| !set.is_shortcut()).map(entries).sum()
    }
}

impl fmt::Display for SetId {
    /// Such as `blocked_v4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Specific => "specific",
            Role::Mixed => "mixed",
            Role::Blocked => "blocked",
            Role::Slash16 => "slash16",
        };
        let family = match self.family {
            Family::V4 => "v4",
            Family::V6 => "v6",
        };
        write!(f, "{role}_{family}")
    }
}

impl Serialize for SetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|set| set.to_string() == text);
        found.ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is not a set")))
    }
}
