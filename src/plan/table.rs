//! The smallest longest-prefix table of a set of addresses, made of prefixes of some lengths alone.
//!
//! With all lengths allowed this is Optimal Routing Table Construction (R. Draves, C. King, S. Venkatachary, B. Zill:
//! *Constructing Optimal IP Routing Tables*, INFOCOM 1999) for two labels, match and no match. Confined to some
//! lengths it is the same dynamic programme over a tree whose nodes are the blocks of those lengths.
//!
//! Let a block need `c` entries inside if it inherits the label that suits it best. With the other label it needs
//! `c + 1`, for one entry on the block itself turns the label; unless both suit equally well. So all that a block
//! tells the block around it is a *vote*. A block in which `d` blocks of the next longer length vote for match and
//! `p` for no match, needs min(`d`, `p`) entries more than they do, and votes with the majority. That is exact, and it
//! needs no tree: votes are kept as runs of equal ones, and blocks within a run cost nothing.

use crate::net::{Address, Prefix, PrefixTable, RangeSet, TableEntry};

/// What suits a block best to inherit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Vote {
    For(Label),
    Either,
}

/// True if addresses match.
type Label = bool;

/// Something that is the same from `first` to where the next run begins.
#[derive(Clone, Copy)]
struct Run<A, T> {
    first: A,
    value: T,
}

/// Appends a run; it becomes one with an equal neighbour, or takes the place of an empty one.
fn append<A: Address, T: PartialEq>(runs: &mut Vec<Run<A, T>>, first: A, value: T) {
    runs.pop_if(|last| last.first == first);
    if runs.last().is_none_or(|last| last.value != value) {
        runs.push(Run { first, value });
    }
}

/// The last address of the run at `index`.
fn last_of<A: Address, T>(runs: &[Run<A, T>], index: usize) -> A {
    runs.get(index + 1).and_then(|next| next.first.predecessor()).unwrap_or(A::MAX)
}

/// The votes of all blocks of one length.
struct Votes<A> {
    length: u8,
    runs: Vec<Run<A, Vote>>,
}

impl<A: Address> Votes<A> {
    /// The votes of single addresses.
    fn of_addresses(set: &RangeSet<A>) -> Self {
        let mut runs = vec![Run { first: A::MIN, value: Vote::For(false) }];
        for range in set.ranges() {
            append(&mut runs, range.first(), Vote::For(true));
            if let Some(beyond) = range.last().successor() {
                append(&mut runs, beyond, Vote::For(false));
            }
        }
        Self { length: A::WIDTH, runs }
    }

    /// The votes of the blocks of a shorter length, and how many entries their disagreements cost.
    fn raise(&self, length: u8) -> (Self, u128) {
        let mut raised = Vec::new();
        let mut cost: u128 = 0;
        let host_bits = A::low_ones(A::WIDTH - length);
        let mut index = 0;
        let mut next = Some(A::MIN);
        while let Some(first) = next {
            let run = self.runs[index];
            index += 1;
            let beyond = self.runs.get(index).map(|run| run.first);
            if beyond.is_none_or(|beyond| beyond & host_bits == A::MIN) {
                append(&mut raised, first, run.value);
                next = beyond;
                continue;
            }
            let mut last = last_of(&self.runs, index - 1);
            let block = (last & !host_bits, last | host_bits);
            if first < block.0 {
                append(&mut raised, first, run.value);
            }
            if last < block.1 {
                // The run ends within a block: count the votes of that block.
                let mut tally = Tally::default();
                tally.count(self.blocks(block.0, last), run.value);
                while last < block.1 {
                    let run = self.runs[index];
                    last = last_of(&self.runs, index);
                    tally.count(self.blocks(run.first, last.min(block.1)), run.value);
                    index += 1;
                }
                if last > block.1 {
                    index -= 1;
                }
                append(&mut raised, block.0, tally.majority());
                cost = cost.saturating_add(tally.minority());
            }
            next = block.1.successor();
        }
        (Self { length, runs: raised }, cost)
    }

    /// How many entries the whole family costs beyond the disagreements, as outside all entries nothing matches.
    fn cost_of_root(&self) -> u128 {
        let dropped = (0..self.runs.len()).filter(|index| self.runs[*index].value == Vote::For(true));
        dropped
            .map(|index| self.blocks(self.runs[index].first, last_of(&self.runs, index)))
            .fold(0, u128::saturating_add)
    }

    /// Number of blocks between two addresses.
    fn blocks(&self, first: A, last: A) -> u128 {
        (last.distance_from(first) >> (A::WIDTH - self.length)).saturating_add(1)
    }
}

#[derive(Default)]
struct Tally {
    dropped: u128,
    passing: u128,
}

impl Tally {
    fn count(&mut self, blocks: u128, vote: Vote) {
        match vote {
            Vote::For(true) => self.dropped = self.dropped.saturating_add(blocks),
            Vote::For(false) => self.passing = self.passing.saturating_add(blocks),
            Vote::Either => {}
        }
    }

    fn majority(&self) -> Vote {
        if self.dropped == self.passing { Vote::Either } else { Vote::For(self.dropped > self.passing) }
    }

    fn minority(&self) -> u128 {
        self.dropped.min(self.passing)
    }
}

/// The smallest table that matches exactly the addresses of `set`.
pub fn minimal_table<A: Address>(set: &RangeSet<A>) -> PrefixTable<A> {
    let lengths: Vec<u8> = (1..=A::WIDTH).rev().collect();
    confined_table(set, &lengths)
}

/// The smallest such table made of prefixes of these lengths, which descend; without one as long as the finest
/// prefix that the set is made of, the table could not tell all its addresses apart.
pub fn confined_table<A: Address>(set: &RangeSet<A>, lengths: &[u8]) -> PrefixTable<A> {
    Ballot::of(set, lengths).table()
}

/// The votes of the blocks of some lengths.
pub(super) struct Ballot<A> {
    /// Longest prefixes first, those of single addresses before them.
    levels: Vec<Votes<A>>,
    entries: u128,
}

impl<A: Address> Ballot<A> {
    pub(super) fn of(set: &RangeSet<A>, lengths: &[u8]) -> Self {
        let addresses = Votes::of_addresses(set);
        let mut levels: Vec<Votes<A>> = Vec::with_capacity(lengths.len());
        let mut entries: u128 = 0;
        for length in lengths {
            let (raised, cost) = levels.last().unwrap_or(&addresses).raise(*length);
            entries = entries.saturating_add(cost);
            levels.push(raised);
        }
        let entries = entries.saturating_add(levels.last().unwrap_or(&addresses).cost_of_root());
        Self { levels, entries }
    }

    /// Number of entries of the table. With too few lengths it can be beyond all memory.
    pub(super) fn entries(&self) -> u128 {
        self.entries
    }

    /// The smallest table of these lengths.
    pub(super) fn table(&self) -> PrefixTable<A> {
        let mut entries = Vec::new();
        let mut inherited = vec![Run { first: A::MIN, value: false }];
        for votes in self.levels.iter().rev() {
            inherited = votes.write(&inherited, &mut entries);
        }
        entries.sort_unstable_by_key(|entry: &TableEntry<A>| (entry.prefix.base(), entry.prefix.length()));
        PrefixTable::from_ordered(entries)
    }
}

impl<A: Address> Votes<A> {
    /// Writes an entry for each block that does not suit what it inherits; returns the labels that then hold.
    fn write(&self, inherited: &[Run<A, Label>], entries: &mut Vec<TableEntry<A>>) -> Vec<Run<A, Label>> {
        let mut labels = Vec::with_capacity(self.runs.len());
        let (mut outer, mut inner) = (0, 0);
        let mut next = Some(A::MIN);
        while let Some(first) = next {
            let last = last_of(inherited, outer).min(last_of(&self.runs, inner));
            let before = inherited[outer].value;
            let label = match self.runs[inner].value {
                Vote::For(label) => label,
                Vote::Either => before,
            };
            if label != before {
                self.write_blocks(first, last, !label, entries);
            }
            append(&mut labels, first, label);
            outer += usize::from(last == last_of(inherited, outer));
            inner += usize::from(last == last_of(&self.runs, inner));
            next = last.successor();
        }
        labels
    }

    fn write_blocks(&self, first: A, last: A, nomatch: bool, entries: &mut Vec<TableEntry<A>>) {
        let mut next = Some(first).filter(|first| *first <= last);
        while let Some(prefix) = next.and_then(|base| Prefix::around(base, self.length)) {
            entries.push(TableEntry { prefix, nomatch });
            next = prefix.last().successor().filter(|next| *next <= last);
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

    /// The fewest entries with prefixes of some lengths alone, from the definition as well.
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
            // They are counted without writing the table.
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
