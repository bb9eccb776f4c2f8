//! Traits for addresses as numbers, so that every algorithm is written once for 32, 128 and (in tests) 8 bits.

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::ops::{BitAnd, BitOr, Not};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::special::{self, SpecialBlock};
use super::{Addresses, Prefix, RangeSet};

/// An unsigned number of fixed width that represents an address.
pub trait Address:
    Copy
    + Ord
    + Hash
    + fmt::Debug
    + Send
    + Sync
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + Not<Output = Self>
    + 'static
{
    /// Number of bits.
    const WIDTH: u8;
    /// The all-zero address.
    const MIN: Self;
    /// The all-one address.
    const MAX: Self;

    /// The next higher address, or `None` after [`Self::MAX`].
    fn successor(self) -> Option<Self>;

    /// The next lower address, or `None` before [`Self::MIN`].
    fn predecessor(self) -> Option<Self>;

    /// `self - lower`. `lower` must not be greater than `self`.
    fn distance_from(self, lower: Self) -> u128;

    /// The number whose lowest `bits` bits are set. `bits` is at most [`Self::WIDTH`].
    fn low_ones(bits: u8) -> Self;

    /// Number of trailing zero bits; [`Self::WIDTH`] for zero.
    fn trailing_zeros(self) -> u8;
}

macro_rules! impl_address {
    ($($number:ty),*) => {$(
        #[expect(clippy::cast_possible_truncation, reason = "numbers of bits are at most 128")]
        impl Address for $number {
            const WIDTH: u8 = <$number>::BITS as u8;
            const MIN: Self = <$number>::MIN;
            const MAX: Self = <$number>::MAX;

            fn successor(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn predecessor(self) -> Option<Self> {
                self.checked_sub(1)
            }

            fn distance_from(self, lower: Self) -> u128 {
                u128::from(self - lower)
            }

            fn low_ones(bits: u8) -> Self {
                if bits == 0 { 0 } else { Self::MAX >> (Self::WIDTH - bits) }
            }

            fn trailing_zeros(self) -> u8 {
                <$number>::trailing_zeros(self) as u8
            }
        }
    )*};
}

impl_address!(u32, u128);

// An address space so small that tests can try every address.
#[cfg(test)]
impl_address!(u8);

/// The two Internet Protocol families.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both families, IPv4 first.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// The family of a CIDR block.
    pub fn of(net: IpNet) -> Self {
        match net {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }

    /// Its name in the names of sets.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }

    /// Its name in the `ipset` tool.
    pub const fn in_ipset(self) -> &'static str {
        match self {
            Self::V4 => "inet",
            Self::V6 => "inet6",
        }
    }

    /// The tool for its rules.
    pub const fn iptables(self) -> &'static str {
        match self {
            Self::V4 => "iptables",
            Self::V6 => "ip6tables",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// Numbers that are IP addresses.
pub trait IpBits: Address {
    /// The host bits of what people are told the number of: an IPv4 address, an IPv6 network of /64.
    const COUNTED_BITS: u32;

    /// The addresses of this family.
    fn within(addresses: &Addresses) -> &RangeSet<Self>;

    /// The family of these addresses.
    const FAMILY: Family;

    /// The address as the standard library's type.
    fn to_ip(self) -> IpAddr;

    /// The prefix of a CIDR block, or `None` if it belongs to the other family.
    fn prefix_of(net: IpNet) -> Option<Prefix<Self>>;

    /// The special-purpose blocks, which are never dropped, in ascending order.
    fn special_blocks() -> Vec<SpecialBlock<Self>>;
}

impl IpBits for u32 {
    const COUNTED_BITS: u32 = 0;

    fn within(addresses: &Addresses) -> &RangeSet<Self> {
        &addresses.v4
    }

    const FAMILY: Family = Family::V4;

    fn to_ip(self) -> IpAddr {
        std::net::Ipv4Addr::from_bits(self).into()
    }

    fn prefix_of(net: IpNet) -> Option<Prefix<Self>> {
        let IpNet::V4(net) = net else { return None };
        Prefix::around(net.addr().to_bits(), net.prefix_len())
    }

    fn special_blocks() -> Vec<SpecialBlock<Self>> {
        special::v4()
    }
}

impl IpBits for u128 {
    const COUNTED_BITS: u32 = 64;

    fn within(addresses: &Addresses) -> &RangeSet<Self> {
        &addresses.v6
    }

    const FAMILY: Family = Family::V6;

    fn to_ip(self) -> IpAddr {
        std::net::Ipv6Addr::from_bits(self).into()
    }

    fn prefix_of(net: IpNet) -> Option<Prefix<Self>> {
        let IpNet::V6(net) = net else { return None };
        Prefix::around(net.addr().to_bits(), net.prefix_len())
    }

    fn special_blocks() -> Vec<SpecialBlock<Self>> {
        special::v6()
    }
}
