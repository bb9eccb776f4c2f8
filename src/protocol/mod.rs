//! Protocol version 1 between PHP and the helper: one JSON request in, newline-delimited JSON messages out.
//!
//! What a request asks for and a reply tells stands with its operation, in [`ops`](crate::ops).

mod reply;
mod request;
mod version;

pub use reply::{Message, Problem, Reply};
pub use request::parse;
pub use version::Version;
