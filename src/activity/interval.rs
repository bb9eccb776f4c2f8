//! The packets that the filter dropped or counted between two readings of the kernel's counters.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Sender, Tally};
use crate::country::CountryCode;
use crate::firewall::SenderCount;
use crate::net::Family;
use crate::plan::Action;

/// The packets between two readings, with their senders as far as the kernel recorded them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The time of the second reading.
    pub until: Timestamp,
    /// All packets, by family.
    pub totals: BTreeMap<Family, Tally>,
    /// The packets of each recorded sender.
    pub senders: Vec<SenderActivity>,
}

/// The packets of one sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderActivity {
    /// The sender.
    pub sender: Sender,
    /// The country that decides the verdict on the sender.
    pub country: Option<CountryCode>,
    /// Its packets.
    pub packets: Tally,
}

impl Interval {
    /// Combines the kernel's counts, which all belong to one action. `country_of` looks up the country of a sender.
    pub fn new(
        until: Timestamp,
        totals: BTreeMap<Family, Tally>,
        (action, sender_counts): (Action, &[SenderCount]),
        country_of: impl Fn(Sender) -> Option<CountryCode>,
    ) -> Self {
        let seen = |sender_count: &SenderCount| {
            let sender = Sender::from(sender_count.sender);
            SenderActivity {
                sender,
                country: country_of(sender),
                packets: Tally::of(action, sender_count.packets),
            }
        };
        Self { until, totals, senders: sender_counts.iter().map(seen).collect() }
    }

    /// True if there were no packets.
    pub fn is_empty(&self) -> bool {
        self.senders.is_empty() && self.totals.values().all(|tally| tally.total() == 0)
    }
}
