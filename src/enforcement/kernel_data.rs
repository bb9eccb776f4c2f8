//! What the kernel holds after an operation, as replies contain it.

use serde::Serialize;

use crate::firewall::SetData;

/// What the kernel holds after the operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KernelData {
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if new connections go through the filter, in every family that it covers.
    pub attached: bool,
    /// True if the operation changed anything in the kernel.
    pub changed: bool,
}
