//! What the first 16 bits of an IPv4 address often decide alone.
//!
//! On the internet most blocks of /16 are dropped whole or not at all. Two bitmaps of 8 KiB say so after one look
//! each, before the table has to be asked for one prefix length after the other. They shorten the way and decide
//! nothing that the table would not: `whole` ⊆ table ⊆ `touched`. So a packet gets the right verdict even while the
//! three are being replaced one by one: an address that is dropped by the old table and the new one lies in both
//! `touched` and meets one of the tables; one that passes by both lies in neither table nor `whole`.

use crate::net::{AddressRange, RangeSet};

/// Number of bits that the shortcuts look at.
pub const BLOCK_LENGTH: u8 = 16;
/// Kernel memory of a bitmap over all blocks: one bit each, and the kernel's header of a `bitmap:ip` set.
pub(super) const BITMAP_BYTES: u64 = (1 << BLOCK_LENGTH) / 8 + 88;

const HOST_BITS: u32 = (1 << (32 - BLOCK_LENGTH)) - 1;

/// Blocks of /16 about which the table need not be asked. The ranges are made of whole blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortcuts {
    /// Blocks with at least one dropped address. All other addresses pass.
    pub touched: RangeSet<u32>,
    /// Blocks with no passing address.
    pub whole: RangeSet<u32>,
}

impl Shortcuts {
    /// The shortcuts to a table of these addresses.
    pub fn of(dropped: &RangeSet<u32>) -> Self {
        let outward = |range: &AddressRange<u32>| {
            AddressRange::new(range.first() & !HOST_BITS, range.last() | HOST_BITS)
        };
        let inward = |range: &AddressRange<u32>| {
            let first = range.first().checked_add(HOST_BITS)? & !HOST_BITS;
            // The last block ends with the family, where no address follows.
            let last = match range.last().checked_add(1) {
                Some(beyond) => (beyond & !HOST_BITS).checked_sub(1)?,
                None => range.last(),
            };
            AddressRange::new(first, last)
        };
        Self {
            touched: dropped.ranges().iter().filter_map(outward).collect(),
            whole: dropped.ranges().iter().filter_map(inward).collect(),
        }
    }
}

/// Number of /16 blocks in ranges that are made of whole ones.
pub(super) fn count_blocks(blocks: &RangeSet<u32>) -> u64 {
    let count =
        |range: &AddressRange<u32>| u64::from((range.last() - range.first()) >> (32 - BLOCK_LENGTH)) + 1;
    blocks.ranges().iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::net::Prefix;

    /// Sets around the ends of a few blocks, those at both ends of the family among them.
    fn sets() -> impl Strategy<Value = RangeSet<u32>> {
        let block = prop_oneof![0..6_u32, 0xfffa..=0xffff_u32];
        let host = prop_oneof![0..4_u32, 0xfffc..=0xffff_u32];
        let address = (block, host).prop_map(|(block, host)| block << 16 | host);
        vec((address.clone(), address), 0..8).prop_map(|pairs| {
            pairs.into_iter().map(|(a, b)| AddressRange::new(a.min(b), a.max(b)).unwrap()).collect()
        })
    }

    proptest! {
        #[test]
        fn each_block_is_told_by_its_addresses(set in sets()) {
            let shortcuts = Shortcuts::of(&set);
            let blocks = (0..8_u32).chain(0xfff8..=0xffff);
            for block in blocks.map(|block| Prefix::around(block << 16, BLOCK_LENGTH).unwrap()) {
                let block_set: RangeSet<u32> = std::iter::once(block.into()).collect();
                let passing = block_set.difference(&set);
                prop_assert_eq!(shortcuts.whole.contains(block.base()), passing == RangeSet::default());
                prop_assert_eq!(shortcuts.touched.contains(block.last()), passing != block_set);
            }
        }

        #[test]
        fn while_sets_are_swapped_in_any_order_no_agreed_verdict_changes(old in sets(), new in sets()) {
            let agreed = |address| Some(old.contains(address)).filter(|dropped| *dropped == new.contains(address));
            let shortcuts = [&old, &new].map(Shortcuts::of);
            let ends = [&old, &new].into_iter().flat_map(RangeSet::ranges).flat_map(|range| {
                [range.first(), range.last(), range.first().wrapping_sub(1), range.last().wrapping_add(1)]
            });
            for (address, dropped) in ends.filter_map(|address| Some((address, agreed(address)?))) {
                for generations in 0..8_usize {
                    let touched = shortcuts[generations & 1].touched.contains(address);
                    let whole = shortcuts[generations >> 1 & 1].whole.contains(address);
                    let in_table = [&old, &new][generations >> 2].contains(address);
                    prop_assert_eq!(touched && (whole || in_table), dropped);
                }
            }
        }

        #[test]
        fn blocks_are_never_cut(set in sets()) {
            let shortcuts = Shortcuts::of(&set);
            for range in shortcuts.touched.ranges().iter().chain(shortcuts.whole.ranges()) {
                prop_assert_eq!((range.first() & HOST_BITS, range.last() & HOST_BITS), (0, HOST_BITS));
            }
        }
    }

    #[test]
    fn all_blocks_are_counted() {
        assert_eq!(count_blocks(&std::iter::once(AddressRange::ALL).collect()), 1 << BLOCK_LENGTH);
        assert_eq!(count_blocks(&RangeSet::default()), 0);
    }
}
