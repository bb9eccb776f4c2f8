//! The smallest longest-prefix table of a set of addresses.
//!
//! Two labels (match, no match) over a binary trie are the simplest case of Optimal Routing Table Construction
//! (R. Draves, C. King, S. Venkatachary, B. Zill: *Constructing Optimal IP Routing Tables*, INFOCOM 1999):
//! one pass from the leaves up finds which label serves each node's children best, one pass from the root down
//! writes an entry wherever the inherited label is not among the best. No other table of the same meaning has
//! fewer entries. The trie is never built: the sorted ranges are halved along it.

use crate::net::{Address, AddressRange, Prefix, PrefixTable, RangeSet, TableEntry};

/// The smallest table that matches exactly the addresses of `set`.
pub fn minimal_table<A: Address>(set: &RangeSet<A>) -> PrefixTable<A> {
    let mut trie = Trie { best: Vec::new() };
    let root = Node { prefix: Prefix::ALL, ranges: set.ranges() };
    trie.rate(root);
    let mut writer = Writer { best: trie.best.iter(), entries: Vec::new() };
    match root.shape() {
        Shape::Uniform(false) => {}
        // `hash:net` holds no /0, and outside every entry nothing matches: the root writes no entry of its own.
        Shape::Uniform(true) => root.prefix.halves().into_iter().for_each(|(lower, upper)| {
            writer.entries.push(TableEntry { prefix: lower, nomatch: false });
            writer.entries.push(TableEntry { prefix: upper, nomatch: false });
        }),
        Shape::Split(lower, upper) => {
            writer.best.next();
            writer.write(lower, false);
            writer.write(upper, false);
        }
    }
    PrefixTable::from_ordered(writer.entries)
}

/// A node of the trie: a block and the ranges of the set that reach into it.
#[derive(Clone, Copy)]
struct Node<'a, A> {
    prefix: Prefix<A>,
    ranges: &'a [AddressRange<A>],
}

enum Shape<'a, A> {
    /// Every address of the block is in the set (true) or none is.
    Uniform(bool),
    Split(Node<'a, A>, Node<'a, A>),
}

impl<'a, A: Address> Node<'a, A> {
    fn shape(self) -> Shape<'a, A> {
        let Some(range) = self.ranges.first() else { return Shape::Uniform(false) };
        if range.first() <= self.prefix.base() && self.prefix.last() <= range.last() {
            return Shape::Uniform(true);
        }
        let Some((lower, upper)) = self.prefix.halves() else { return Shape::Uniform(true) };
        let begins_below = self.ranges.partition_point(|range| range.first() < upper.base());
        let ends_below = self.ranges.partition_point(|range| range.last() < upper.base());
        Shape::Split(
            Node { prefix: lower, ranges: &self.ranges[..begins_below] },
            Node { prefix: upper, ranges: &self.ranges[ends_below..] },
        )
    }
}

/// The labels with which a subtree needs the fewest entries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    Only(bool),
    Either,
}

impl Best {
    fn of_parent(lower: Self, upper: Self) -> Self {
        match (lower, upper) {
            (Self::Either, other) | (other, Self::Either) => other,
            (Self::Only(a), Self::Only(b)) if a == b => lower,
            _ => Self::Either,
        }
    }
}

/// First pass: the best labels of all split nodes, in preorder.
struct Trie {
    best: Vec<Best>,
}

impl Trie {
    fn rate<A: Address>(&mut self, node: Node<'_, A>) -> Best {
        match node.shape() {
            Shape::Uniform(label) => Best::Only(label),
            Shape::Split(lower, upper) => {
                let place = self.best.len();
                self.best.push(Best::Either);
                let lower = self.rate(lower);
                let best = Best::of_parent(lower, self.rate(upper));
                self.best[place] = best;
                best
            }
        }
    }
}

/// Second pass: writes the entries, in the order in which the first pass saw the nodes.
struct Writer<'a, A> {
    best: std::slice::Iter<'a, Best>,
    entries: Vec<TableEntry<A>>,
}

impl<A: Address> Writer<'_, A> {
    fn write(&mut self, node: Node<'_, A>, inherited: bool) {
        let shape = node.shape();
        let best = match shape {
            Shape::Uniform(label) => Best::Only(label),
            Shape::Split(..) => self.best.next().copied().unwrap_or(Best::Either),
        };
        let label = match best {
            Best::Either => inherited,
            Best::Only(label) => label,
        };
        if label != inherited {
            self.entries.push(TableEntry { prefix: node.prefix, nomatch: !label });
        }
        if let Shape::Split(lower, upper) = shape {
            self.write(lower, label);
            self.write(upper, label);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Sets of 8-bit addresses that look like real ones: runs on block boundaries mixed with odd ones.
    fn sets() -> impl Strategy<Value = RangeSet<u8>> {
        vec((any::<u8>(), 0_u8..=8), 0..14).prop_map(|blocks| {
            blocks.into_iter().map(|(base, length)| Prefix::around(base, length).unwrap().into()).collect()
        })
    }

    /// The fewest entries for `inherited` at a block, straight from the definition: either the block gets no entry
    /// of its own, or one of the other label, whichever needs fewer below. Slow, obvious, independent of the code.
    fn fewest_entries(set: &RangeSet<u8>, block: Prefix<u8>, inherited: bool) -> usize {
        let below = |label| match block.halves() {
            Some((lower, upper)) => fewest_entries(set, lower, label) + fewest_entries(set, upper, label),
            None if set.contains(block.base()) == label => 0,
            // A single address with the wrong label; larger than any real table.
            None => 1000,
        };
        let uniform = (block.base()..=block.last()).all(|address| set.contains(address) == inherited);
        if uniform { 0 } else { below(inherited).min(1 + below(!inherited)) }
    }

    fn fewest_entries_without_root(set: &RangeSet<u8>) -> usize {
        let (lower, upper) = Prefix::ALL.halves().unwrap();
        fewest_entries(set, lower, false) + fewest_entries(set, upper, false)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_table_matches_exactly_the_set(set in sets()) {
            let lookup = minimal_table(&set).lookup();
            for address in 0..=255 {
                prop_assert_eq!(lookup.matches(address), set.contains(address), "address {}", address);
            }
        }

        #[test]
        fn no_table_has_fewer_entries(set in sets()) {
            prop_assert_eq!(minimal_table(&set).len(), fewest_entries_without_root(&set));
        }

        #[test]
        fn wide_addresses_give_the_same_table_as_narrow_ones(set in sets()) {
            // The 8-bit universe, moved to the top of the 128-bit one.
            let wide = |address: u8| u128::from(address) << 120;
            let wide_set = (set.ranges().iter())
                .map(|range| AddressRange::new(wide(range.first()), wide(range.last()) | u128::low_ones(120)).unwrap())
                .collect();
            let narrow: Vec<_> = minimal_table(&set).entries().iter()
                .map(|entry| (wide(entry.prefix.base()), entry.prefix.length(), entry.nomatch)).collect();
            let wide: Vec<_> = minimal_table(&wide_set).entries().iter()
                .map(|entry| (entry.prefix.base(), entry.prefix.length(), entry.nomatch)).collect();
            prop_assert_eq!(narrow, wide);
        }
    }

    /// Anchors the recursive definition above in plain enumeration: all tables over 3-bit prefixes, all 256 sets.
    #[test]
    fn among_all_tables_of_a_three_bit_universe_none_is_smaller() {
        let blocks: Vec<Prefix<u8>> = (1..=3_u8)
            .flat_map(|length| {
                (0..1_u8 << length).map(move |n| Prefix::around(n << (8 - length), length).unwrap())
            })
            .collect();
        let mut smallest: HashMap<u8, u32> = HashMap::new();
        for table in 0..3_u32.pow(14) {
            // Each block has no entry, a matching one or a hole, as the ternary digits of `table` say.
            let digit = |index: usize| table / 3_u32.pow(u32::try_from(index).unwrap()) % 3;
            let entries = (0..blocks.len()).filter(|index| digit(*index) > 0).count();
            let matches = |octant: u8| {
                // The block list goes from short to long prefixes: the last one that holds the octant decides.
                let around = |index: &usize| AddressRange::from(blocks[*index]).contains(octant << 5);
                let deciding = (0..blocks.len()).rev().filter(around).find(|index| digit(*index) > 0);
                deciding.is_some_and(|index| digit(index) == 1)
            };
            let meaning = (0..8).filter(|octant| matches(*octant)).fold(0, |bits, octant| bits | 1 << octant);
            let best = smallest.entry(meaning).or_insert(u32::MAX);
            *best = (*best).min(u32::try_from(entries).unwrap());
        }
        assert_eq!(smallest.len(), 256);
        for (meaning, entries) in smallest {
            let octants = (0..8_u8).filter(|octant| meaning & 1 << octant != 0);
            let set = octants.map(|octant| Prefix::around(octant << 5, 3).unwrap().into()).collect();
            assert_eq!(minimal_table(&set).len(), entries as usize, "set {meaning:08b}");
        }
    }

    #[test]
    fn a_hole_costs_one_entry_and_everything_costs_two() {
        let all: RangeSet<u32> = std::iter::once(AddressRange::ALL).collect();
        assert_eq!(minimal_table(&all).len(), 2);
        let hole = std::iter::once(AddressRange::new(0x0a00_0000, 0x0aff_ffff).unwrap()).collect();
        let table = minimal_table(&all.difference(&hole));
        let holes: Vec<_> = table.entries().iter().filter(|entry| entry.nomatch).collect();
        assert_eq!((table.len(), holes[0].prefix), (3, Prefix::around(0x0a00_0000, 8).unwrap()));
        assert!(minimal_table(&RangeSet::<u32>::default()).is_empty());
    }
}
