//! The sets that the kernel holds for a plan, and the order in which they are replaced.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::net::Family;

/// What a set holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The dropped addresses within mixed blocks: more-specific prefixes.
    Specific,
    /// The blocks of routed length (/24 or /48) in which some addresses are dropped and others pass.
    Mixed,
    /// The blocks of routed length or larger in which all addresses are dropped.
    Blocked,
    /// The /16 blocks in which all IPv4 addresses are dropped.
    Slash16,
    /// The addresses that may not administer the PBX; empty if all may.
    Admin,
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
    /// All sets, in the order in which new sets replace the old ones.
    ///
    /// `specific` comes first, then `mixed`, then `blocked`. An address in a block that becomes mixed is thus covered
    /// by `specific` and `mixed` before it leaves `blocked`.
    pub const ALL: [Self; 9] = [
        Self::specific(Family::V4),
        Self::mixed(Family::V4),
        Self::blocked(Family::V4),
        Self::SLASH16,
        Self::admin(Family::V4),
        Self::specific(Family::V6),
        Self::mixed(Family::V6),
        Self::blocked(Family::V6),
        Self::admin(Family::V6),
    ];

    /// The set of /16 blocks. It exists for IPv4 only.
    pub const SLASH16: Self = Self { family: Family::V4, role: Role::Slash16 };

    /// The set of blocks in which all addresses are dropped.
    pub const fn blocked(family: Family) -> Self {
        Self { family, role: Role::Blocked }
    }

    /// The set of blocks in which some addresses are dropped.
    pub const fn mixed(family: Family) -> Self {
        Self { family, role: Role::Mixed }
    }

    /// The set of dropped addresses within mixed blocks.
    pub const fn specific(family: Family) -> Self {
        Self { family, role: Role::Specific }
    }

    /// The set of addresses that may not administer the PBX.
    pub const fn admin(family: Family) -> Self {
        Self { family, role: Role::Admin }
    }

    /// The sets of a family, in the order of [`Self::ALL`].
    pub fn of(family: Family) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |set| set.family == family)
    }

    /// True if the set only speeds up the filter: without it every verdict is the same.
    pub fn is_shortcut(self) -> bool {
        self.role == Role::Slash16
    }

    /// True for `mixed` and `specific`, which together cover the dropped addresses in mixed blocks.
    pub fn covers_mixed_blocks(self) -> bool {
        matches!(self.role, Role::Mixed | Role::Specific)
    }

    /// The number of entries by which a family's connections are dropped. The shortcut set is not counted: it repeats what
    /// `blocked` holds. Nor is `admin`, which few connections ask.
    pub fn count_entries(family: Family, entries: impl Fn(Self) -> u64) -> u64 {
        let counts = |set: &Self| !set.is_shortcut() && set.role != Role::Admin;
        Self::of(family).filter(counts).map(entries).sum()
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
            Role::Admin => "admin",
        };
        write!(f, "{role}_{}", self.family.suffix())
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
