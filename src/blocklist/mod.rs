//! Lists of addresses that defenders share: who publishes them, how they are read, and how they are kept.
//!
//! A policy names lists beside countries. Both fill the same sets of the kernel, so a list costs a packet nothing.

mod batches;
mod catalogue;
mod content;
mod file;
mod guard;
mod id;
mod line;
mod named;
mod store;

pub use batches::{BATCH_LIMIT, Batches};
pub use catalogue::{CATALOGUE, Catalogued, KEY, catalogued};
pub use content::{Report, read};
pub use guard::refuse_leap;
pub use id::ListId;
pub use named::{MOST_LISTS, NamedLists};
pub use store::{Head, KeptList, ListStore};
