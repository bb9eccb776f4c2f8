//! The number of packets that the policy matched, by the counters of the rules.

use super::backend::RuleBackend;
use super::chains;
use crate::error::Result;
use crate::net::Family;
use crate::plan::Action;

/// The number of packets that the chains of a family have handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictCount {
    /// The family.
    pub family: Family,
    /// What happened to the packets.
    pub action: Action,
    /// The number of packets.
    pub packets: u64,
}

/// Reads the packet count of a family's last rule, which has this action.
pub(in crate::firewall) fn verdict_count(
    family: Family,
    action: Action,
    iptables: &dyn RuleBackend,
) -> Result<VerdictCount> {
    let counted = iptables.counted_rules(chains::verdict_chain_name(family))?;
    let verdict = chains::verdict_rule(family, action);
    let packets = counted.iter().filter(|(rule, _)| *rule == verdict).map(|(_, packets)| packets).sum();
    Ok(VerdictCount { family, action, packets })
}
