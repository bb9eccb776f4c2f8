//! Addresses of both families, and how many they are.

use std::net::IpAddr;

use super::{AddressRange, IpBits, RangeSet};

/// A set of addresses of both families.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The IPv4 addresses.
    pub v4: RangeSet<u32>,
    /// The IPv6 addresses.
    pub v6: RangeSet<u128>,
}

impl Addresses {
    /// These and the others.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        Self {
            v4: self.v4.ranges().iter().chain(others.v4.ranges()).copied().collect(),
            v6: self.v6.ranges().iter().chain(others.v6.ranges()).copied().collect(),
        }
    }

    /// True if the set contains `address`. One that is mapped into IPv6 is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// The number of IPv4 addresses.
    pub fn v4_addresses(&self) -> u64 {
        sum_of_counted(self.v4.ranges())
    }

    /// The number of IPv6 networks of /64, or parts of them.
    pub fn v6_networks(&self) -> u64 {
        sum_of_counted(self.v6.ranges())
    }
}

fn sum_of_counted<A: IpBits>(ranges: &[AddressRange<A>]) -> u64 {
    ranges.iter().copied().map(counted).fold(0, u64::saturating_add)
}

/// How large a range is, as people are told: its IPv4 addresses, or its IPv6 networks of /64, or parts of them.
pub fn counted<A: IpBits>(range: AddressRange<A>) -> u64 {
    let (first, last) = (range.first().distance_from(A::MIN), range.last().distance_from(A::MIN));
    let networks = (last >> A::COUNTED_BITS) - (first >> A::COUNTED_BITS);
    u64::try_from(networks).unwrap_or(u64::MAX).saturating_add(1)
}

/// The distinct addresses of each family in ascending order. An IPv4-mapped IPv6 address counts as IPv4.
pub fn by_family(addresses: &[IpAddr]) -> (Vec<u32>, Vec<u128>) {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in addresses {
        match address.to_canonical() {
            IpAddr::V4(address) => v4.push(address.to_bits()),
            IpAddr::V6(address) => v6.push(address.to_bits()),
        }
    }
    v4.sort_unstable();
    v4.dedup();
    v6.sort_unstable();
    v6.dedup();
    (v4, v6)
}
