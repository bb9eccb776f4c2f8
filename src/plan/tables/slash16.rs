//! A bitmap of the /16 blocks in which every IPv4 address is dropped.
//!
//! Many /16 blocks are dropped completely. One look into a bitmap of 8 KiB finds them, before the tables are searched
//! one prefix length after the other. The bitmap never decides more than the tables do. So verdicts stay right while
//! bitmap and tables are swapped one after the other: an address that both plans drop is dropped by either bitmap or by
//! the tables, and one that both let pass is in neither bitmap.

use crate::net::{AddressRange, RangeSet};

/// Prefix length of the blocks in the bitmap.
pub const BLOCK_LENGTH: u8 = 16;
/// Kernel memory of the bitmap in bytes: one bit per block, and the kernel's header of a `bitmap:ip` set.
pub(in crate::plan) const BITMAP_BYTES: u64 = (1 << BLOCK_LENGTH) / 8 + 88;

const HOST_BITS: u32 = (1 << (32 - BLOCK_LENGTH)) - 1;

/// The /16 blocks in which every address is in `dropped`, as ranges of complete blocks.
pub(in crate::plan) fn dropped_blocks(dropped: &RangeSet<u32>) -> RangeSet<u32> {
    let inward = |range: &AddressRange<u32>| {
        let first = range.first().checked_add(HOST_BITS)? & !HOST_BITS;
        // The last block ends with the address space, so no address follows it.
        let last = match range.last().checked_add(1) {
            Some(beyond) => (beyond & !HOST_BITS).checked_sub(1)?,
            None => range.last(),
        };
        AddressRange::new(first, last)
    };
    dropped.ranges().iter().filter_map(inward).collect()
}

/// Number of /16 blocks in ranges of complete blocks.
pub(in crate::plan) fn count_blocks(blocks: &RangeSet<u32>) -> u64 {
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

    /// Sets with range ends near the ends of a few blocks, including the first and the last block.
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
        fn a_block_is_in_the_bitmap_exactly_if_all_its_addresses_are_dropped(set in sets()) {
            let whole = dropped_blocks(&set);
            let blocks = (0..8_u32).chain(0xfff8..=0xffff);
            for block in blocks.map(|block| Prefix::around(block << 16, BLOCK_LENGTH).unwrap()) {
                let block_set: RangeSet<u32> = std::iter::once(block.into()).collect();
                let passing = block_set.difference(&set);
                prop_assert_eq!(whole.contains(block.base()), passing == RangeSet::default());
            }
        }

        #[test]
        fn an_address_with_the_same_verdict_before_and_after_keeps_it_during_the_swap(old in sets(), new in sets()) {
            let generations = [&old, &new].map(|set| (dropped_blocks(set), set));
            let ends = [&old, &new].into_iter().flat_map(RangeSet::ranges).flat_map(|range| {
                [range.first(), range.last(), range.first().wrapping_sub(1), range.last().wrapping_add(1)]
            });
            for address in ends.filter(|address| old.contains(*address) == new.contains(*address)) {
                for ((whole, _), (_, tables)) in [(0, 1), (1, 0)].map(|(a, b)| (&generations[a], &generations[b])) {
                    let dropped = whole.contains(address) || tables.contains(address);
                    prop_assert_eq!(dropped, old.contains(address));
                }
            }
        }

        #[test]
        fn ranges_consist_of_complete_blocks(set in sets()) {
            for range in dropped_blocks(&set).ranges() {
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
