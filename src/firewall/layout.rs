//! What belongs to us in the kernel: the sets, in one place; `rules` has the chains.
//!
//! Sets and chains bear the names that the earlier PHP-only module used, so that an upgrade takes them over.

use super::passes::Lease;
use super::sets::{Members, SetKind, SetSpec};
use crate::net::Family;
use crate::plan::{BLOCK_LENGTH, Content, KernelSet, Plan, hash_size};

/// The name of a set that rules refer to.
pub fn set_name(set: KernelSet) -> &'static str {
    match set {
        KernelSet::PartsV4 => "geoip_parts_v4",
        KernelSet::DividedV4 => "geoip_divided_v4",
        KernelSet::BlockedV4 => "geoip_blocked_v4",
        KernelSet::WholeV4 => "geoip_whole_v4",
        KernelSet::PartsV6 => "geoip_parts_v6",
        KernelSet::DividedV6 => "geoip_divided_v6",
        KernelSet::BlockedV6 => "geoip_blocked_v6",
    }
}

/// The name under which the next content of a set is loaded before it is swapped in.
pub(super) fn loading_set_name(set: KernelSet) -> &'static str {
    match set {
        KernelSet::PartsV4 => "geoip_loading_parts_v4",
        KernelSet::DividedV4 => "geoip_loading_divided_v4",
        KernelSet::BlockedV4 => "geoip_loading_v4",
        KernelSet::WholeV4 => "geoip_loading_whole_v4",
        KernelSet::PartsV6 => "geoip_loading_parts_v6",
        KernelSet::DividedV6 => "geoip_loading_divided_v6",
        KernelSet::BlockedV6 => "geoip_loading_v6",
    }
}

/// A set as `plan` wants it.
pub(super) fn spec(set: KernelSet, plan: &Plan) -> SetSpec<'_> {
    let hash = |entries: usize| SetKind::HashNet {
        family: set.family(),
        hash_size: u32::try_from(hash_size(entries)).unwrap_or(u32::MAX),
    };
    let (kind, members) = match plan.content(set) {
        Content::V4(table) => (hash(table.len()), Members::V4(table.entries())),
        Content::V6(table) => (hash(table.len()), Members::V6(table.entries())),
        Content::Blocks(blocks) => {
            (SetKind::BitmapIp { netmask: BLOCK_LENGTH }, Members::Blocks(blocks.ranges()))
        }
    };
    let (name, loading_name) = (set_name(set), loading_set_name(set));
    SetSpec { name, loading_name, kind, members }
}

/// What the header of a set in the kernel tells of its content; none for a bitmap, which has no room for it.
pub fn mark(set: KernelSet, plan: &Plan) -> Option<u32> {
    let spec = spec(set, plan);
    matches!(spec.kind, SetKind::HashNet { .. }).then(|| spec.capacity())
}

/// The name of the set of passes that rules refer to.
pub(super) fn passes_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_passes_v4",
        Family::V6 => "geoip_passes_v6",
    }
}

/// The name under which the next passes are loaded.
pub(super) fn loading_passes_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_loading_passes_v4",
        Family::V6 => "geoip_loading_passes_v6",
    }
}

/// The set of passes of a family, whose `leases` are all of that family.
pub(super) fn passes_spec(family: Family, leases: &[Lease]) -> SetSpec<'_> {
    let hash_size = u32::try_from(hash_size(leases.len())).unwrap_or(u32::MAX);
    SetSpec {
        name: passes_name(family),
        loading_name: loading_passes_name(family),
        kind: SetKind::Leases { family, hash_size },
        members: Members::Leases(leases),
    }
}

/// The name of the set in which the kernel remembers the senders that the policy is against.
pub(super) fn seen_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_seen_v4",
        Family::V6 => "geoip_seen_v6",
    }
}

/// The name under which the set is made anew.
pub(super) fn loading_seen_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_loading_seen_v4",
        Family::V6 => "geoip_loading_seen_v6",
    }
}

/// The set of the senders of a family, which packets fill.
pub(super) fn seen_spec(family: Family) -> SetSpec<'static> {
    SetSpec {
        name: seen_name(family),
        loading_name: loading_seen_name(family),
        kind: SetKind::Seen { family },
        members: Members::ByPackets,
    }
}

/// A set that the earlier module left behind.
pub(super) fn legacy_set_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_allowed_v4",
        Family::V6 => "geoip_allowed_v6",
    }
}

/// A set that is ours if it is of our type; others may give theirs any name.
#[derive(Debug, Clone, Copy)]
pub(super) struct OurSet {
    pub(super) name: &'static str,
    pub(super) type_name: &'static str,
    pub(super) family: Family,
    /// True if the chains drop whom it holds.
    pub(super) decides: bool,
}

/// All sets that ever bear a name of ours, those of the earlier module among them.
pub(super) fn all_sets() -> impl Iterator<Item = OurSet> {
    let tables = KernelSet::ALL.into_iter().flat_map(|set| {
        let type_name = if set == KernelSet::WholeV4 { "bitmap:ip" } else { "hash:net" };
        let named = move |name, decides| OurSet { name, type_name, family: set.family(), decides };
        [named(set_name(set), true), named(loading_set_name(set), false)]
    });
    let others = Family::ALL.into_iter().flat_map(|family| {
        let named = |name, type_name| OurSet { name, type_name, family, decides: false };
        [
            named(passes_name(family), "hash:net"),
            named(loading_passes_name(family), "hash:net"),
            named(seen_name(family), "hash:ip"),
            named(loading_seen_name(family), "hash:ip"),
            named(legacy_set_name(family), "hash:net"),
        ]
    });
    tables.chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_the_kernels_31_bytes() {
        for OurSet { name, .. } in all_sets() {
            assert!(name.len() < 29, "{name} is too long for a set's name");
        }
    }
}
