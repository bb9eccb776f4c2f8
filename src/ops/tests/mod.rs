//! Tests of the operations with a kernel in memory and a controlled clock: the order of steps, the failure of each
//! step, trials, and time.
//!
//! The tests in `tests/helper` check that the real kernel and the real tools behave like the ones in memory.

mod admin;
mod answers;
mod bench;
mod drift;
mod hosts;
mod lists;
mod networks;
mod phones;
mod problems;
mod stand_in;
mod steps;
mod time;
mod trial;
mod upgrade;
