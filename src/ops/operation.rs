//! The trait of all operations: a request as JSON or flags, the work, and an answer as JSON or text.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::Text;
use crate::context::Context;
use crate::error::{Error, Result};

/// An operation. The type itself is the request.
pub trait Operation: DeserializeOwned + Serialize {
    /// The command line flags. Programs send JSON instead.
    type Flags: Args;
    /// The data of the reply.
    type Data: Serialize + Text + 'static;

    /// Builds the request from the flags.
    ///
    /// # Errors
    /// `request.invalid`.
    fn from_flags(flags: Self::Flags) -> Result<Self>;

    /// Runs the operation.
    ///
    /// # Errors
    /// Those of the operation.
    fn run(&self, context: &mut Context<'_>) -> Result<Self::Data>;

    /// Does what is possible if the state directory cannot be used for this reason. Returns the error to report.
    fn run_without_state(&self, reason: Error) -> Error {
        reason
    }

    /// True if stdout carries a file instead of a reply.
    fn prints_file(&self) -> bool {
        false
    }

    /// True for a process that outlives its caller.
    fn outlives_caller(_: &Self::Flags) -> bool {
        false
    }
}

/// The data of a reply, which can be written as JSON or as text.
pub trait Answer: Text {
    /// The data as JSON.
    ///
    /// # Errors
    /// Those of the serialiser.
    fn json(&self) -> serde_json::Result<Box<RawValue>>;
}

impl<T: Serialize + Text> Answer for T {
    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        to_raw_value(self)
    }
}

/// The flags of an operation without flags.
#[derive(Debug, Args)]
pub struct NoFlags {}

/// The default of a field that is true unless the request says otherwise.
pub(super) fn yes() -> bool {
    true
}
