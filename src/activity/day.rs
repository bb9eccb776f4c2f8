//! The record of one day: packets by hour and country, and the busiest senders.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::interval::SenderActivity;
use super::{Interval, Sender, Tally};
use crate::country::CountryCode;
use crate::net::Family;
use crate::storage::Record;

/// The most senders that are recorded for a day, some 150 kB on disk. Those with the most packets are kept.
const SENDERS: usize = 1000;

/// The activity of one day in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Day {
    /// The hours that have any packets, by their begin.
    pub(super) hours: BTreeMap<Timestamp, Hour>,
    pub(super) senders: BTreeMap<Sender, SenderDay>,
    /// True if there were more senders than are recorded.
    pub(super) senders_left_out: bool,
}

/// The activity of one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hour {
    pub(super) totals: BTreeMap<Family, Tally>,
    pub(super) countries: BTreeMap<CountryCode, Tally>,
    /// Packets of senders that belong to no country.
    #[serde(default)]
    pub(super) no_country: Tally,
}

/// The activity of one sender on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SenderDay {
    pub(super) country: Option<CountryCode>,
    pub(super) packets: Tally,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
}

impl SenderDay {
    fn new(seen: &SenderActivity, at: Timestamp) -> Self {
        Self { country: seen.country, packets: seen.packets, first_seen: at, last_seen: at }
    }

    /// Adds a later record of the same sender.
    pub(super) fn and(self, later: Self) -> Self {
        let mut packets = self.packets;
        packets += later.packets;
        Self {
            country: later.country,
            packets,
            first_seen: self.first_seen.min(later.first_seen),
            last_seen: self.last_seen.max(later.last_seen),
        }
    }
}

impl Record for Day {
    const FORMAT: u32 = 2;
}

impl Day {
    /// Adds an interval that ended on this day. All of its packets count for the hour in which it ended.
    pub(super) fn add(&mut self, interval: &Interval) {
        let hour = self.hours.entry(begin_of_hour(interval.until)).or_default();
        for (family, totals) in &interval.totals {
            *hour.totals.entry(*family).or_default() += *totals;
        }
        for seen in &interval.senders {
            match seen.country {
                Some(country) => *hour.countries.entry(country).or_default() += seen.packets,
                None => hour.no_country += seen.packets,
            }
            let now = SenderDay::new(seen, interval.until);
            self.senders.entry(seen.sender).and_modify(|known| *known = known.and(now)).or_insert(now);
        }
        self.keep_the_busiest();
    }

    fn keep_the_busiest(&mut self) {
        if self.senders.len() <= SENDERS {
            return;
        }
        self.senders_left_out = true;
        let mut busiest: Vec<_> = std::mem::take(&mut self.senders).into_iter().collect();
        busiest.sort_by_key(|(sender, sender_day)| (Reverse(sender_day.packets.total()), *sender));
        busiest.truncate(SENDERS);
        self.senders = busiest.into_iter().collect();
    }
}

/// The begin of the hour that contains `moment`.
pub(super) fn begin_of_hour(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3600)).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;

    fn interval(at: &str, senders: &[(&str, Option<&str>, u64)]) -> Interval {
        let until: Timestamp = at.parse().unwrap();
        let seen = |(sender, country, packets): &(&str, Option<&str>, u64)| SenderActivity {
            sender: sender.parse::<crate::net::Subnet>().unwrap().into(),
            country: country.map(|code| code.parse().unwrap()),
            packets: Tally::of(Action::Drop, *packets),
        };
        let senders: Vec<SenderActivity> = senders.iter().map(seen).collect();
        let packets = senders.iter().map(|seen| seen.packets.total()).sum();
        Interval { until, totals: [(Family::V4, Tally::of(Action::Drop, packets))].into(), senders }
    }

    #[test]
    fn a_day_adds_up_by_hour_country_and_sender() {
        let mut day = Day::default();
        day.add(&interval("2026-11-22T10:05:00Z", &[("1.2.3.4", Some("CN"), 5), ("9.9.9.9", None, 1)]));
        day.add(&interval("2026-11-22T10:59:59Z", &[("1.2.3.4", Some("CN"), 7)]));
        day.add(&interval("2026-11-22T11:00:00Z", &[("1.2.3.4", Some("CN"), 1)]));
        let china = "CN".parse().unwrap();
        let by_hour: Vec<u64> = day.hours.values().map(|hour| hour.countries[&china].dropped).collect();
        assert_eq!(by_hour, [12, 1]);
        let first = day.hours.values().next().unwrap();
        assert_eq!((first.no_country.dropped, first.totals[&Family::V4].dropped), (1, 13));
        let sender = "1.2.3.4".parse::<crate::net::Subnet>().unwrap().into();
        assert_eq!(day.senders[&sender].packets.dropped, 13);
        assert_eq!(day.senders[&sender].first_seen.to_string(), "2026-11-22T10:05:00Z");
        assert_eq!(day.senders[&sender].last_seen.to_string(), "2026-11-22T11:00:00Z");
    }

    #[test]
    fn only_the_busiest_senders_are_recorded_and_the_packets_of_the_others_still_count() {
        let mut day = Day::default();
        let names: Vec<String> = (0..1500).map(|n| format!("1.2.{}.{}", n / 250, n % 250)).collect();
        let senders: Vec<_> =
            names.iter().zip(1..).map(|(name, packets)| (name.as_str(), Some("CN"), packets)).collect();
        day.add(&interval("2026-11-22T10:05:00Z", &senders));
        assert_eq!((day.senders.len(), day.senders_left_out), (SENDERS, true));
        assert!(day.senders.values().all(|sender_day| sender_day.packets.dropped > 500));
        let china = "CN".parse().unwrap();
        assert_eq!(day.hours.values().next().unwrap().countries[&china].dropped, (1..=1500).sum::<u64>());
    }
}
