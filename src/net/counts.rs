//! Address counts of both families.

use serde::Serialize;

use super::Family;

/// Numbers of addresses of both families.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AddressCounts {
    /// IPv4.
    pub v4: u64,
    /// IPv6, as decimal text, because JSON numbers are not exact up to 2^128.
    #[serde(with = "super::number_as_text")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub v6: u128,
}

impl AddressCounts {
    /// Adds a number of addresses of a family.
    pub fn add(&mut self, family: Family, addresses: u128) {
        match family {
            Family::V4 => self.v4 = self.v4.saturating_add(u64::try_from(addresses).unwrap_or(u64::MAX)),
            Family::V6 => self.v6 = self.v6.saturating_add(addresses),
        }
    }
}
