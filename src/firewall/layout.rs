//! What belongs to us in the kernel: names and rules, in one place.
//!
//! Sets and chains bear the names that the earlier PHP-only module used, so that an upgrade takes them over.

use super::sets::{Members, SetKind, SetSpec};
use crate::net::Family;
use crate::plan::{Plan, hash_size};

/// The set with the whole decision of a family.
pub fn set_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_blocked_v4",
        Family::V6 => "geoip_blocked_v6",
    }
}

/// The set that new content is loaded into before it is swapped in.
pub(super) fn loading_set_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "geoip_loading_v4",
        Family::V6 => "geoip_loading_v6",
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

/// The sets of a family with what `plan` wants in them.
pub(super) fn sets(plan: &Plan, family: Family) -> Vec<SetSpec<'_>> {
    let members = match family {
        Family::V4 => Members::V4(plan.v4.entries()),
        Family::V6 => Members::V6(plan.v6.entries()),
    };
    let hash_size = u32::try_from(hash_size(members.len())).unwrap_or(u32::MAX);
    vec![SetSpec {
        name: set_name(family),
        loading_name: loading_set_name(family),
        kind: SetKind::HashNet { family, hash_size },
        members,
    }]
}

/// The rules of the chain, word for word as `iptables -S` lists them.
///
/// Replies and related errors return first: a connection that the PBX opened itself is never cut. IPv6 neighbour
/// discovery (RFC 4861, types 133 to 137) returns too, for a neighbour may have any address.
pub(super) fn chain_rules(family: Family) -> Vec<String> {
    let chain = chain_name(family);
    let mut rules = vec![format!("-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    if family == Family::V6 {
        rules.extend(
            (133..=137)
                .map(|kind| format!("-A {chain} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN")),
        );
    }
    rules.push(format!("-A {chain} -m set --match-set {} src -j DROP", set_name(family)));
    rules
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
        for family in Family::ALL {
            for name in
                [set_name(family), loading_set_name(family), legacy_set_name(family), chain_name(family)]
            {
                assert!(name.len() < 29, "{name} is too long for a set or chain name");
            }
        }
    }
}
