//! How many packets met the verdict, by the rules' own counters.

use super::backend::RuleBackend;
use super::chains;
use crate::error::Result;
use crate::net::Family;
use crate::plan::Action;

/// What the chains of a family did since their rules were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictCount {
    /// The family.
    pub family: Family,
    /// What became of the packets.
    pub action: Action,
    /// Their number.
    pub packets: u64,
}

/// The packets that met the verdict of a chain with this action.
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
