//! The steps of an update: how far it is, and where a source failed.

use serde::Serialize;

use crate::error::Code;

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

impl Code {
    /// The step in which a publisher or its data was at fault; none if neither was.
    pub fn stage(self) -> Option<Stage> {
        match self {
            Self::SourceDownload | Self::SourceTooLarge => Some(Stage::Download),
            Self::SourceChecksum => Some(Stage::Verify),
            Self::SourceMalformed | Self::SourceShrunk => Some(Stage::Parse),
            _ => None,
        }
    }
}
