//! A number for each address family.

use std::fmt;

use serde::Serialize;

use crate::database::Metadata;

/// A number for each address family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FamilyCounts {
    /// IPv4.
    pub v4: u64,
    /// IPv6.
    pub v6: u64,
}

impl FamilyCounts {
    /// The number of subnets of all countries in a database.
    pub fn subnets(metadata: &Metadata) -> Self {
        let (v4, v6) = metadata.subnets();
        Self { v4, v6 }
    }
}

impl fmt::Display for FamilyCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} IPv4 and {} IPv6 subnets", self.v4, self.v6)
    }
}
