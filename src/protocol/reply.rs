//! The messages that the helper writes: progress messages, then one reply.

use serde::Serialize;
use serde_json::value::RawValue;

use super::Version;
use crate::error::Error;
use crate::remedy::Remedy;
use crate::stage::Stage;
use crate::warning::Warning;

/// One line of output.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Message<Data = Box<RawValue>> {
    /// The progress of a long operation.
    Progress {
        /// The current step.
        stage: Stage,
        /// Percentage of this step, 0 to 100.
        percent: u8,
        /// Percentage of the whole operation, 0 to 100. It never decreases.
        overall: u8,
        /// The object of the work, for people.
        detail: String,
    },
    /// The result. Always the last line.
    Reply(Reply<Data>),
}

impl<Data> From<Reply<Data>> for Message<Data> {
    fn from(reply: Reply<Data>) -> Self {
        Self::Reply(reply)
    }
}

/// The result of an operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reply<Data = Box<RawValue>> {
    /// The protocol version.
    pub v: Version,
    /// True if the operation succeeded.
    pub ok: bool,
    /// The result, if the operation succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// The error, if the operation failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// Warnings for the administrator, although the operation succeeded.
    pub warnings: Vec<Warning>,
}

/// An error with its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened, and to what.
    pub message: String,
    /// What an administrator can do.
    pub hint: String,
    /// True if the same request may succeed later without any change.
    pub retryable: bool,
    /// The path of the field at fault, of a request that was refused: `policy.countries[1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The step in which a source failed; left out if no source was at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What helps; left out if no single step does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().as_str(),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
            retryable: error.code().is_retryable(),
            field: error.field().map(str::to_owned),
            stage: error.code().stage(),
            remedy: error.code().remedy(),
        }
    }
}

impl<Data> Reply<Data> {
    /// The reply of an operation that succeeded.
    pub fn success(data: Data, warnings: Vec<Warning>) -> Self {
        Self { v: Version, ok: true, data: Some(data), error: None, warnings }
    }
}

impl Reply {
    /// The reply of an operation that failed.
    pub fn failure(error: &Error) -> Self {
        Self { v: Version, ok: false, data: None, error: Some(error.into()), warnings: Vec::new() }
    }
}
