//! Invariants that must hold for any bytes: the checks that the fuzz targets and the corpus test share.
//!
//! A check panics if an invariant is broken. It returns true if the bytes were accepted as valid input.

mod compiled;
mod files;
mod lists;
mod networks;
mod request;
mod sources;

pub use files::{database, plan};
pub use lists::list;
pub use networks::networks;
pub use request::request;
pub use sources::{Ways, dbip, ipdeny, rir};

/// A check with some bytes as the input.
pub type Check = fn(&[u8]) -> bool;

/// Every target with its check. Its seeds are the files in `fuzz/corpus/<name>`.
pub const TARGETS: &[(&str, Check)] = &[
    ("request", request),
    ("dbip", |bytes| dbip(bytes, Ways::All)),
    ("rir", |bytes| rir(bytes, Ways::All)),
    ("ipdeny", |bytes| ipdeny(bytes, Ways::All)),
    ("list", list),
    ("networks", networks),
    ("database", database),
    ("plan", plan),
];
