//! The kernel's sets: their names and content, how they are loaded, replaced and compared, and the two backends.

mod audit;
pub(super) mod backend;
mod choice;
mod ipset;
mod layout;
mod listed;
mod loader;
mod names;
mod netlink;
pub(super) mod spec;
mod steps;

pub use audit::SetDrift;
pub(super) use audit::{drift_of, missing, other_options};
pub(super) use backend::Counted;
pub(crate) use backend::SetBackend;
pub(super) use choice::system_set_backend;
pub use layout::mark;
pub(super) use layout::{senders_spec, timed_spec};
pub use listed::ListedSets;
pub use loader::SetLoader;
pub use names::set_name;
pub(super) use names::{OwnedName, Purpose, all_owned, leftovers};
pub use spec::TimedMember;
pub(super) use spec::{Listed, SENDER_V6_LENGTH, SetHeader, SetSpec};
