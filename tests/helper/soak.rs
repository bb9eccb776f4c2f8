//! A short random week of the helper. `bin/soak` runs a long one with real data.

use std::path::Path;

use crate::pbx::{BLOCKED, PASSING, ROWS};
use crate::week::Week;
use crate::world::{HELPER, World};

const EVENTS: u64 = 60;
const SAMPLES: u64 = 3;

#[test]
fn after_a_short_week_nothing_has_piled_up_and_every_verdict_was_right() {
    let world = World::new();
    let moved = ROWS.replace("1.0.64.0,1.0.64.255,DE", "1.0.64.0,1.0.64.255,FR");
    let bundles = [world.bundle("one.csv.gz", ROWS), world.bundle("other.csv.gz", &moved)];
    let knocking: Vec<&str> = PASSING.iter().chain(&BLOCKED).copied().collect();
    // The seed is the date, so that runs differ but a failure can be repeated.
    let seed = jiff::Timestamp::now().as_second().cast_unsigned() / 86_400;
    println!("seed {seed}");
    let mut week =
        Week::new(Path::new(HELPER), &world.state(), bundles, &["CN", "DE", "FR", "US"], &knocking, seed);
    week.live(EVENTS, SAMPLES);
    week.assert_flat();
    assert_eq!(week.events.values().sum::<u64>(), EVENTS);
}
