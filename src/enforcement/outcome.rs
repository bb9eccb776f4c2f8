//! What came of an operation on the kernel.

use serde::Serialize;

use crate::firewall::SetData;

/// What the kernel holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Enforcement {
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if packets that enter the machine pass through the filter, in every family it covers.
    pub attached: bool,
    /// True if the operation changed anything in the kernel.
    pub changed: bool,
}
