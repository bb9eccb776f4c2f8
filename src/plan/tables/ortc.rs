//! The smallest longest-prefix table of a set of addresses, using only some prefix lengths.
//!
//! With all lengths allowed this is Optimal Routing Table Construction (R. Draves, C. King, S. Venkatachary, B. Zill:
//! *Constructing Optimal IP Routing Tables*, INFOCOM 1999) for two labels, match and no match. With some lengths it is
//! the same dynamic programme over a tree whose nodes are the blocks of those lengths.
//!
//! Suppose a block needs `c` entries inside if it inherits its best label. With the other label it needs `c + 1`,
//! because one entry on the block itself turns the label; unless both labels are equally good. So all that the
//! surrounding block must know is a *vote* for a label. If `d` blocks of the next longer length vote for match and `p`
//! for no match, their surrounding block needs min(`d`, `p`) additional entries, and it votes with the majority. This
//! is exact, and it needs no tree in memory: neighbouring blocks that no range end cuts are counted together. The other
//! blocks are visited in the same order twice: once to collect the votes, and once to write the entries.

use std::slice;

use crate::net::{Address, AddressRange, Prefix, PrefixTable, RangeSet, TableEntry};

/// The smallest table that matches exactly the addresses of `set`.
pub fn minimal_table<A: Address>(set: &RangeSet<A>) -> PrefixTable<A> {
    confined_table(set, &every_length::<A>())
}

/// All lengths that a table may have, in descending order.
pub(super) fn every_length<A: Address>() -> Vec<u8> {
    (1..=A::WIDTH).rev().collect()
}

/// The smallest such table with prefixes of these lengths, in descending order. If the lengths cannot separate some
/// addresses, single addresses are used as well.
pub fn confined_table<A: Address>(set: &RangeSet<A>, lengths: &[u8]) -> PrefixTable<A> {
    Ballot::of(set, lengths).table()
}

/// True if addresses match.
type Label = bool;

/// The label that is best for a block to inherit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Vote {
    For(Label),
    Either,
}

/// The votes of the blocks of some lengths.
pub(super) struct Ballot<'a, A> {
    set: &'a RangeSet<A>,
    levels: Levels,
    /// The votes of the blocks that a range end cuts, by first address, outer blocks first.
    votes: Vec<Vote>,
    entries: u128,
}

impl<'a, A: Address> Ballot<'a, A> {
    /// Collects the votes of the blocks of these lengths, given in descending order.
    pub(super) fn of(set: &'a RangeSet<A>, lengths: &[u8]) -> Self {
        let levels = Levels::of::<A>(lengths);
        let mut poll = Poll { walk: Walk::over(set), levels: &levels, votes: Vec::new(), disagreements: 0 };
        let family = poll.gather(AddressRange::ALL, 0);
        // By default nothing matches, and no entry of length 0 could change that.
        let (votes, entries) = (poll.votes, poll.disagreements.saturating_add(family.matching));
        Self { set, levels, votes, entries }
    }

    /// Number of entries of the table. With too few lengths the table can be too large for any memory.
    pub(super) fn entries(&self) -> u128 {
        self.entries
    }

    /// The smallest table of these lengths.
    pub(super) fn table(&self) -> PrefixTable<A> {
        let (walk, votes) = (Walk::over(self.set), self.votes.iter());
        let mut writer = Writer { walk, levels: &self.levels, votes, entries: Vec::new() };
        writer.write(AddressRange::ALL, 0, false);
        PrefixTable::from_ordered(writer.entries)
    }
}

/// Host bits of the blocks at each level: the whole family, then the lengths from short to long, then single addresses.
struct Levels(Vec<u8>);

impl Levels {
    fn of<A: Address>(lengths: &[u8]) -> Self {
        let host_bits = lengths.iter().rev().map(|length| A::WIDTH - length);
        let mut levels: Vec<u8> = std::iter::once(A::WIDTH).chain(host_bits).chain([0]).collect();
        levels.dedup();
        Self(levels)
    }

    fn host_bits(&self, level: usize) -> u8 {
        self.0[level]
    }
}

/// A walk through a set in ascending order.
struct Walk<'a, A> {
    /// The ranges that do not lie completely behind.
    ahead: &'a [AddressRange<A>],
}

/// The next piece on the walk through a block.
struct Part<A> {
    /// One or more complete blocks of the next level.
    range: AddressRange<A>,
    /// The label of all its addresses. `None` if it is a single block that a range end cuts.
    label: Option<Label>,
}

impl<'a, A: Address> Walk<'a, A> {
    fn over(set: &'a RangeSet<A>) -> Self {
        Self { ahead: set.ranges() }
    }

    /// The next piece, made of blocks of `host_bits`, from `first` on. `None` after `end`, the end of the outer block.
    fn part(&mut self, first: Option<A>, end: A, host_bits: u8) -> Option<Part<A>> {
        let first = first.filter(|first| *first <= end)?;
        while let [passed, ahead @ ..] = self.ahead
            && passed.last() < first
        {
            self.ahead = ahead;
        }
        let (label, run_end) = match self.ahead.first() {
            Some(range) if range.first() <= first => (true, range.last()),
            Some(range) => (false, range.first().predecessor().unwrap_or(A::MIN)),
            None => (false, A::MAX),
        };
        let last = run_end.min(end);
        let host_ones = A::low_ones(host_bits);
        let ends_with_block = last & host_ones == host_ones;
        let whole = if ends_with_block { Some(last) } else { (last & !host_ones).predecessor() };
        let whole = whole.and_then(|last| AddressRange::new(first, last));
        let cut_block = || AddressRange::new(first, first | host_ones);
        Some(Part { range: whole.or_else(cut_block)?, label: whole.map(|_| label) })
    }
}

/// Collects votes.
struct Poll<'a, A> {
    walk: Walk<'a, A>,
    levels: &'a Levels,
    votes: Vec<Vote>,
    disagreements: u128,
}

impl<A: Address> Poll<'_, A> {
    /// The votes of the blocks within `block`, which is of this level.
    fn gather(&mut self, block: AddressRange<A>, level: usize) -> VoteCounts {
        let host_bits = self.levels.host_bits(level + 1);
        let (mut counts, mut next) = (VoteCounts::default(), Some(block.first()));
        while let Some(Part { range, label }) = self.walk.part(next, block.last(), host_bits) {
            let (vote, blocks) = if let Some(label) = label {
                (Vote::For(label), (range.span() >> host_bits).saturating_add(1))
            } else {
                let place = self.votes.len();
                self.votes.push(Vote::Either);
                let inside = self.gather(range, level + 1);
                self.votes[place] = inside.majority();
                self.disagreements = self.disagreements.saturating_add(inside.minority());
                (inside.majority(), 1)
            };
            counts.count(vote, blocks);
            next = range.last().successor();
        }
        counts
    }
}

#[derive(Default)]
struct VoteCounts {
    matching: u128,
    passing: u128,
}

impl VoteCounts {
    fn count(&mut self, vote: Vote, blocks: u128) {
        match vote {
            Vote::For(true) => self.matching = self.matching.saturating_add(blocks),
            Vote::For(false) => self.passing = self.passing.saturating_add(blocks),
            Vote::Either => {}
        }
    }

    fn majority(&self) -> Vote {
        if self.matching == self.passing { Vote::Either } else { Vote::For(self.matching > self.passing) }
    }

    fn minority(&self) -> u128 {
        self.matching.min(self.passing)
    }
}

/// Writes the table entries that follow from the votes.
struct Writer<'a, A> {
    walk: Walk<'a, A>,
    levels: &'a Levels,
    votes: slice::Iter<'a, Vote>,
    entries: Vec<TableEntry<A>>,
}

impl<A: Address> Writer<'_, A> {
    /// Writes an entry for each block within `block`, which is of this level, that must not inherit its label.
    fn write(&mut self, block: AddressRange<A>, level: usize, inherited: Label) {
        let host_bits = self.levels.host_bits(level + 1);
        let mut next = Some(block.first());
        while let Some(Part { range, label }) = self.walk.part(next, block.last(), host_bits) {
            let suits = match label.map_or_else(|| self.votes.next().copied(), |label| Some(Vote::For(label)))
            {
                Some(Vote::For(label)) => label,
                Some(Vote::Either) | None => inherited,
            };
            if suits != inherited {
                self.turn(range, host_bits, suits);
            }
            if label.is_none() {
                self.write(range, level + 1, suits);
            }
            next = range.last().successor();
        }
    }

    fn turn(&mut self, blocks: AddressRange<A>, host_bits: u8, label: Label) {
        let mut next = Some(blocks.first());
        while let Some(prefix) = next.and_then(|base| Prefix::around(base, A::WIDTH - host_bits)) {
            self.entries.push(TableEntry { prefix, nomatch: !label });
            next = prefix.last().successor().filter(|next| *next <= blocks.last());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::net::AddressRange;

    /// Sets of 8-bit addresses that look like real data: runs that end at block boundaries, and odd ones.
    fn sets() -> impl Strategy<Value = RangeSet<u8>> {
        vec((any::<u8>(), 0_u8..=8), 0..14).prop_map(|blocks| {
            blocks.into_iter().map(|(base, length)| Prefix::around(base, length).unwrap().into()).collect()
        })
    }

    /// The fewest entries for a block that inherits `inherited`, straight from the definition: the block has no entry
    /// of its own, or one with the other label, whichever needs fewer below. Slow, obvious, and independent of the
    /// code.
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

    /// The fewest entries with prefixes of some lengths only, also from the definition.
    fn fewest_confined(set: &RangeSet<u8>, block: Prefix<u8>, inherited: bool, lengths: &[u8]) -> usize {
        let below = |label| match block.halves() {
            Some((lower, upper)) => {
                fewest_confined(set, lower, label, lengths) + fewest_confined(set, upper, label, lengths)
            }
            None if set.contains(block.base()) == label => 0,
            None => 1000,
        };
        let uniform = (block.base()..=block.last()).all(|address| set.contains(address) == inherited);
        let turned = || if lengths.contains(&block.length()) { 1 + below(!inherited) } else { usize::MAX };
        if uniform { 0 } else { below(inherited).min(turned()) }
    }

    fn all_lengths_to(longest: u8) -> impl Strategy<Value = Vec<u8>> {
        proptest::sample::subsequence((1..longest).rev().collect::<Vec<u8>>(), 0..longest as usize)
            .prop_map(move |lengths| std::iter::once(longest).chain(lengths).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_confined_table_matches_exactly_the_set(set in sets(), lengths in all_lengths_to(8)) {
            let table = confined_table(&set, &lengths);
            let lookup = table.lookup();
            for address in 0..=255 {
                prop_assert_eq!(lookup.matches(address), set.contains(address), "address {}", address);
            }
            prop_assert!(table.entries().iter().all(|entry| lengths.contains(&entry.prefix.length())));
        }

        #[test]
        fn no_table_of_the_same_lengths_has_fewer_entries(set in sets(), lengths in all_lengths_to(8)) {
            let fewest = fewest_confined(&set, Prefix::ALL, false, &lengths);
            prop_assert_eq!(confined_table(&set, &lengths).len(), fewest);
            // The count is known before the table is written.
            prop_assert_eq!(Ballot::of(&set, &lengths).entries(), fewest as u128);
        }

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
        fn addresses_of_128_bits_give_the_same_table_as_those_of_8(set in sets()) {
            // The 8-bit addresses, moved to the top bits of 128-bit ones.
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

    /// Checks the recursive definition above against plain enumeration: all tables over 3-bit prefixes, all 256 sets.
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
