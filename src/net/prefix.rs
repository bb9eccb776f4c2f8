//! Prefixes (CIDR blocks), and longest-prefix tables with holes, which is what the kernel's `hash:net` sets are.

use std::collections::HashMap;
use std::fmt;

use super::{Address, AddressRange, IpBits, RangeSet};

/// A CIDR block: all addresses that share the first `length` bits of `base`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Prefix<A> {
    base: A,
    length: u8,
}

impl<A: Address> Prefix<A> {
    /// All addresses of the family, `/0`.
    pub const ALL: Self = Self { base: A::MIN, length: 0 };

    /// The block of this length that contains `address`; host bits are cleared. `None` if `length` is too large.
    pub fn around(address: A, length: u8) -> Option<Self> {
        let host_bits = A::WIDTH.checked_sub(length)?;
        Some(Self { base: address & !A::low_ones(host_bits), length })
    }

    /// The largest block that starts at `base` and does not extend beyond `last`. `base` must not exceed `last`.
    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of 128 bits is at most 127")]
    pub(super) fn largest_at(base: A, last: A) -> Self {
        let whole_family = base == A::MIN && last == A::MAX;
        // A block within n addresses has at most floor(log2 n) host bits.
        let fitting_bits = if whole_family { A::WIDTH } else { (last.distance_from(base) + 1).ilog2() as u8 };
        let host_bits = base.trailing_zeros().min(fitting_bits);
        Self { base, length: A::WIDTH - host_bits }
    }

    /// The lowest address.
    pub fn base(self) -> A {
        self.base
    }

    /// Number of leading bits that all addresses of the block share.
    pub fn length(self) -> u8 {
        self.length
    }

    /// The highest address.
    pub fn last(self) -> A {
        self.base | A::low_ones(A::WIDTH - self.length)
    }

    /// The lower and the upper half, or `None` for a single address.
    pub fn halves(self) -> Option<(Self, Self)> {
        let length = self.length + 1;
        let host_bits = A::WIDTH.checked_sub(length)?;
        let highest_host_bit = A::low_ones(host_bits + 1) & !A::low_ones(host_bits);
        Some((Self { base: self.base, length }, Self { base: self.base | highest_host_bit, length }))
    }
}

impl<A: IpBits> fmt::Display for Prefix<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base.to_ip(), self.length)
    }
}

/// One entry of a [`PrefixTable`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableEntry<A> {
    /// The block that the entry is for. A longer prefix within it takes precedence.
    pub prefix: Prefix<A>,
    /// True for a hole: addresses in the block do *not* match (ipset's `nomatch`).
    pub nomatch: bool,
}

/// A longest-prefix table. The longest entry that contains an address decides whether it matches. Without any such
/// entry it does not match.
///
/// Entries are sorted by base address, shorter prefixes first, without duplicates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrefixTable<A> {
    entries: Vec<TableEntry<A>>,
}

impl<A: Address> PrefixTable<A> {
    /// A table of these entries. `None` unless they are sorted, without duplicates, and without `/0`, which `hash:net`
    /// cannot hold.
    pub fn new(entries: Vec<TableEntry<A>>) -> Option<Self> {
        let place = |entry: &TableEntry<A>| (entry.prefix.base, entry.prefix.length);
        let valid = entries.is_sorted_by(|a, b| place(a) < place(b))
            && entries.iter().all(|entry| entry.prefix.length > 0);
        valid.then_some(Self { entries })
    }

    /// A table of entries that are already sorted, without duplicates and without `/0`.
    pub(crate) fn from_ordered(entries: Vec<TableEntry<A>>) -> Self {
        debug_assert!(Self::new(entries.clone()).is_some());
        Self { entries }
    }

    /// The entries, sorted.
    pub fn entries(&self) -> &[TableEntry<A>] {
        &self.entries
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is no entry, so that nothing matches.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The addresses that match.
    pub fn matching(&self) -> RangeSet<A> {
        let mut matching = Vec::new();
        // The entries that contain the next address, the innermost one last.
        let mut around: Vec<TableEntry<A>> = Vec::new();
        let mut next = Some(A::MIN);
        let mut decide = |first: Option<A>, last: Option<A>, entry: Option<&TableEntry<A>>| {
            let range = first.zip(last).and_then(|(first, last)| AddressRange::new(first, last));
            matching.extend(range.filter(|_| entry.is_some_and(|entry| !entry.nomatch)));
        };
        for entry in &self.entries {
            while let Some(ended) = around.pop_if(|outer| outer.prefix.last() < entry.prefix.base()) {
                decide(next, Some(ended.prefix.last()), Some(&ended));
                next = ended.prefix.last().successor();
            }
            decide(next, entry.prefix.base().predecessor(), around.last());
            next = Some(entry.prefix.base());
            around.push(*entry);
        }
        while let Some(ended) = around.pop() {
            decide(next, Some(ended.prefix.last()), Some(&ended));
            next = ended.prefix.last().successor();
        }
        matching.into_iter().collect()
    }

    /// True if the table matches `address`. For many addresses, [`Self::lookup`] is faster.
    pub fn matches(&self, address: A) -> bool {
        let place = |entry: &TableEntry<A>| (entry.prefix.base, entry.prefix.length);
        let around = (1..=A::WIDTH).rev().filter_map(|length| Prefix::around(address, length));
        let mut places =
            around.map(|prefix| self.entries.binary_search_by_key(&(prefix.base, prefix.length), place));
        places.find_map(std::result::Result::ok).is_some_and(|place| !self.entries[place].nomatch)
    }

    /// An index for fast lookups.
    pub fn lookup(&self) -> PrefixLookup<A> {
        let nomatch = self.entries.iter().map(|entry| (entry.prefix, entry.nomatch)).collect();
        let mut lengths: Vec<u8> = self.entries.iter().map(|entry| entry.prefix.length).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        PrefixLookup { nomatch, lengths }
    }
}

/// Looks up addresses like a `hash:net` set: it tries the prefix lengths that occur, longest first.
#[derive(Debug)]
pub struct PrefixLookup<A> {
    nomatch: HashMap<Prefix<A>, bool>,
    lengths: Vec<u8>,
}

impl<A: Address> PrefixLookup<A> {
    /// True if the table matches `address`.
    pub fn matches(&self, address: A) -> bool {
        let probe = |length: &u8| self.nomatch.get(&Prefix::around(address, *length)?);
        self.lengths.iter().find_map(probe).is_some_and(|nomatch| !nomatch)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn prefix(base: u8, length: u8) -> Prefix<u8> {
        Prefix::around(base, length).unwrap()
    }

    #[test]
    fn host_bits_are_cleared() {
        assert_eq!(prefix(0b1010_1111, 4).base(), 0b1010_0000);
        assert_eq!(prefix(0xff, 0), Prefix::ALL);
        assert_eq!(Prefix::around(0_u8, 9), None);
    }

    #[test]
    fn halves_meet_in_the_middle() {
        let (lower, upper) = prefix(0x40, 2).halves().unwrap();
        assert_eq!((lower.base(), lower.last(), upper.base(), upper.last()), (0x40, 0x5f, 0x60, 0x7f));
        assert_eq!(prefix(7, 8).halves(), None);
    }

    #[test]
    fn the_longest_prefix_decides() {
        let entry = |base, length, nomatch| TableEntry { prefix: prefix(base, length), nomatch };
        let table =
            PrefixTable::new(vec![entry(0x80, 1, false), entry(0x80, 4, true), entry(0x81, 8, false)])
                .unwrap();
        let lookup = table.lookup();
        let matching: Vec<u8> = (0..=255).filter(|address| lookup.matches(*address)).collect();
        let expected: Vec<u8> = std::iter::once(0x81).chain(0x90..=0xff).collect();
        assert_eq!(matching, expected);
    }

    proptest! {
        #[test]
        fn matching_ranges_agree_with_single_lookups(
            entries in vec((any::<u8>(), 1_u8..=8, any::<bool>()), 0..12),
        ) {
            let mut entries: Vec<_> = entries.into_iter()
                .map(|(base, length, nomatch)| TableEntry { prefix: prefix(base, length), nomatch })
                .collect();
            entries.sort_by_key(|entry| (entry.prefix.base, entry.prefix.length));
            entries.dedup_by_key(|entry| entry.prefix);
            let table = PrefixTable::new(entries).unwrap();
            let (matching, lookup) = (table.matching(), table.lookup());
            for address in 0..=255 {
                prop_assert_eq!(matching.contains(address), lookup.matches(address), "address {}", address);
            }
        }
    }

    #[test]
    fn tables_that_are_unsorted_or_contain_slash_zero_are_refused() {
        let entry = |base, length| TableEntry { prefix: prefix(base, length), nomatch: false };
        assert!(PrefixTable::new(vec![entry(0x80, 1), entry(0, 1)]).is_none());
        assert!(PrefixTable::new(vec![entry(0, 1), entry(0, 1)]).is_none());
        assert!(PrefixTable::new(vec![entry(0, 0)]).is_none());
    }
}
