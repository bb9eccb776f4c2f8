//! The operations on a kernel in memory with a given clock: the order of steps, the failure of each, trials and time.
//!
//! That the real kernel and the real tools behave like this is proved by the sweeps in `tests/helper`.

mod answers;
mod bench;
mod drift;
mod problems;
mod stand_in;
mod steps;
mod time;
mod trial;
