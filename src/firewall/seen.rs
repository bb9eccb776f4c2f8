//! Who met the verdict: a small set of senders with counters, which packets fill and the kernel bounds by itself.

use std::net::IpAddr;

use ipnet::IpNet;

use super::iptables::Iptables;
use super::rules::Remembering;
use super::sets::{Counted, SetSpec};
use super::{Firewall, Inspection, audit, layout, rules};
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::Action;

/// So many senders of a family are remembered at a time: some 200 kB of kernel memory when the set is full, 8 kB when
/// it is empty. None of them times out: with timeouts, the kernel looks through the whole of a full set for members that
/// are over, whenever another comes.
pub(super) const CAPACITY: u32 = 4096;
/// A quarter of the capacity: buckets that hardly ever overflow.
pub(super) const HASH_SIZE: u32 = 1024;
/// IPv6 senders change their addresses within a block of this length at will.
pub(super) const V6_LENGTH: u8 = 64;

/// The length to which senders of a family are cut, where they are.
pub(super) fn netmask(family: Family) -> Option<u8> {
    (family == Family::V6).then_some(V6_LENGTH)
}

/// A sender that met the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The address; of IPv6 the block of /64.
    pub sender: IpNet,
    /// How many of its packets met the verdict.
    pub packets: u64,
}

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

impl From<Counted> for Sighting {
    fn from(Counted { address, packets }: Counted) -> Self {
        let length = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => V6_LENGTH,
        };
        let sender = IpNet::new(address, length).unwrap_or_else(|_| address.into());
        Self { sender, packets }
    }
}

impl Firewall {
    /// How many packets met the verdict, by the rules' own counters. A family without our chains is left out.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn verdict_counts(&self, found: &Inspection) -> Result<Vec<VerdictCount>> {
        let families = found.families.iter().zip(&self.families);
        let with_chain =
            families.filter_map(|(inspected, covered)| Some((inspected.judgement()?.action, covered)));
        with_chain.map(|(action, (family, iptables))| verdict_count(*family, action, iptables)).collect()
    }

    /// Makes the sets of senders that are missing or not made as they should be. Returns the families that have one.
    ///
    /// # Errors
    /// Those of the kernel and the tools, save that it cannot hold such a set.
    pub(super) fn prepare_seen(&self, found: &Inspection) -> Result<Vec<Family>> {
        let mut prepared = Vec::new();
        for (family, _) in &self.families {
            let spec = layout::seen_spec(*family);
            let is_there = found
                .sets
                .named(spec.name)
                .is_some_and(|header| audit::other_options(&spec, header).is_none());
            match if is_there { Ok(()) } else { self.loader.replace(&spec) } {
                Ok(()) => prepared.push(*family),
                Err(error) if error.code() == Code::FirewallUnsupported => log::info!("{error}"),
                Err(error) => return Err(error),
            }
        }
        Ok(prepared)
    }

    /// Who met the verdict since the senders were last taken.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn sightings(&self) -> Result<Vec<Sighting>> {
        self.seen(|set| self.loader.counted(set))
    }

    /// As [`Self::sightings`], and begins anew: the set gives way to an empty one, so that no packet is counted twice
    /// or not at all.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn take_sightings(&self) -> Result<Vec<Sighting>> {
        self.seen(|set| self.loader.take_counted(set))
    }

    fn seen(&self, list: impl Fn(&SetSpec<'_>) -> Result<Vec<Counted>>) -> Result<Vec<Sighting>> {
        let mut sightings = Vec::new();
        for set in self.families.iter().map(|(family, _)| layout::seen_spec(*family)) {
            if self.loader.header(set.name)?.is_some_and(|header| header.entries > 0) {
                sightings.extend(list(&set)?.into_iter().map(Sighting::from));
            }
        }
        Ok(sightings)
    }
}

/// The packets that met the verdict of a chain with this action.
pub(super) fn verdict_count(family: Family, action: Action, iptables: &Iptables) -> Result<VerdictCount> {
    let counted = iptables.counted_rules(rules::verdict_chain_name(family))?;
    let verdict = rules::verdict_rule(family, action);
    let packets = counted.iter().filter(|(rule, _)| *rule == verdict).map(|(_, packets)| packets).sum();
    Ok(VerdictCount { family, action, packets })
}

impl Inspection {
    /// What keeps the senders of the covered families from being remembered.
    pub fn seen_problems(&self) -> impl Iterator<Item = Error> {
        self.families.iter().filter_map(|inspected| {
            let spec = layout::seen_spec(inspected.family);
            // Chains that remember nobody are made where the kernel cannot.
            let is_used = inspected.made().is_none_or(|made| made.means.remembering != Remembering::Never);
            match self.sets.named(spec.name) {
                None => is_used.then(|| audit::missing(spec.name)),
                Some(header) => audit::other_options(&spec, header),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_of_ipv6_are_blocks() {
        let sighting = |address: &str| {
            let counted = Counted { address: address.parse().unwrap(), packets: 7 };
            let Sighting { sender, packets } = counted.into();
            (sender.to_string(), packets)
        };
        assert_eq!(sighting("203.0.113.9"), ("203.0.113.9/32".to_owned(), 7));
        assert_eq!(sighting("2001:db8:1:2::"), ("2001:db8:1:2::/64".to_owned(), 7));
    }
}
