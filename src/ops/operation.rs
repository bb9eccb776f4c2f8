//! What an operation is: a request on the wire or as flags, the work, and an answer.

use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::Text;
use crate::context::Context;
use crate::error::{Error, Result};

/// An operation, as its request.
pub trait Operation: DeserializeOwned + Serialize {
    /// The flags for people; programs send JSON instead.
    type Flags: Args;
    /// What the reply tells.
    type Data: Serialize + Text + 'static;

    /// The request that the flags make.
    ///
    /// # Errors
    /// `request.invalid`.
    fn from_flags(flags: Self::Flags) -> Result<Self>;

    /// Does the work.
    ///
    /// # Errors
    /// Those that the operation names.
    fn run(&self, context: &mut Context<'_>) -> Result<Self::Data>;

    /// Does what can be done without the state directory, which cannot be used for the reason given; returns the failure.
    fn run_without_state(&self, reason: Error) -> Error {
        reason
    }

    /// True for a process that stays behind when its caller is gone.
    fn outlives_caller(_: &Self::Flags) -> bool {
        false
    }
}

/// The data of a reply, which is written in one of two languages.
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

/// The flags of an operation that has none.
#[derive(Debug, Args)]
pub struct NoFlags {}
