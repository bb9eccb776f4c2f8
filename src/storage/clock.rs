//! The wall clock and the time since boot, behind a trait so that tests can move the time.

use std::fmt::Debug;
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A source of the current time.
pub trait Clock: Debug + Send + Sync {
    /// The wall clock, which can be set.
    fn now(&self) -> Timestamp;

    /// The time since boot, which cannot be set.
    fn since_boot(&self) -> BootTime;
}

/// The clock of this system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn since_boot(&self) -> BootTime {
        let since_boot = Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        BootTime { boot: boot.trim().to_owned(), milliseconds: millis(since_boot) }
    }
}

/// A moment within one boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootTime {
    /// The kernel's id of the boot.
    pub boot: String,
    /// Milliseconds since boot, including suspend.
    pub milliseconds: u64,
}

impl BootTime {
    /// The moment `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { milliseconds: self.milliseconds.saturating_add(millis(wait)), ..self }
    }

    /// The time from `now` until this moment. `None` if the moment is over; a moment of another boot always is.
    pub fn left(&self, now: &Self) -> Option<Duration> {
        let left = self.milliseconds.saturating_sub(now.milliseconds);
        (left > 0 && self.boot == now.boot).then(|| Duration::from_millis(left))
    }
}

/// A moment by both clocks, so that the time that has passed since is known whatever happens to one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// By the wall clock.
    pub wall: Timestamp,
    /// By the time since boot.
    pub since_boot: BootTime,
}

impl Moment {
    /// The present moment.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), since_boot: clock.since_boot() }
    }

    /// The time from this moment until `later`: within a boot by the clock that cannot be set, beyond it by the wall clock.
    /// None has passed if the wall clock was set back in between.
    pub fn until(&self, later: &Self) -> Duration {
        if self.since_boot.boot == later.since_boot.boot {
            let passed = later.since_boot.milliseconds.saturating_sub(self.since_boot.milliseconds);
            return Duration::from_millis(passed);
        }
        Duration::try_from(later.wall.duration_since(self.wall)).unwrap_or_default()
    }
}

/// The moment without its fraction of a second: the kernel counts time in whole seconds.
pub fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A clock that stands still unless a test moves it.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct TestClock(std::sync::Mutex<(Timestamp, BootTime)>);

#[cfg(test)]
impl TestClock {
    /// The wall clock shows `now`, one second after the boot named "one".
    pub(crate) fn at(now: &str) -> std::sync::Arc<Self> {
        let boot_time = BootTime { boot: "one".to_owned(), milliseconds: 1000 };
        std::sync::Arc::new(Self(std::sync::Mutex::new((now.parse().unwrap(), boot_time))))
    }

    /// Moves both clocks forward.
    pub(crate) fn advance(&self, time: Duration) {
        let mut moment = self.0.lock().unwrap();
        moment.0 += time;
        moment.1 = moment.1.clone().after(time);
    }

    /// Sets the wall clock.
    pub(crate) fn set(&self, now: &str) {
        self.0.lock().unwrap().0 = now.parse().unwrap();
    }

    /// Starts another boot.
    pub(crate) fn reboot(&self) {
        self.0.lock().unwrap().1 = BootTime { boot: "another".to_owned(), milliseconds: 1000 };
    }
}

#[cfg(test)]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().0
    }

    fn since_boot(&self) -> BootTime {
        self.0.lock().unwrap().1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_over_when_its_time_has_come_or_in_another_boot() {
        let at = |boot: &str, milliseconds| BootTime { boot: boot.to_owned(), milliseconds };
        let moment = at("one", 5000);
        assert_eq!(moment.left(&at("one", 4000)), Some(Duration::from_secs(1)));
        for now in [at("one", 5000), at("one", 9000), at("another", 1)] {
            assert_eq!(moment.left(&now), None, "{now:?}");
        }
    }

    #[test]
    fn time_passes_by_the_clock_that_was_not_set() {
        let clock = TestClock::at("2026-11-29T10:00:00Z");
        let before = Moment::of(&*clock);
        clock.advance(Duration::from_secs(60));
        clock.set("1970-01-01T00:00:00Z");
        assert_eq!(before.until(&Moment::of(&*clock)), Duration::from_secs(60));
        clock.reboot();
        assert_eq!(before.until(&Moment::of(&*clock)), Duration::ZERO);
        clock.set("2026-11-29T10:05:00Z");
        assert_eq!(before.until(&Moment::of(&*clock)), Duration::from_secs(300));
    }

    #[test]
    fn the_system_clock_advances_within_one_boot() {
        let before = SystemClock.since_boot();
        let after = SystemClock.since_boot();
        assert!(
            !before.boot.is_empty() && before.boot == after.boot && before.milliseconds <= after.milliseconds
        );
    }
}
