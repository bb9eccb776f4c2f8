//! The report of an activity period, from the stored days and the kernel's current counts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::data::{ActivityData, AddressActivity, CountryActivity, HourActivity, Totals};
use super::day::{Day, SenderDay, begin_of_hour};
use super::{Days, Hours, Interval, Sender, Tally};
use crate::country::CountryCode;
use crate::net::Family;
use crate::plan::Action;
use crate::warning::Warning;

impl Days<'_> {
    /// The activity of the last hours, including the current one: stored days, and `now`, which the kernel has counted
    /// since. `action` is what becomes of packets now, and since when. An unreadable day is added to `warnings`. Beside it, all
    /// senders that are recorded, most packets first.
    pub fn report(
        &self,
        now: &Interval,
        hours: Hours,
        most_addresses: usize,
        action: Option<(Action, Timestamp)>,
        warnings: &mut Vec<Warning>,
    ) -> (ActivityData, Vec<(Sender, Tally)>) {
        let back = SignedDuration::from_hours(i64::from(hours.get()) - 1);
        let since = begin_of_hour(now.until.checked_sub(back).unwrap_or(now.until));
        let mut sum = Sum::default();
        for day in self.within(since, now.until) {
            match day {
                Ok(day) => sum.add(day, since),
                Err(warning) => warnings.push(warning),
            }
        }
        let mut open = Day::default();
        open.add(now);
        sum.add(open, since);
        sum.into_data((since, now.until), most_addresses, action)
    }
}

/// The sum of several days.
#[derive(Debug, Default)]
struct Sum {
    families: BTreeMap<Family, Tally>,
    attributed: Tally,
    countries: BTreeMap<Option<CountryCode>, Tally>,
    senders: BTreeMap<Sender, SenderDay>,
    senders_left_out: bool,
    hours: BTreeMap<Timestamp, Tally>,
}

impl Sum {
    fn add(&mut self, day: Day, since: Timestamp) {
        for (begin, hour) in day.hours.into_iter().filter(|(begin, _)| *begin >= since) {
            for (family, totals) in hour.totals {
                *self.families.entry(family).or_default() += totals;
                *self.hours.entry(begin).or_default() += totals;
            }
            let countries = hour.countries.into_iter().map(|(country, tally)| (Some(country), tally));
            let no_country = Some((None, hour.no_country)).filter(|(_, tally)| tally.total() > 0);
            for (country, tally) in countries.chain(no_country) {
                *self.countries.entry(country).or_default() += tally;
                self.attributed += tally;
            }
        }
        for (sender, seen) in day.senders.into_iter().filter(|(_, seen)| seen.last_seen >= since) {
            self.senders.entry(sender).and_modify(|known| *known = known.and(seen)).or_insert(seen);
        }
        self.senders_left_out |= day.senders_left_out;
    }

    fn into_data(
        self,
        (since, until): (Timestamp, Timestamp),
        most_addresses: usize,
        action: Option<(Action, Timestamp)>,
    ) -> (ActivityData, Vec<(Sender, Tally)>) {
        let mut all = Tally::default();
        self.families.values().for_each(|tally| all += *tally);
        let family = |family| self.families.get(&family).copied().unwrap_or_default();
        let mut senders_of: HashMap<Option<CountryCode>, usize> = HashMap::new();
        for seen in self.senders.values() {
            *senders_of.entry(seen.country).or_default() += 1;
        }
        let mut countries: Vec<CountryActivity> = (self.countries.into_iter())
            .map(|(country, packets)| CountryActivity {
                country,
                packets,
                addresses: senders_of.get(&country).copied().unwrap_or_default(),
            })
            .collect();
        countries.sort_by_key(|activity| Reverse(activity.packets.total()));
        let countries_with = |packets: fn(Tally) -> u64| {
            countries
                .iter()
                .filter(|activity| activity.country.is_some() && packets(activity.packets) > 0)
                .count()
        };
        let totals = Totals {
            dropped: all.dropped,
            counted: all.counted,
            countries: countries_with(Tally::total),
            countries_dropped: countries_with(|packets| packets.dropped),
            countries_counted: countries_with(|packets| packets.counted),
        };
        let mut senders: Vec<(Sender, SenderDay)> = self.senders.into_iter().collect();
        senders.sort_by_key(|(_, seen)| (Reverse(seen.packets.total()), Reverse(seen.last_seen)));
        let recorded = senders.iter().map(|(sender, seen)| (*sender, seen.packets)).collect();
        let data = ActivityData {
            since: since.to_string(),
            until: until.to_string(),
            action: action.map(|(action, _)| action),
            action_since: action.map(|(_, begun)| begun.to_string()),
            counts_since: action.map_or(since, |(_, begun)| begun.max(since)).to_string(),
            v4: family(Family::V4),
            v6: family(Family::V6),
            totals,
            unattributed: all.beyond(self.attributed),
            countries,
            networks: Vec::new(),
            lists: Vec::new(),
            addresses_seen: senders.len(),
            addresses_complete: !self.senders_left_out,
            addresses: senders.into_iter().take(most_addresses).map(address_activity).collect(),
            hours: (self.hours.into_iter().filter(|(_, packets)| packets.total() > 0))
                .map(|(from, packets)| HourActivity { from: from.to_string(), packets })
                .collect(),
        };
        (data, recorded)
    }
}

fn address_activity((address, seen): (Sender, SenderDay)) -> AddressActivity {
    AddressActivity {
        address,
        first_address: address.address(),
        country: seen.country,
        network: None,
        packets: seen.packets,
        first_seen: seen.first_seen.to_string(),
        last_seen: seen.last_seen.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::interval::SenderActivity;

    #[test]
    fn counts_are_those_of_the_action_since_it_began() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (since, until) = (at("2026-11-29T10:00:00Z"), at("2026-11-29T12:30:00Z"));
        for (begun, counts_since) in [
            (None, "2026-11-29T10:00:00Z"),
            (Some("2026-11-28T10:00:00Z"), "2026-11-29T10:00:00Z"),
            (Some("2026-11-29T11:00:00Z"), "2026-11-29T11:00:00Z"),
        ] {
            let action = begun.map(|begun| (Action::Count, at(begun)));
            let (data, _) = Sum::default().into_data((since, until), 0, action);
            assert_eq!((data.counts_since.as_str(), data.action_since.as_deref()), (counts_since, begun));
        }
    }

    #[test]
    fn totals_add_up_both_families_and_count_countries_by_what_became_of_their_packets() {
        let until: Timestamp = "2026-11-29T10:30:00Z".parse().unwrap();
        let seen = |address: &str, country: Option<&str>, packets| SenderActivity {
            sender: ipnet::IpNet::from(address.parse::<std::net::IpAddr>().unwrap()).into(),
            country: country.map(|code| code.parse().unwrap()),
            packets,
        };
        let (dropped, counted) = (Tally::of(Action::Drop, 3), Tally::of(Action::Count, 2));
        let mut both = dropped;
        both += counted;
        let mut day = Day::default();
        day.add(&Interval {
            until,
            totals: [(Family::V4, both), (Family::V6, both)].into(),
            senders: vec![
                seen("1.0.0.7", Some("CN"), both),
                seen("2a00::7", Some("DE"), dropped),
                seen("9.9.9.9", None, counted),
            ],
        });
        let mut sum = Sum::default();
        sum.add(day, begin_of_hour(until));
        let Totals { dropped, counted, countries, countries_dropped, countries_counted } =
            sum.into_data((begin_of_hour(until), until), 0, None).0.totals;
        assert_eq!((dropped, counted), (6, 4));
        assert_eq!((countries, countries_dropped, countries_counted), (2, 2, 1));
    }
}
