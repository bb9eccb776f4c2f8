//! Tests of the helper as a program: over its protocol, on a real disk, with the real kernel.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world is not as expected")]
#![allow(clippy::format_collect, clippy::needless_for_each, reason = "brevity counts more than speed here")]
#![allow(unreachable_pub, reason = "nothing of a test is reachable")]

mod activity;
mod admin;
mod confirm;
mod degraded;
mod detaching;
mod exceptions;
mod exporting;
mod failing_tools;
mod faults;
mod filtering;
mod healing;
mod hosts;
mod input;
mod lab;
mod leash;
mod limits;
mod listing;
mod lists;
mod loading;
mod names;
mod networks;
mod online;
mod others;
mod pbx;
mod phones;
mod protocol;
mod reach;
mod real_data;
mod restored;
mod server;
mod soak;
mod sources;
mod trial;
mod truth;
mod update;
mod upgrading;
mod week;
mod world;
mod zipped;
