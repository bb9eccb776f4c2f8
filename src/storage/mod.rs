//! The state directory: private files that are replaced atomically, under locks that end with their process.
//!
//! The directory is opened once, and every access goes through that descriptor. So the owner of a parent directory can
//! move it or put another one in its place, but cannot make the helper use that.

pub(crate) mod blocks;
pub mod clock;
pub(crate) mod columns;
mod directory;
mod file;
mod lock;
pub mod record;
mod staged;

pub use clock::{BootTime, Clock, Moment, SystemClock, whole_second};
pub use directory::StateDir;
pub use file::{StateFile, open, read, remove};
pub use lock::{Lock, LockKind};
pub use record::Record;
pub use staged::{StagedFile, StagedReplacement, rename, write_atomically};
