//! What must hold whatever bytes arrive: the checks that the fuzz targets and the corpus test share.
//!
//! A check panics where a promise is broken, and returns true if the bytes were accepted as what they pose as.

mod compiled;
mod files;
mod request;
mod sources;

pub use files::{database, plan};
pub use request::request;
pub use sources::{Ways, dbip, ipdeny, rir};

/// A check of some bytes.
pub type Check = fn(&[u8]) -> bool;

/// Every target with its check; its seeds are the files of `fuzz/corpus/<name>`.
pub const TARGETS: &[(&str, Check)] = &[
    ("request", request),
    ("dbip", |bytes| dbip(bytes, Ways::All)),
    ("rir", |bytes| rir(bytes, Ways::All)),
    ("ipdeny", |bytes| ipdeny(bytes, Ways::All)),
    ("database", database),
    ("plan", plan),
];
