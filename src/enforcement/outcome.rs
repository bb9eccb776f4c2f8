//! The result of an operation that changes the kernel.

use serde::Serialize;

use crate::firewall::SetData;

/// The content of the kernel after the operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Enforcement {
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if new connections go through the filter, in every family that it covers.
    pub attached: bool,
    /// True if the operation changed anything in the kernel.
    pub changed: bool,
}
