//! Protocol version 1 between PHP and the helper: one JSON request in, JSON messages out, one per line.
//!
//! The content of requests and replies is defined with each operation, in [`ops`](crate::ops).

mod reply;
mod request;
mod version;

pub use reply::{Message, Problem, Reply};
pub use request::parse;
pub use version::Version;
