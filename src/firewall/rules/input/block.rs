//! Addresses of the options `-s` and `-d`: a base and a mask, which need not be a prefix.

use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses that equal `base` in the bits of `mask`. IPv4 uses the lowest bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    base: u128,
    mask: u128,
}

impl Block {
    /// Parses `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS/MASK`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, mask) = match text.split_once('/') {
            None => (text.parse().ok()?, None),
            Some((address, mask)) => (address.parse::<IpAddr>().ok()?, Some(mask)),
        };
        let mask = match mask {
            None => number(IpNet::from(address).netmask()),
            Some(mask) => match mask.parse() {
                Ok(length) => number(IpNet::new(address, length).ok()?.netmask()),
                Err(_) => {
                    number(mask.parse::<IpAddr>().ok().filter(|mask| mask.is_ipv4() == address.is_ipv4())?)
                }
            },
        };
        Some(Self { base: number(address) & mask, mask })
    }

    /// True if the block contains all addresses.
    pub(super) fn is_all(self) -> bool {
        self.mask == 0
    }

    /// True if the block is small enough to mean specific sources. All global IPv6 addresses are an eighth of IPv6,
    /// `2000::/3`.
    pub(super) fn names_somebody(self) -> bool {
        self.mask.count_ones() > 3
    }

    /// True if the block is a single address.
    pub(super) fn is_one(self) -> bool {
        [u32::MAX.into(), u128::MAX].contains(&self.mask)
    }

    /// True if the block contains `address`, which must be of the same family.
    pub(super) fn holds(self, address: IpAddr) -> bool {
        number(address) & self.mask == self.base
    }

    /// True if the block contains all of `other`.
    pub(super) fn covers(self, other: Self) -> bool {
        self.mask & other.mask == self.mask && other.base & self.mask == self.base
    }

    /// True if the blocks have no common address.
    pub(super) fn is_apart_from(self, other: Self) -> bool {
        (self.base ^ other.base) & self.mask & other.mask != 0
    }
}

/// An address as a number.
pub(super) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::read(text).unwrap()
    }

    #[test]
    fn lengths_and_masks_are_read() {
        assert_eq!(block("10.1.2.3/8"), block("10.0.0.0/255.0.0.0"));
        assert_eq!(block("10.1.2.3"), block("10.1.2.3/32"));
        assert!(block("1.0.3.0/255.0.255.0").holds("1.77.3.9".parse().unwrap()));
        assert!(!block("1.0.3.0/255.0.255.0").holds("1.77.4.9".parse().unwrap()));
        assert!(block("::/0").is_all() && block("0.0.0.0/0.0.0.0").is_all() && !block("fd00::/8").is_all());
        for text in ["", "10", "10.0.0.0/33", "10.0.0.0/ffff::", "x/8", "10.0.0.0/"] {
            assert_eq!(Block::read(text), None, "{text}");
        }
    }

    #[test]
    fn blocks_contain_or_exclude_each_other() {
        let (wide, narrow, other) = (block("10.0.0.0/8"), block("10.1.0.0/16"), block("11.0.0.0/8"));
        assert!(wide.covers(narrow) && wide.covers(wide) && !narrow.covers(wide));
        assert!(wide.is_apart_from(other) && !wide.is_apart_from(narrow));
        let odd = block("10.0.3.0/255.0.255.0");
        assert!(!odd.is_apart_from(narrow) && !odd.covers(narrow) && !narrow.covers(odd));
    }
}
