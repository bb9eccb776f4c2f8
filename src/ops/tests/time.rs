//! Timed exceptions, with correct and wrong clocks.

use serde_json::{Value, json};

use super::bench::{Bench, plain};
use crate::ops::{ActivityRequest, ApplyRequest, ExplainRequest, StatusRequest};
use crate::plan::Reason;

fn with_exception(expires_at: &str) -> Value {
    let exception = json!({"subnet": "1.0.0.7", "expires_at": expires_at});
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": ["CN"], "exceptions": [exception]}})
}

fn reason(bench: &Bench) -> Reason {
    bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": ["1.0.0.7"]})).unwrap().addresses[0].reason
}

#[test]
fn an_exception_counts_until_its_end_and_is_not_reported_afterwards() {
    let bench = Bench::blocking(&["CN"]);
    bench.run::<ApplyRequest>(&with_exception("2026-11-29T10:01:00Z")).unwrap();
    assert!(bench.kernel.state().lets_in("1.0.0.7") && !bench.kernel.state().lets_in("1.0.0.8"));
    assert_eq!(reason(&bench), Reason::TimedException);
    bench.pass_time(60);
    assert_eq!(reason(&bench), Reason::CountryBlocked);
    assert!(bench.run::<StatusRequest>(&plain()).unwrap().applied.unwrap().policy.exceptions.is_empty());
}

#[test]
fn a_clock_that_is_set_back_makes_no_exception_longer() {
    let bench = Bench::blocking(&["CN"]);
    let request = with_exception("2026-11-29T11:00:00Z");
    bench.run::<ApplyRequest>(&request).unwrap();
    let seconds_left = || bench.in_force().applied().unwrap().unwrap().timed_members(now(&bench))[0].seconds;
    assert_eq!(seconds_left(), 3600);
    bench.clock.set("2026-11-29T10:59:00Z");
    bench.run::<ApplyRequest>(&request).unwrap();
    assert_eq!(seconds_left(), 60);
    bench.clock.set("1970-01-01T00:00:00Z");
    assert_eq!(seconds_left(), 60);
    bench.run::<ApplyRequest>(&request).unwrap();
    assert_eq!(seconds_left(), 60);
}

#[test]
fn an_exception_that_has_ended_is_left_out_with_a_warning() {
    let bench = Bench::blocking(&["CN"]);
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&with_exception("2026-11-29T09:59:59Z"));
    done.unwrap();
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["policy.exception_expired"]);
    bench.assert_blocked(&["CN"]);
}

#[test]
fn the_activity_goes_back_to_the_hour_in_which_the_action_began() {
    let bench = Bench::blocking(&["CN"]);
    let since = |request: Value| bench.run::<ActivityRequest>(&request).unwrap().since;
    let since_action = json!({"v": 1, "since_action": true});
    assert_eq!(since(since_action.clone()), "2026-11-29T10:00:00Z");
    bench.pass_time(3 * 3600 + 600);
    assert_eq!(since(since_action.clone()), "2026-11-29T10:00:00Z");
    assert_eq!(since(json!({"v": 1, "hours": 1})), "2026-11-29T13:00:00Z");
    bench.pass_time(40 * 86_400);
    assert_eq!(since(since_action), "2026-12-08T14:00:00Z", "a month is all that is remembered");
}

fn now(bench: &Bench) -> jiff::Timestamp {
    crate::storage::Clock::now(&*bench.clock)
}
