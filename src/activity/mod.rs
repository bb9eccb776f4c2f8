//! What the filter dropped, or would have dropped, over a month: counted in the kernel, stored on disk by day.
//!
//! The kernel counts every packet that the policy matches, and records its sender. A regular task collects these counts
//! every few minutes and adds them to the current day. If the system crashes, the counts since then are lost.

mod baseline;
mod data;
mod day;
mod days;
mod hours;
mod interval;
mod lists;
mod networks;
mod report;
mod sender;
mod tally;

pub use baseline::Baseline;
pub use data::{
    ActivityData, AddressActivity, CountryActivity, HourActivity, ListActivity, NetworkActivity, Totals,
};
pub use days::Days;
pub use hours::Hours;
pub use interval::Interval;
pub use sender::Sender;
pub use tally::Tally;
