//! Messages that the helper writes: progress, then one reply.

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
    /// How far a long operation is.
    Progress {
        /// What is being done.
        stage: Stage,
        /// Share of this stage that is done, 0 to 100.
        percent: u8,
        /// Share of the whole operation that is done, 0 to 100; it never goes backwards.
        overall: u8,
        /// What it is being done to, for people.
        detail: String,
    },
    /// The outcome; always the last line.
    Reply(Reply<Data>),
}

impl<Data> From<Reply<Data>> for Message<Data> {
    fn from(reply: Reply<Data>) -> Self {
        Self::Reply(reply)
    }
}

/// The outcome of an operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Reply<Data = Box<RawValue>> {
    /// The protocol version.
    pub v: Version,
    /// True if the operation did what it was asked for.
    pub ok: bool,
    /// What the operation has to tell, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// What went wrong, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What the administrator should know although the operation succeeded.
    pub warnings: Vec<Warning>,
}

/// A failure in words and code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// What happened to what.
    pub message: String,
    /// What an administrator can do.
    pub hint: String,
    /// True if the same request may succeed later by itself.
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
