//! Which block lists know the senders of packets.

use std::cmp::Reverse;

use super::{ActivityData, ListActivity, Sender, Tally};
use crate::blocklist::{ListId, catalogued};
use crate::net::Addresses;

impl ActivityData {
    /// Adds a list, with those of all `senders` whom it knows.
    pub fn add_list(&mut self, list: ListId, content: &Addresses, senders: &[(Sender, Tally)]) {
        let name = catalogued(&list).map(|catalogued| catalogued.name.as_str());
        let mut sum = ListActivity { list, name, packets: Tally::default(), addresses: 0 };
        for (_, packets) in senders.iter().filter(|(sender, _)| content.contain(sender.address())) {
            sum.packets += *packets;
            sum.addresses += 1;
        }
        self.lists.push(sum);
        self.lists.sort_by_key(|activity| Reverse(activity.addresses));
    }
}
