//! What the filter dropped, or would have dropped, over a month: counted in the kernel, remembered by day on the disk.
//!
//! The kernel counts every packet that meets the verdict and remembers its sender. Whoever looks every few minutes takes
//! what was seen and adds it to the day; a crash of the PBX loses what came since.

mod baseline;
mod data;
mod day;
mod hours;
mod interval;
mod memory;
mod report;
mod sender;
mod tally;

pub use baseline::Baseline;
pub use data::{ActivityData, AddressActivity, CountryActivity, HourActivity, Totals};
pub use hours::Hours;
pub use interval::Interval;
pub use memory::Memory;
pub use sender::Sender;
pub use tally::Tally;
