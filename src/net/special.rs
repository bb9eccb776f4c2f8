//! Special-purpose blocks, which no country policy may drop.
//!
//! These are addresses that a PBX meets on its own machine, link or private network. Sources: the IANA IPv4 and IPv6
//! Special-Purpose Address Registries (RFC 6890) and the multicast registries. Not all blocks of these registries are
//! listed: some are ordinary sources on the internet (Teredo, 6to4), and some never send packets (documentation,
//! benchmarking). The policy applies to them like to any other address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{AddressRange, IpBits, Prefix};

/// A block that is never dropped, and its purpose.
#[derive(Clone, Copy, Debug)]
pub struct SpecialBlock<A> {
    /// The block.
    pub prefix: Prefix<A>,
    /// The purpose, in the words of the registry.
    pub purpose: &'static str,
}

const V4: &[(Ipv4Addr, u8, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "this network (RFC 791)"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private use (RFC 1918)"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared address space (RFC 6598)"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback (RFC 1122)"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local (RFC 3927)"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private use (RFC 1918)"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "IETF protocol assignments (RFC 6890)"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private use (RFC 1918)"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast (RFC 5771)"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved and limited broadcast (RFC 1112, RFC 919)"),
];

const V6: &[(Ipv6Addr, u8, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified address (RFC 4291)"),
    (Ipv6Addr::LOCALHOST, 128, "loopback (RFC 4291)"),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "IPv4-mapped (RFC 4291)"),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, "IPv4/IPv6 translation (RFC 6052)"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "IPv4/IPv6 translation (RFC 8215)"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "unique local (RFC 4193)"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local (RFC 4291)"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "site-local, deprecated (RFC 3879)"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast (RFC 4291)"),
];

pub(super) fn v4() -> Vec<SpecialBlock<u32>> {
    V4.iter().filter_map(|(base, length, purpose)| block(base.to_bits(), *length, purpose)).collect()
}

pub(super) fn v6() -> Vec<SpecialBlock<u128>> {
    V6.iter().filter_map(|(base, length, purpose)| block(base.to_bits(), *length, purpose)).collect()
}

/// True if `address` lies in a special-purpose block.
pub fn is_special_purpose(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_special(address.to_bits()),
        IpAddr::V6(address) => is_special(address.to_bits()),
    }
}

fn is_special<A: IpBits>(address: A) -> bool {
    A::special_blocks().into_iter().any(|block| AddressRange::from(block.prefix).contains(address))
}

fn block<A: IpBits>(base: A, length: u8, purpose: &'static str) -> Option<SpecialBlock<A>> {
    Prefix::around(base, length).map(|prefix| SpecialBlock { prefix, purpose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_of_the_tables_is_a_well_formed_prefix() {
        assert_eq!((v4().len(), v6().len()), (V4.len(), V6.len()));
        assert!(V4.iter().zip(v4()).all(|((base, ..), block)| block.prefix.base() == base.to_bits()));
        assert!(V6.iter().zip(v6()).all(|((base, ..), block)| block.prefix.base() == base.to_bits()));
    }
}
