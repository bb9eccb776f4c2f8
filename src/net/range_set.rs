//! Sets of addresses, stored as sorted ranges that neither overlap nor touch.

use super::{Address, AddressRange};

/// A set of addresses. Its ranges ascend and never touch, so equal sets have equal representations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeSet<A> {
    ranges: Vec<AddressRange<A>>,
}

impl<A> Default for RangeSet<A> {
    fn default() -> Self {
        Self { ranges: Vec::new() }
    }
}

impl<A: Address> RangeSet<A> {
    /// The ranges in ascending order.
    pub fn ranges(&self) -> &[AddressRange<A>] {
        &self.ranges
    }

    /// The range that contains `address`, if the set contains it.
    pub fn range_of(&self, address: A) -> Option<AddressRange<A>> {
        let next = self.ranges.partition_point(|range| range.first() <= address);
        self.ranges[..next].last().copied().filter(|range| range.contains(address))
    }

    /// True if the set contains `address`.
    pub fn contains(&self, address: A) -> bool {
        self.range_of(address).is_some()
    }

    /// The addresses of `self` that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len());
        let mut holes = other.ranges.iter().peekable();
        for range in &self.ranges {
            let mut first = Some(range.first());
            while let (Some(hole), Some(start)) = (holes.peek(), first) {
                if hole.first() > range.last() {
                    break;
                }
                if hole.last() >= start {
                    let before_hole = hole.first().predecessor();
                    ranges.extend(before_hole.and_then(|last| AddressRange::new(start, last)));
                    first = hole.last().successor().filter(|next| *next <= range.last());
                }
                if hole.last() > range.last() {
                    break;
                }
                holes.next();
            }
            ranges.extend(first.and_then(|start| AddressRange::new(start, range.last())));
        }
        Self { ranges }
    }
}

impl<A: Address> FromIterator<AddressRange<A>> for RangeSet<A> {
    /// As [`Self::extend`].
    fn from_iter<I: IntoIterator<Item = AddressRange<A>>>(ranges: I) -> Self {
        let mut set = Self::default();
        set.extend(ranges);
        set
    }
}

impl<A: Address> Extend<AddressRange<A>> for RangeSet<A> {
    /// Adds ranges in any order, also overlapping ones. Ascending ranges, the usual case, need no sorting.
    fn extend<I: IntoIterator<Item = AddressRange<A>>>(&mut self, ranges: I) {
        let joined = &mut self.ranges;
        let mut ascends = true;
        for next in ranges {
            if let Some(last) = joined.last_mut() {
                if next.first() < last.first() {
                    ascends = false;
                } else if last.join(next) {
                    continue;
                }
            }
            joined.push(next);
        }
        if !ascends {
            joined.sort_unstable_by_key(|range| range.first());
            joined.dedup_by(|next, kept| kept.join(*next));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<AddressRange<u8>>> {
        vec((any::<u8>(), any::<u8>()), 0..12).prop_map(|pairs| {
            pairs.into_iter().map(|(a, b)| AddressRange::new(a.min(b), a.max(b)).unwrap()).collect()
        })
    }

    fn holds(ranges: &[AddressRange<u8>], address: u8) -> bool {
        ranges.iter().any(|range| range.contains(address))
    }

    proptest! {
        #[test]
        fn collecting_keeps_every_address_and_joins_ranges(input in ranges()) {
            let set: RangeSet<u8> = input.iter().copied().collect();
            for address in 0..=255 {
                prop_assert_eq!(set.contains(address), holds(&input, address));
            }
            for pair in set.ranges().windows(2) {
                prop_assert!(pair[0].last().successor().unwrap() < pair[1].first());
            }
        }

        #[test]
        fn the_difference_is_right_for_every_address(a in ranges(), b in ranges()) {
            let (set_a, set_b): (RangeSet<u8>, RangeSet<u8>) = (a.iter().copied().collect(), b.iter().copied().collect());
            let difference = set_a.difference(&set_b);
            for address in 0..=255 {
                let (in_a, in_b) = (holds(&a, address), holds(&b, address));
                prop_assert_eq!(difference.contains(address), in_a && !in_b);
            }
            prop_assert_eq!(&difference, &difference.ranges().iter().copied().collect());
        }
    }
}
