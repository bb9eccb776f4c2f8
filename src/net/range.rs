//! Inclusive address ranges, and their smallest cover by prefixes.

use std::fmt;

use super::{Address, IpBits, Prefix};

/// The addresses from `first` to `last`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct AddressRange<A> {
    first: A,
    last: A,
}

impl<A: Address> AddressRange<A> {
    /// Every address of the family.
    pub const ALL: Self = Self { first: A::MIN, last: A::MAX };

    /// The range from `first` to `last`, or `None` if `first` is greater than `last`.
    pub fn new(first: A, last: A) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The lowest address.
    pub fn first(self) -> A {
        self.first
    }

    /// The highest address.
    pub fn last(self) -> A {
        self.last
    }

    /// True if the range contains `address`.
    pub fn contains(self, address: A) -> bool {
        self.first <= address && address <= self.last
    }

    /// Extends the range by `next`, which must not start below it, if there is no gap between them. True if it did.
    pub fn join(&mut self, next: Self) -> bool {
        let joins = self.last.successor().is_none_or(|beyond| next.first <= beyond);
        if joins {
            self.last = self.last.max(next.last);
        }
        joins
    }

    /// Number of addresses minus one, so that a whole family fits into the type.
    pub fn span(self) -> u128 {
        self.last.distance_from(self.first)
    }

    /// The number of [`Self::prefixes`], without computing them.
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of 128 bits is at most 127")]
    pub fn prefix_count(self) -> u32 {
        let differing = (self.first | self.last) & !(self.first & self.last);
        if differing == A::MIN {
            return 1;
        }
        // In both directions from the middle of the smallest surrounding block, the prefixes get smaller: one for each
        // set bit in the size of that half.
        let half_bits = differing.distance_from(A::MIN).ilog2() as u8;
        let middle = self.last & !A::low_ones(half_bits);
        let (below, above) = (middle.distance_from(self.first), self.last.distance_from(middle) + 1);
        let is_whole_block = below == above && below == 1 << half_bits;
        if is_whole_block { 1 } else { below.count_ones() + above.count_ones() }
    }

    /// The smallest set of prefixes that covers exactly this range, in ascending order.
    pub fn prefixes(self) -> impl Iterator<Item = Prefix<A>> {
        let mut next = Some(self.first);
        std::iter::from_fn(move || {
            let base = next?;
            let prefix = Prefix::largest_at(base, self.last);
            next = prefix.last().successor().filter(|base| *base <= self.last);
            Some(prefix)
        })
    }
}

impl<A: IpBits> fmt::Display for AddressRange<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first.to_ip(), self.last.to_ip())
    }
}

impl<A: Address> From<Prefix<A>> for AddressRange<A> {
    fn from(prefix: Prefix<A>) -> Self {
        Self { first: prefix.base(), last: prefix.last() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn prefixes_cover_exactly_the_range_in_order(a: u8, b: u8) {
            let range = AddressRange::new(a.min(b), a.max(b)).unwrap();
            let covered: Vec<u8> = range.prefixes().flat_map(|prefix| prefix.base()..=prefix.last()).collect();
            prop_assert_eq!(covered, (range.first()..=range.last()).collect::<Vec<u8>>());
            prop_assert_eq!(range.prefix_count() as usize, range.prefixes().count());
        }

        #[test]
        fn no_two_neighbours_of_the_cover_could_be_one_prefix(a: u8, b: u8) {
            let range = AddressRange::new(a.min(b), a.max(b)).unwrap();
            let prefixes: Vec<_> = range.prefixes().collect();
            for pair in prefixes.windows(2) {
                let joined = AddressRange::new(pair[0].base(), pair[1].last()).unwrap();
                prop_assert!(joined.prefixes().count() > 1, "{pair:?} are one prefix");
            }
        }
    }

    #[test]
    fn the_whole_family_is_one_prefix() {
        assert_eq!(AddressRange::<u128>::ALL.prefixes().count(), 1);
        assert_eq!(AddressRange::<u128>::ALL.prefix_count(), 1);
        assert_eq!(AddressRange::<u32>::ALL.span(), u128::from(u32::MAX));
    }

    #[test]
    fn a_reversed_range_is_none() {
        assert_eq!(AddressRange::new(2_u32, 1), None);
    }
}
