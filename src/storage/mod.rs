//! The state directory: private files, replaced whole, under locks that die with their holder.
//!
//! The directory is opened once, and whatever is done in it goes through that descriptor: who owns a directory above
//! may move it away or put another in its place, and yet decides nothing.

pub mod clock;
pub(crate) mod columns;
mod directory;
mod file;
mod lock;
pub mod record;
mod staged;

pub use clock::{BootTime, Clock, SystemClock};
pub use directory::StateDir;
pub use file::{StateFile, json, open, read, remove};
pub use lock::{Lock, LockKind};
pub use record::Record;
pub use staged::{StagedFile, StagedReplacement, rename, write_atomically};
