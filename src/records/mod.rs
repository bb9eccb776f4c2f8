//! What the helper remembers from one run to the next.

mod applied;
pub mod certificates;
pub mod drift;
pub mod trial;

pub use applied::{Applied, Prepared};
pub use trial::Change;
