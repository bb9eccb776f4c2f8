//! What was judged between two looks at the kernel.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Sender, Tally};
use crate::country::CountryCode;
use crate::firewall::SenderCount;
use crate::net::Family;
use crate::plan::Action;

/// What was judged between two looks, and who sent it as far as the kernel remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The second look.
    pub until: Timestamp,
    /// All packets by family.
    pub judged: BTreeMap<Family, Tally>,
    /// Senders.
    pub senders: Vec<SenderSeen>,
}

/// A sender and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderSeen {
    /// Who.
    pub sender: Sender,
    /// The country that decides for the address.
    pub country: Option<CountryCode>,
    /// Its packets.
    pub packets: Tally,
}

impl Interval {
    /// Puts together what the kernel counted, all of it under one action; `country_of` tells who holds an address.
    pub fn new(
        until: Timestamp,
        judged: BTreeMap<Family, Tally>,
        (action, sender_counts): (Action, &[SenderCount]),
        country_of: impl Fn(Sender) -> Option<CountryCode>,
    ) -> Self {
        let seen = |sender_count: &SenderCount| {
            let sender = Sender::from(sender_count.sender);
            SenderSeen {
                sender,
                country: country_of(sender),
                packets: Tally::of(action, sender_count.packets),
            }
        };
        Self { until, judged, senders: sender_counts.iter().map(seen).collect() }
    }

    /// True if nothing was judged.
    pub fn is_empty(&self) -> bool {
        self.senders.is_empty() && self.judged.values().all(|tally| tally.total() == 0)
    }
}
