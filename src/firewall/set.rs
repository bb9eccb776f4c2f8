//! A set as replies tell of it.

use serde::Serialize;

use crate::net::Family;

/// A set in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetData {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Number of entries.
    pub entries: u64,
    /// Kernel memory in bytes.
    pub memory_bytes: u64,
}
