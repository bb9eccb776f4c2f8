//! Which networks packets came from.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::{ActivityData, NetworkActivity, Sender, Tally};
use crate::asn::{AsNumber, NamedNetwork};

/// The most networks that are reported.
const MOST_NETWORKS: usize = 20;

impl ActivityData {
    /// Adds the networks of all `senders`, of those whose network is known.
    pub fn add_networks(&mut self, senders: &[(Sender, Tally)], networks: &HashMap<IpAddr, NamedNetwork>) {
        let mut sums: BTreeMap<AsNumber, NetworkActivity> = BTreeMap::new();
        for (sender, packets) in senders {
            let Some(network) = networks.get(&sender.address()) else { continue };
            let sum = sums.entry(network.number).or_insert_with(|| NetworkActivity {
                network: network.clone(),
                packets: Tally::default(),
                addresses: 0,
            });
            sum.packets += *packets;
            sum.addresses += 1;
        }
        self.networks = sums.into_values().collect();
        self.networks.sort_by_key(|activity| Reverse(activity.packets.total()));
        self.networks.truncate(MOST_NETWORKS);
        for activity in &mut self.addresses {
            activity.network = networks.get(&activity.first_address).cloned();
        }
    }
}
