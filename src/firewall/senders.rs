//! Who met the verdict: a small set of senders with counters, which packets fill and the kernel bounds by itself.

use std::net::IpAddr;

use ipnet::IpNet;

use super::rules::chains::SenderSampling;
use super::rules::{VerdictCount, verdict_count};
use super::sets::{Counted, SENDER_V6_LENGTH, SetSpec, missing, other_options, senders_spec};
use super::{Firewall, KernelSnapshot};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// A sender that met the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderCount {
    /// The address; of IPv6 the block of /64.
    pub sender: IpNet,
    /// How many of its packets met the verdict.
    pub packets: u64,
}

impl From<Counted> for SenderCount {
    fn from(Counted { address, packets }: Counted) -> Self {
        let length = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => SENDER_V6_LENGTH,
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
    pub fn verdict_counts(&self, found: &KernelSnapshot) -> Result<Vec<VerdictCount>> {
        let families = found.families.iter().zip(&self.families);
        let with_chain = families
            .filter_map(|(rules_of_family, covered)| Some((rules_of_family.chain_spec()?.action, covered)));
        with_chain.map(|(action, (family, iptables))| verdict_count(*family, action, &**iptables)).collect()
    }

    /// Makes the sets of senders that are missing or not made as they should be. Returns the families that have one.
    ///
    /// # Errors
    /// Those of the kernel and the tools, save that it cannot hold such a set.
    pub(super) fn prepare_sender_sets(&self, found: &KernelSnapshot) -> Result<Vec<Family>> {
        let mut prepared = Vec::new();
        for (family, _) in &self.families {
            let spec = senders_spec(*family);
            let is_there =
                found.sets.named(spec.name).is_some_and(|header| other_options(&spec, header).is_none());
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
    pub fn sender_counts(&self) -> Result<Vec<SenderCount>> {
        self.list_senders(|set| self.loader.counted(set))
    }

    /// As [`Self::sender_counts`], and begins anew: the set gives way to an empty one, so that no packet is counted twice
    /// or not at all.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn take_sender_counts(&self) -> Result<Vec<SenderCount>> {
        self.list_senders(|set| self.loader.take_counted(set))
    }

    fn list_senders(&self, list: impl Fn(&SetSpec<'_>) -> Result<Vec<Counted>>) -> Result<Vec<SenderCount>> {
        let mut sender_counts = Vec::new();
        for set in self.families.iter().map(|(family, _)| senders_spec(*family)) {
            if self.loader.header(set.name)?.is_some_and(|header| header.entries > 0) {
                sender_counts.extend(list(&set)?.into_iter().map(SenderCount::from));
            }
        }
        Ok(sender_counts)
    }
}

impl KernelSnapshot {
    /// What keeps the senders of the covered families from being remembered.
    pub fn sender_set_problems(&self) -> impl Iterator<Item = Error> {
        self.families.iter().filter_map(|rules_of_family| {
            let spec = senders_spec(rules_of_family.family);
            // Chains that remember nobody are made where the kernel cannot.
            let is_used = rules_of_family
                .content()
                .is_none_or(|content| content.features.sampling != SenderSampling::Off);
            match self.sets.named(spec.name) {
                None => is_used.then(|| missing(spec.name)),
                Some(header) => other_options(&spec, header),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_of_ipv6_are_blocks() {
        let sender_count = |address: &str| {
            let counted = Counted { address: address.parse().unwrap(), packets: 7 };
            let SenderCount { sender, packets } = counted.into();
            (sender.to_string(), packets)
        };
        assert_eq!(sender_count("203.0.113.9"), ("203.0.113.9/32".to_owned(), 7));
        assert_eq!(sender_count("2001:db8:1:2::"), ("2001:db8:1:2::/64".to_owned(), 7));
    }
}
