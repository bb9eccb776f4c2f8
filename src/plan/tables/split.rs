//! Blocks that are mixed more finely than networks route.
//!
//! Networks exchange routes to prefixes of at most 24 (IPv4) and 48 bits (IPv6). Only few blocks of that length are
//! mixed further in the data, into addresses that are dropped and others that pass; yet they alone would bring all
//! the longer lengths into a table, of which each costs every packet a lookup.

use crate::net::{Address, AddressRange, Family, Prefix, RangeSet};

/// The longest prefixes that networks route.
pub fn routed_length(family: Family) -> u8 {
    match family {
        Family::V4 => 24,
        Family::V6 => 48,
    }
}

/// What of `set` lies in mixed blocks of this length: they hold addresses of the set and others.
pub(super) fn specifics_of<A: Address>(set: &RangeSet<A>, length: u8) -> RangeSet<A> {
    let around = |address| Prefix::around(address, length).unwrap_or(Prefix::ALL);
    let mut specific = RangeSet::default();
    for range in set.ranges() {
        let (first, last) = (around(range.first()), around(range.last()));
        let begins_inside = range.first() != first.base();
        let ends_inside = range.last() != last.last();
        if begins_inside || (ends_inside && first == last) {
            specific.extend(AddressRange::new(range.first(), range.last().min(first.last())));
        }
        if ends_inside && first != last {
            specific.extend(AddressRange::new(last.base(), range.last()));
        }
    }
    specific
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_lie_in_blocks_that_are_held_in_part(
            ranges in vec((any::<u8>(), any::<u8>()), 0..12), length in 1..=8_u8,
        ) {
            let range = |(a, b): (u8, u8)| AddressRange::new(a.min(b), a.max(b)).unwrap();
            let set: RangeSet<u8> = ranges.into_iter().map(range).collect();
            let specific = specifics_of(&set, length);
            for block in (0..=255_u8).map(|address| Prefix::around(address, length).unwrap()) {
                let held = (block.base()..=block.last()).filter(|address| set.contains(*address)).count();
                let is_mixed = held > 0 && held < usize::from(block.last() - block.base()) + 1;
                for address in block.base()..=block.last() {
                    prop_assert_eq!(specific.contains(address), is_mixed && set.contains(address));
                }
            }
        }
    }
}
