//! Chooses the prefix lengths that a table is made of.
//!
//! A lookup in a `hash:net` set tries every prefix length present in the set. So each length costs time on every
//! packet, and each length left out costs entries. The choice follows the strides of controlled prefix expansion (V.
//! Srinivasan, G. Varghese: *Fast Address Lookups Using Controlled Prefix Expansion*, 1999): the ends of the set's
//! ranges give an estimate of how many entries each gap between two lengths costs, and a dynamic programme over the
//! lengths finds the best choice for every number of lengths. It needs one walk over the ranges. On real data the
//! estimate is within a third of the exact table, and the choice within a few percent of the best one found by trying
//! all tables.

use crate::net::{Address, RangeSet};

/// The most time that one lookup may take, in nanoseconds, by the figures below. A packet may cost 1,200 ns; this is
/// what the surrounding rules leave of it.
const BUDGET_NS: f64 = 800.0;
/// Time to look up one length in a table that stays in the processor's cache.
const WARM_LOOKUP_NS: f64 = 40.0;
/// Additional lookup time per entry: a larger table misses the cache more often.
const ENTRY_NS: f64 = 0.0007;
/// About how many entries fit into the cache of one processor core.
const CACHED_ENTRIES: f64 = 20_000.0;
/// Additional lookup time per entry beyond those. In reality this growth has a limit; without one here, a choice with
/// an endless number of entries never looks quick.
const UNCACHED_ENTRY_NS: f64 = 0.0009;
/// One more length must save a table this share of its entries, and [`LEAST_ENTRIES`] besides. Saving less kernel
/// memory (some 40 bytes per entry) is not worth the time on every packet.
const LEAST_SHARE: f64 = 0.006;
const LEAST_ENTRIES: f64 = 16.0;
/// How much larger a piece of a block is than the leading bit of its size, on average: most sizes are powers of two, a
/// few are almost twice that.
const TIMES_LEADING_BIT: f64 = 1.25;

/// The lengths for a table of `set`, longest first. It takes as many lengths as save entries worth their time and as
/// the time budget allows. If no choice is within the budget, it takes the one with the quickest lookup.
pub fn chosen_lengths<A: Address>(set: &RangeSet<A>) -> Vec<u8> {
    let saves =
        |pair: &[Choice]| pair[0].entries - pair[1].entries > LEAST_ENTRIES + LEAST_SHARE * pair[1].entries;
    let mut choices = Gaps::of(set).best_choices();
    let enough = choices.windows(2).position(|pair| !saves(pair)).map_or(choices.len(), |last| last + 1);
    choices.truncate(enough);
    let affordable = choices.iter().rfind(|choice| choice.lookup_ns() <= BUDGET_NS);
    let quickest = || choices.iter().min_by(|a, b| a.lookup_ns().total_cmp(&b.lookup_ns()));
    affordable.or_else(quickest).map_or_else(Vec::new, |choice| choice.lengths.clone())
}

/// Prefix lengths, longest first, and about how many entries a table with them has.
struct Choice {
    lengths: Vec<u8>,
    entries: f64,
}

impl Choice {
    /// About how long a lookup in such a table takes, in nanoseconds.
    fn lookup_ns(&self) -> f64 {
        let count: f64 = self.lengths.iter().map(|_| 1.0).sum();
        let uncached = (self.entries - CACHED_ENTRIES).max(0.0);
        count * (WARM_LOOKUP_NS + ENTRY_NS * self.entries + UNCACHED_ENTRY_NS * uncached)
    }
}

/// About how many entries it costs that a table has no length between two others.
///
/// The end of a range splits the surrounding block of the shorter length in two. The smaller piece must be listed in
/// blocks of the longer length. How many follows from the leading bit of the piece's size: it is where the bits of the
/// end, read from the block's first host bit on, first change. Now take blocks much larger than the smaller of the two
/// runs that meet at the end. There the whole run becomes one exception within the block, and the end costs nothing
/// more.
struct Gaps {
    /// The longest prefix length that the set needs.
    finest: usize,
    /// Indexed by the shorter length, then by the longer one.
    entries: Vec<Vec<f64>>,
}

impl Gaps {
    fn of<A: Address>(set: &RangeSet<A>) -> Self {
        let width = usize::from(A::WIDTH);
        let mut leading = vec![vec![0.0; width + 1]; width + 1];
        let mut vanishing = vec![0.0; width + 1];
        let mut finest = 1;
        let mut count_end = |end: A, below: u128, above: u128| {
            let aligned = usize::from(A::WIDTH - end.trailing_zeros());
            finest = finest.max(aligned);
            let vanished = width.saturating_sub(below.min(above).saturating_add(1).ilog2() as usize + 1);
            let bits = end.distance_from(A::MIN) >> end.trailing_zeros();
            let mut changes = bits ^ (bits >> 1);
            let (mut run_end, mut leading_bit) = (aligned, aligned);
            vanishing[vanished] += 1.0;
            while run_end > vanished {
                // The bits from `run_first` to `run_end`, counted from 1, are equal.
                let run_first = aligned.saturating_sub(changes.trailing_zeros() as usize).max(1);
                changes &= changes.wrapping_sub(1);
                leading[vanished.max(run_first - 1)][leading_bit] += 1.0;
                leading[run_end][leading_bit] -= 1.0;
                leading_bit = run_first;
                run_end = run_first - 1;
            }
        };
        let (mut gap_before, mut matching) = (u128::MAX, 0_u128);
        for (index, range) in set.ranges().iter().enumerate() {
            let next = set.ranges().get(index + 1).map(|next| next.first());
            let gap_behind = next.map_or(u128::MAX, |next| next.distance_from(range.last()) - 2);
            if range.first() != A::MIN {
                count_end(range.first(), gap_before, range.span());
            }
            if let Some(beyond) = range.last().successor() {
                count_end(beyond, range.span(), gap_behind);
            }
            gap_before = gap_behind;
            matching = matching.saturating_add(range.span());
        }
        let mostly_matches = matching > A::MAX.distance_from(A::MIN) / 2;
        // Each count was added where it begins and subtracted where it ends: sum up to get the count at every length.
        for short in 1..=width {
            let (before, from_here) = leading.split_at_mut(short);
            for (leading, before) in from_here[0].iter_mut().zip(&before[short - 1]) {
                *leading += before;
            }
        }
        let power = |exponent: usize| 2.0_f64.powi(i32::try_from(exponent).unwrap_or(i32::MAX));
        let gaps = |(short, leading): (usize, &Vec<f64>)| {
            let mut pieces = 0.0;
            let to_longer = leading.iter().enumerate().map(|(long, leading)| {
                pieces = 2.0 * pieces + TIMES_LEADING_BIT * leading;
                if long > short + 1 {
                    // Two ends vanish together with their run, which costs one entry.
                    pieces += TIMES_LEADING_BIT / 2.0 * vanishing[long - 1];
                }
                // Even if all blocks are split, the smaller pieces are at most half of their area.
                let smaller = if long > short { pieces.min(power(long) / 2.0) } else { 0.0 };
                // At length 0 there is no entry: by default nothing matches.
                if short == 0 && mostly_matches { power(long) - smaller } else { smaller }
            });
            to_longer.collect()
        };
        Self { finest, entries: leading.iter().enumerate().map(gaps).collect() }
    }

    /// The best choice of one length, the best of two, and so on, as long as so many lengths can fit the budget.
    fn best_choices(&self) -> Vec<Choice> {
        let cheapest = |steps: &mut dyn Iterator<Item = (f64, usize)>| {
            steps.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, 0))
        };
        let mut choices = Vec::new();
        // For each number of lengths and each shortest length: the entries, and the next longer length.
        let mut best = vec![vec![(f64::INFINITY, 0); self.finest + 1]];
        best[0][self.finest].0 = 0.0;
        let mut least_ns = WARM_LOOKUP_NS;
        while choices.len() < self.finest && least_ns <= BUDGET_NS {
            least_ns += WARM_LOOKUP_NS;
            let last = &best[best.len() - 1];
            // Length 0 stands for the default outside all blocks.
            let step = |short: usize| {
                let longer = short + 1..=self.finest;
                cheapest(&mut longer.map(|long| (last[long].0 + self.entries[short][long], long)))
            };
            let next: Vec<(f64, usize)> = (0..=self.finest).map(step).collect();
            let (entries, mut length) = next[0];
            let mut lengths = vec![length];
            for longer in best.iter().skip(1).rev() {
                length = longer[length].1;
                lengths.push(length);
            }
            let lengths = lengths.into_iter().rev().filter_map(|length| u8::try_from(length).ok()).collect();
            choices.push(Choice { lengths, entries });
            best.push(next);
        }
        choices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Prefix;

    #[test]
    fn a_table_too_large_for_the_budget_still_has_few_lengths() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(state >> 32).unwrap()
        };
        let blocks = (0..200_000)
            .map(|_| Prefix::around(random(), 16 + u8::try_from(random() % 17).unwrap()).unwrap());
        let set: RangeSet<u32> = blocks.map(Into::into).collect();
        let best = Gaps::of(&set).best_choices();
        assert!(
            best.iter().all(|choice| choice.lookup_ns() > BUDGET_NS),
            "the budget is enough for this set"
        );
        let chosen = chosen_lengths(&set);
        assert!((2..16).contains(&chosen.len()), "{chosen:?}");
    }
}
