//! What belongs to us in the kernel: names and rules, in one place.
//!
//! Sets and chains bear the names that the earlier PHP-only module used, so that an upgrade takes them over.

use super::passes::Lease;
use super::sets::{Members, SetKind, SetSpec};
use crate::net::Family;
use crate::plan::{Action, BLOCK_LENGTH, Content, KernelSet, Plan, hash_size};

/// The name of a set that rules refer to.
pub fn set_name(set: KernelSet) -> &'static str {
    match set {
        KernelSet::PartsV4 => "geoip_parts_v4",
        KernelSet::DividedV4 => "geoip_divided_v4",
        KernelSet::BlockedV4 => "geoip_blocked_v4",
        KernelSet::WholeV4 => "geoip_whole_v4",
        KernelSet::TouchedV4 => "geoip_touched_v4",
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
        KernelSet::TouchedV4 => "geoip_loading_touched_v4",
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

/// The chain that INPUT jumps to.
pub(super) fn chain_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "GEOIP_CHECK",
        Family::V6 => "GEOIP_CHECK_V6",
    }
}

/// How many packets of whom the policy is against are looked at for their sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembering {
    /// Up to 10,000 a second: in a flood, to look at each costs more than the verdict itself.
    Bounded,
    /// All of them, where the kernel cannot limit them.
    Unbounded,
}

impl Remembering {
    /// Both, the one that is preferred first.
    pub(super) const ALL: [Self; 2] = [Self::Bounded, Self::Unbounded];
}

/// The rules of the chain, word for word as `iptables -S` lists them.
///
/// Replies and related errors return first: a connection that the PBX opened itself is never cut. Then returns whoever
/// is not to be dropped: outside the blocks in which addresses are, as shortcuts tell wherever they can, and within
/// divided ones whoever is not in their parts. The other exceptions come last, so that only a packet that would be dropped
/// asks for one: IPv6 neighbour discovery (RFC 4861, types 133 to 137), for a neighbour may have any address, and
/// passes. What is left is counted by its sender and comes to the verdict.
pub(super) fn chain_rules(family: Family, action: Action, remembering: Remembering) -> Vec<String> {
    let chain = chain_name(family);
    let inside = |name| format!("-m set --match-set {name} src");
    let outside = |name| format!("-m set ! --match-set {name} src");
    let mut rules = vec![format!("-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    let mut return_if =
        |matches: &[String]| rules.push(format!("-A {chain} {} -j RETURN", matches.join(" ")));
    let [blocked, divided, parts] =
        [KernelSet::blocked(family), KernelSet::divided(family), KernelSet::parts(family)].map(set_name);
    if family == Family::V4 {
        return_if(&[outside(set_name(KernelSet::TouchedV4))]);
        return_if(&[outside(set_name(KernelSet::WholeV4)), outside(blocked)]);
    } else {
        return_if(&[outside(blocked)]);
    }
    return_if(&[inside(divided), outside(parts)]);
    if family == Family::V6 {
        (133..=137).for_each(|kind| return_if(&[format!("-p ipv6-icmp -m icmp6 --icmpv6-type {kind}")]));
    }
    return_if(&[inside(passes_name(family))]);
    let seen = seen_name(family);
    let bound = match remembering {
        Remembering::Bounded => "-m limit --limit 10000/sec --limit-burst 10000 ",
        Remembering::Unbounded => "",
    };
    // To add a sender again would set its counter back; the match counts the packets of those that are there.
    rules.push(format!("-A {chain} {bound}{} -j SET --add-set {seen} src", outside(seen)));
    rules.push(verdict_rule(family, action));
    rules
}

/// As [`chain_rules`], as lines of `iptables-restore` after which the last rule has met `packets` packets already.
pub(super) fn chain_rules_from(
    family: Family,
    action: Action,
    remembering: Remembering,
    packets: u64,
) -> Vec<String> {
    let mut rules = chain_rules(family, action, remembering);
    if let Some(verdict) = rules.last_mut().filter(|_| packets > 0) {
        *verdict = verdict.replace(" -j ", &format!(" -c {packets} 0 -j "));
    }
    rules
}

/// The rule that judges whoever the policy is against, the last of the chain.
pub(super) fn verdict_rule(family: Family, action: Action) -> String {
    let target = match action {
        Action::Drop => "DROP",
        Action::Count => "RETURN",
    };
    format!("-A {} -j {target}", chain_name(family))
}

/// The rule in INPUT that leads into the chain.
pub(super) fn jump(family: Family) -> String {
    format!("-j {}", chain_name(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_the_kernels_31_bytes() {
        let sets = KernelSet::ALL.into_iter().flat_map(|set| [set_name(set), loading_set_name(set)]);
        let others = Family::ALL.into_iter().flat_map(|family| {
            [
                passes_name(family),
                loading_passes_name(family),
                loading_seen_name(family),
                legacy_set_name(family),
                chain_name(family),
            ]
        });
        for name in sets.chain(others) {
            assert!(name.len() < 29, "{name} is too long for a set or chain name");
        }
    }
}
