//! The names of our sets in the kernel, all in one list.
//!
//! `geoip_blocked_*` and `geoip_allowed_*` are names of the earlier PHP-only module, so that an upgrade replaces its
//! sets.

use crate::net::Family;
use crate::plan::{Role, SetId};

/// The purpose of one of our sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) enum Purpose {
    /// A table of the plan.
    Plan(SetId),
    /// The timed exceptions and the addresses of hosts.
    Exempt(Family),
    /// The addresses of phones that keep their way.
    Phones(Family),
    /// The senders that the policy matched.
    Senders(Family),
}

/// The names of one of our sets.
#[derive(Debug, Clone, Copy)]
pub(in crate::firewall) struct SetName {
    purpose: Purpose,
    /// The name in rules.
    pub(in crate::firewall) name: &'static str,
    /// The name under which the next content is loaded. Then the two are swapped.
    pub(in crate::firewall) next: &'static str,
}

macro_rules! set_names {
    ($($purpose:expr => $name:literal,)+) => {
        /// Our sets.
        const SETS: &[SetName] = &[$(SetName {
            purpose: $purpose,
            name: concat!("geoip_", $name),
            next: concat!("geoip_next_", $name),
        }),+];
    };
}

set_names! {
    Purpose::Plan(SetId::specific(Family::V4)) => "specific_v4",
    Purpose::Plan(SetId::mixed(Family::V4)) => "mixed_v4",
    Purpose::Plan(SetId::blocked(Family::V4)) => "blocked_v4",
    Purpose::Plan(SetId::SLASH16) => "slash16_v4",
    Purpose::Plan(SetId::admin(Family::V4)) => "admin_v4",
    Purpose::Plan(SetId::specific(Family::V6)) => "specific_v6",
    Purpose::Plan(SetId::mixed(Family::V6)) => "mixed_v6",
    Purpose::Plan(SetId::blocked(Family::V6)) => "blocked_v6",
    Purpose::Plan(SetId::admin(Family::V6)) => "admin_v6",
    Purpose::Exempt(Family::V4) => "exempt_v4",
    Purpose::Exempt(Family::V6) => "exempt_v6",
    Purpose::Phones(Family::V4) => "phones_v4",
    Purpose::Phones(Family::V6) => "phones_v6",
    Purpose::Senders(Family::V4) => "senders_v4",
    Purpose::Senders(Family::V6) => "senders_v6",
}

/// Sets of earlier versions with their types. They are removed after an upgrade.
const FORMER: &[(&str, &str, Family)] = &[
    ("geoip_allowed_v4", HASH_NET, Family::V4),
    ("geoip_allowed_v6", HASH_NET, Family::V6),
    ("geoip_parts_v4", HASH_NET, Family::V4),
    ("geoip_parts_v6", HASH_NET, Family::V6),
    ("geoip_divided_v4", HASH_NET, Family::V4),
    ("geoip_divided_v6", HASH_NET, Family::V6),
    ("geoip_whole_v4", BITMAP_IP, Family::V4),
    ("geoip_passes_v4", HASH_NET, Family::V4),
    ("geoip_passes_v6", HASH_NET, Family::V6),
    ("geoip_seen_v4", HASH_IP, Family::V4),
    ("geoip_seen_v6", HASH_IP, Family::V6),
    ("geoip_loading_v4", HASH_NET, Family::V4),
    ("geoip_loading_v6", HASH_NET, Family::V6),
    ("geoip_loading_parts_v4", HASH_NET, Family::V4),
    ("geoip_loading_parts_v6", HASH_NET, Family::V6),
    ("geoip_loading_divided_v4", HASH_NET, Family::V4),
    ("geoip_loading_divided_v6", HASH_NET, Family::V6),
    ("geoip_loading_whole_v4", BITMAP_IP, Family::V4),
    ("geoip_loading_passes_v4", HASH_NET, Family::V4),
    ("geoip_loading_passes_v6", HASH_NET, Family::V6),
    ("geoip_loading_seen_v4", HASH_IP, Family::V4),
    ("geoip_loading_seen_v6", HASH_IP, Family::V6),
];

const HASH_NET: &str = "hash:net";
const HASH_IP: &str = "hash:ip";
const BITMAP_IP: &str = "bitmap:ip";

impl Purpose {
    /// The name in rules.
    pub(in crate::firewall) fn name(self) -> &'static str {
        self.entry().name
    }

    /// The name under which the next content is loaded.
    pub(in crate::firewall) fn next(self) -> &'static str {
        self.entry().next
    }

    fn entry(self) -> &'static SetName {
        // A test proves that every purpose has an entry. The fallback spares the callers an impossible error.
        SETS.iter().find(|set| set.purpose == self).unwrap_or(&SETS[0])
    }

    /// The family of its members.
    pub(in crate::firewall) fn family(self) -> Family {
        match self {
            Self::Plan(set) => set.family,
            Self::Exempt(family) | Self::Phones(family) | Self::Senders(family) => family,
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Plan(SetId { role: Role::Slash16, .. }) => BITMAP_IP,
            Self::Plan(_) | Self::Exempt(_) | Self::Phones(_) => HASH_NET,
            Self::Senders(_) => HASH_IP,
        }
    }
}

/// The name of a plan's set in rules.
pub fn set_name(set: SetId) -> &'static str {
    Purpose::Plan(set).name()
}

/// A set name that is ours, provided that the set has our type. Others may use the same name for another type.
#[derive(Debug, Clone, Copy)]
pub(in crate::firewall) struct OwnedName {
    pub(in crate::firewall) name: &'static str,
    pub(in crate::firewall) type_name: &'static str,
    pub(in crate::firewall) family: Family,
    /// True if the chains drop addresses in this set.
    pub(in crate::firewall) decides: bool,
}

/// All names that were ever ours, including those of earlier versions.
pub(in crate::firewall) fn all_owned() -> impl Iterator<Item = OwnedName> {
    let today = SETS.iter().flat_map(|set| {
        let (type_name, family) = (set.purpose.type_name(), set.purpose.family());
        let decides = matches!(set.purpose, Purpose::Plan(_));
        [(set.name, decides), (set.next, false)].map(|(name, decides)| OwnedName {
            name,
            type_name,
            family,
            decides,
        })
    });
    today.chain(former())
}

/// The names of sets to remove: those of earlier versions, and `next` sets that a killed helper left behind.
pub(in crate::firewall) fn leftovers() -> impl Iterator<Item = OwnedName> {
    all_owned().filter(|owned| owned.name.starts_with("geoip_next_")).chain(former())
}

fn former() -> impl Iterator<Item = OwnedName> {
    FORMER.iter().map(|(name, type_name, family)| OwnedName {
        name,
        type_name,
        family: *family,
        decides: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_unique_names() {
        let families = Family::ALL.into_iter();
        let others = families
            .flat_map(|family| [Purpose::Exempt(family), Purpose::Phones(family), Purpose::Senders(family)]);
        let purposes: Vec<_> = SetId::ALL.into_iter().map(Purpose::Plan).chain(others).collect();
        assert!(purposes.iter().all(|purpose| purpose.entry().purpose == *purpose));
        let mut names: Vec<_> = all_owned().map(|owned| owned.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), SETS.len()), (count, purposes.len()));
    }

    #[test]
    fn names_fit_into_the_kernels_31_bytes() {
        for OwnedName { name, .. } in all_owned() {
            assert!(name.len() < 29, "{name} is too long for a set's name");
        }
    }
}
