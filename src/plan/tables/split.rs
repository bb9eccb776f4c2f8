//! Separates the blocks that are mixed more finely than networks route.
//!
//! Networks exchange routes to prefixes of at most 24 bits (IPv4) or 48 bits (IPv6). In only few blocks of that length
//! the data drops some addresses and lets others pass. Yet those few blocks would bring all the longer prefix lengths
//! into a table, and each length costs every packet a lookup. So they get tables of their own.

use crate::net::{Address, AddressRange, Family, Prefix, RangeSet};

/// The longest prefix length that networks route: 24 for IPv4, 48 for IPv6.
pub fn routed_length(family: Family) -> u8 {
    match family {
        Family::V4 => 24,
        Family::V6 => 48,
    }
}

/// The addresses of `set` that lie in mixed blocks of this length: blocks that also hold addresses outside the set.
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
        fn exactly_the_addresses_in_mixed_blocks_are_specific(
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
