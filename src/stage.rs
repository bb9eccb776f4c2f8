//! The steps of an update: how far it is, and where a source failed.

use serde::Serialize;

/// The steps of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Stage {
    /// Downloading files.
    Download,
    /// Verifying the checksums of files.
    Verify,
    /// Parsing and validating the rows.
    Parse,
    /// Compiling and storing the database.
    Compile,
    /// Loading the kernel sets.
    Apply,
}
