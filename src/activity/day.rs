//! One day: its hours by country, and its busiest senders.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::interval::SenderSeen;
use super::{Interval, Sender, Tally};
use crate::country::CountryCode;
use crate::net::Family;
use crate::storage::Record;

/// So many senders of a day are remembered, those with the most packets: some 150 kB on the disk.
const SENDERS: usize = 1000;

/// What was judged on one day of UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Day {
    /// The hours in which there was anything, by their begin.
    pub(super) hours: BTreeMap<Timestamp, Hour>,
    pub(super) senders: BTreeMap<Sender, Remembered>,
    /// True if there were more senders than are remembered.
    pub(super) senders_left_out: bool,
}

/// What was judged in an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hour {
    pub(super) judged: BTreeMap<Family, Tally>,
    pub(super) countries: BTreeMap<CountryCode, Tally>,
    /// Of senders whom no country holds.
    #[serde(default)]
    pub(super) nowhere: Tally,
}

/// What is remembered of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    pub(super) country: Option<CountryCode>,
    pub(super) packets: Tally,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
}

impl Remembered {
    fn new(seen: &SenderSeen, at: Timestamp) -> Self {
        Self { country: seen.country, packets: seen.packets, first_seen: at, last_seen: at }
    }

    /// What is remembered after another time.
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
    const FORMAT: u32 = 1;
}

impl Day {
    /// Adds an interval that ended on this day; all of it counts for the hour in which it ended.
    pub(super) fn add(&mut self, interval: &Interval) {
        let hour = self.hours.entry(begin_of_hour(interval.until)).or_default();
        for (family, judged) in &interval.judged {
            *hour.judged.entry(*family).or_default() += *judged;
        }
        for seen in &interval.senders {
            match seen.country {
                Some(country) => *hour.countries.entry(country).or_default() += seen.packets,
                None => hour.nowhere += seen.packets,
            }
            let now = Remembered::new(seen, interval.until);
            self.senders.entry(seen.sender).and_modify(|known| *known = known.and(now)).or_insert(now);
        }
        self.forget_the_quietest();
    }

    fn forget_the_quietest(&mut self) {
        if self.senders.len() <= SENDERS {
            return;
        }
        self.senders_left_out = true;
        let mut busiest: Vec<_> = std::mem::take(&mut self.senders).into_iter().collect();
        busiest.sort_by_key(|(sender, remembered)| (Reverse(remembered.packets.total()), *sender));
        busiest.truncate(SENDERS);
        self.senders = busiest.into_iter().collect();
    }
}

/// The whole hour that a moment belongs to.
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
        let seen = |(sender, country, packets): &(&str, Option<&str>, u64)| SenderSeen {
            sender: sender.parse::<crate::net::Subnet>().unwrap().into(),
            country: country.map(|code| code.parse().unwrap()),
            packets: Tally::of(Action::Drop, *packets),
        };
        let senders: Vec<SenderSeen> = senders.iter().map(seen).collect();
        let packets = senders.iter().map(|seen| seen.packets.total()).sum();
        Interval { until, judged: [(Family::V4, Tally::of(Action::Drop, packets))].into(), senders }
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
        assert_eq!((first.nowhere.dropped, first.judged[&Family::V4].dropped), (1, 13));
        let sender = "1.2.3.4".parse::<crate::net::Subnet>().unwrap().into();
        assert_eq!(day.senders[&sender].packets.dropped, 13);
        assert_eq!(day.senders[&sender].first_seen.to_string(), "2026-11-22T10:05:00Z");
        assert_eq!(day.senders[&sender].last_seen.to_string(), "2026-11-22T11:00:00Z");
    }

    #[test]
    fn only_the_busiest_senders_are_remembered_and_the_rest_still_counts() {
        let mut day = Day::default();
        let names: Vec<String> = (0..1500).map(|n| format!("1.2.{}.{}", n / 250, n % 250)).collect();
        let senders: Vec<_> =
            names.iter().zip(1..).map(|(name, packets)| (name.as_str(), Some("CN"), packets)).collect();
        day.add(&interval("2026-11-22T10:05:00Z", &senders));
        assert_eq!((day.senders.len(), day.senders_left_out), (SENDERS, true));
        assert!(day.senders.values().all(|remembered| remembered.packets.dropped > 500));
        let china = "CN".parse().unwrap();
        assert_eq!(day.hours.values().next().unwrap().countries[&china].dropped, (1..=1500).sum::<u64>());
    }
}
