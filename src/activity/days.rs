//! The activity of the last month on disk: one file per day, so that little is written and old days are simply removed.

use jiff::Timestamp;

use super::Interval;
use super::day::Day;
use crate::error::{Code, Error, Result};
use crate::storage::record;
use crate::storage::{self, LockKind, StateDir, StateFile};
use crate::warning::{Warning, WarningCode};

const PREFIX: &str = "activity-";
const ENDING: &str = ".json";
const SECONDS_A_DAY: i64 = 86_400;
/// The most days that are kept: a month, and some more in case a wrong clock created days.
const FILES: usize = 40;

/// The activity stored in a state directory.
#[derive(Debug)]
pub struct Days<'a> {
    state: &'a StateDir,
}

impl<'a> Days<'a> {
    /// The activity stored in this directory.
    pub fn new(state: &'a StateDir) -> Self {
        Self { state }
    }

    /// Adds an interval to its day. An unreadable day is started again. The caller holds the firewall lock.
    ///
    /// # Errors
    /// `state.io`.
    pub fn add(&self, interval: &Interval) -> Result<()> {
        let number = day_number(interval.until);
        let day = self.load(number).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        let mut day = day.unwrap_or_default();
        day.add(interval);
        record::save(&self.path(number), LockKind::Firewall, &day)?;
        self.prune(number);
        Ok(())
    }

    /// The days from `since` to `until`. One that cannot be read is a warning.
    pub(super) fn within(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = Result<Day, Warning>> {
        (day_number(since)..=day_number(until))
            .filter_map(|number| self.load(number).transpose())
            .map(|day| day.map_err(|error| unreadable(&error)))
    }

    fn load(&self, number: i64) -> Result<Option<Day>> {
        record::load(&self.path(number))
    }

    fn path(&self, number: i64) -> StateFile {
        self.state.file(&format!("{PREFIX}{}{ENDING}", name_of_day(number)))
    }

    /// Removes the oldest days if there are too many, but never the one just written. So the last month survives even
    /// if the clock is wrong for a while.
    fn prune(&self, today: i64) {
        let mut days: Vec<i64> = self.state.files().filter_map(|file| day_of_file(file.name())).collect();
        days.sort_unstable();
        let too_many = days.len().saturating_sub(FILES);
        for number in days.into_iter().filter(|number| *number != today).take(too_many) {
            storage::remove(&self.path(number)).unwrap_or_else(|error| log::warn!("{error}"));
        }
    }
}

/// Says that a damaged day is lost. The hint of a damaged record would not help: nothing brings the counts back.
fn unreadable(error: &Error) -> Warning {
    match error.code() {
        Code::StateDamaged => Warning::new(WarningCode::DayLost, error.message()),
        _ => Warning::from(error),
    }
}

fn day_number(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(SECONDS_A_DAY)
}

/// The date of a day, such as 2026-11-22.
fn name_of_day(number: i64) -> String {
    let begin = Timestamp::from_second(number.saturating_mul(SECONDS_A_DAY)).unwrap_or_default();
    begin.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn day_of_file(name: &str) -> Option<i64> {
    let date = name.strip_prefix(PREFIX)?.strip_suffix(ENDING)?;
    format!("{date}T00:00:00Z").parse().ok().map(day_number)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::activity::Tally;
    use crate::net::Family;
    use crate::plan::Action;

    fn add(days: &Days, day: i64) {
        let until = Timestamp::from_second(day * SECONDS_A_DAY + 60).unwrap();
        let totals = [(Family::V4, Tally::of(Action::Drop, 1))].into();
        days.add(&Interval { until, totals, senders: Vec::new() }).unwrap();
    }

    #[test]
    fn the_name_of_a_days_file_is_its_date() {
        assert_eq!(name_of_day(20_779), "2026-11-22");
        assert_eq!(day_of_file("activity-2026-11-22.json"), Some(20_779));
        for other in ["activity.json", "activity-.json", "activity-x.json", "plan-2026-11-22.bin"] {
            assert_eq!(day_of_file(other), None);
        }
    }

    #[test]
    fn a_wrong_clock_removes_no_day_of_the_last_month() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let days = Days::new(&state);
        for day in (20_000..20_100).chain([0, 60_000, 20_100]) {
            add(&days, day);
        }
        let month = |day: i64| Timestamp::from_second(day * SECONDS_A_DAY).unwrap();
        assert_eq!(days.within(month(20_070), month(20_100)).count(), 31);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), FILES);
    }

    #[test]
    fn a_damaged_day_is_reported_as_lost_and_started_again() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let days = Days::new(&state);
        fs::write(days.path(20_000), "{").unwrap();
        let moment = Timestamp::from_second(20_000 * SECONDS_A_DAY).unwrap();
        let read = || days.within(moment, moment).next().unwrap();
        assert_eq!(read().unwrap_err().code, "activity.day_lost");
        add(&days, 20_000);
        assert_eq!(read().unwrap().hours.len(), 1);
    }
}
