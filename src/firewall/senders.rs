//! The senders that the policy matched: a small set per family, which the kernel fills and limits by itself.

use std::net::IpAddr;

use ipnet::IpNet;

use super::rules::chains::SenderSampling;
use super::rules::{VerdictCount, verdict_count};
use super::sets::{Counted, SENDER_V6_LENGTH, SetSpec, missing, other_options, senders_spec};
use super::{Firewall, KernelSnapshot};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// A sender that the policy matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderCount {
    /// The IPv4 address, or the IPv6 block of /64.
    pub sender: IpNet,
    /// Number of its packets that the policy matched.
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
    /// The number of packets that the policy matched, by the counters of the rules. A family without our chains is left
    /// out.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn verdict_counts(&self, found: &KernelSnapshot) -> Result<Vec<VerdictCount>> {
        let families = found.families.iter().zip(&self.families);
        let with_chain = families
            .filter_map(|(rules_of_family, covered)| Some((rules_of_family.chain_spec()?.action, covered)));
        with_chain.map(|(action, (family, iptables))| verdict_count(*family, action, &**iptables)).collect()
    }

    /// Creates the sender sets that are missing or have other options. Returns the families that have one afterwards.
    ///
    /// # Errors
    /// Those of the kernel and the tools. It is no error if the kernel does not support such sets.
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

    /// The senders since the counts were last taken.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn sender_counts(&self) -> Result<Vec<SenderCount>> {
        self.list_senders(|set| self.loader.counted(set))
    }

    /// As [`Self::sender_counts`], and starts again from zero. The set is swapped with an empty one, so that every
    /// packet is counted exactly once.
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
    /// The problems of the sender sets of the covered families.
    pub fn sender_set_problems(&self) -> impl Iterator<Item = Error> {
        self.families.iter().filter_map(|rules_of_family| {
            let spec = senders_spec(rules_of_family.family);
            // Chains without sampling are used if the kernel does not support it.
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
    fn ipv6_senders_are_recorded_as_blocks() {
        let sender_count = |address: &str| {
            let counted = Counted { address: address.parse().unwrap(), packets: 7 };
            let SenderCount { sender, packets } = counted.into();
            (sender.to_string(), packets)
        };
        assert_eq!(sender_count("203.0.113.9"), ("203.0.113.9/32".to_owned(), 7));
        assert_eq!(sender_count("2001:db8:1:2::"), ("2001:db8:1:2::/64".to_owned(), 7));
    }
}
