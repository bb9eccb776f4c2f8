//! Blocks that are divided more finely than networks route.
//!
//! Networks exchange routes to prefixes of at most 24 (IPv4) and 48 bits (IPv6). Only few blocks of that length are
//! divided further in the data, into addresses that are dropped and others that pass; yet they alone would bring all
//! the longer lengths into a table, of which each costs every packet a lookup.

use crate::net::{Address, AddressRange, Family, Prefix, RangeSet};

/// The longest prefixes that networks route.
pub fn routed_length(family: Family) -> u8 {
    match family {
        Family::V4 => 24,
        Family::V6 => 48,
    }
}

/// A set of addresses, told in two.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Division<A> {
    /// What of the set lies in blocks that are divided: they hold addresses of the set and others.
    pub(super) parts: RangeSet<A>,
    /// The set outside divided blocks, made of whole blocks. A divided block is in it whenever the address before it
    /// is, so that it takes no entries of its own.
    pub(super) elsewhere: RangeSet<A>,
}

impl<A: Address> Division<A> {
    /// Divides `set` at this length.
    pub(super) fn of(set: &RangeSet<A>, length: u8) -> Self {
        let around = |address| Prefix::around(address, length).unwrap_or(Prefix::ALL);
        let mut division = Self { parts: RangeSet::default(), elsewhere: RangeSet::default() };
        for range in set.ranges() {
            let (first, last) = (around(range.first()), around(range.last()));
            let begins_inside = range.first() != first.base();
            let ends_inside = range.last() != last.last();
            if begins_inside || (ends_inside && first == last) {
                division.divide(first, AddressRange::new(range.first(), range.last().min(first.last())));
            }
            let whole_from = if begins_inside { first.last().successor() } else { Some(range.first()) };
            let whole_to = if ends_inside { last.base().predecessor() } else { Some(range.last()) };
            let whole = whole_from.zip(whole_to).and_then(|(first, last)| AddressRange::new(first, last));
            division.elsewhere.extend(whole);
            if ends_inside && first != last {
                division.divide(last, AddressRange::new(last.base(), range.last()));
            }
        }
        division
    }

    /// Takes the next part, which lies in `block`.
    fn divide(&mut self, block: Prefix<A>, part: Option<AddressRange<A>>) {
        let before = self.elsewhere.ranges().last().map(|range| range.last());
        if before.is_some() && before == block.base().predecessor() {
            self.elsewhere.extend([block.into()]);
        }
        self.parts.extend(part);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_address_is_told_by_one_of_the_two(
            ranges in vec((any::<u8>(), any::<u8>()), 0..12), length in 1..=8_u8,
        ) {
            let range = |(a, b): (u8, u8)| AddressRange::new(a.min(b), a.max(b)).unwrap();
            let set: RangeSet<u8> = ranges.into_iter().map(range).collect();
            let Division { parts, elsewhere } = Division::of(&set, length);
            for block in (0..=255_u8).map(|address| Prefix::around(address, length).unwrap()) {
                let held = (block.base()..=block.last()).filter(|address| set.contains(*address)).count();
                let is_divided = held > 0 && held < usize::from(block.last() - block.base()) + 1;
                for address in block.base()..=block.last() {
                    let told = if is_divided { &parts } else { &elsewhere };
                    prop_assert_eq!(told.contains(address), set.contains(address));
                }
                if is_divided {
                    let like_the_one_before =
                        block.base().checked_sub(1).is_some_and(|before| elsewhere.contains(before));
                    prop_assert_eq!(elsewhere.contains(block.base()), like_the_one_before);
                    prop_assert_eq!(elsewhere.contains(block.last()), like_the_one_before);
                } else {
                    prop_assert!(!parts.contains(block.base()) && !parts.contains(block.last()));
                }
            }
        }
    }
}
