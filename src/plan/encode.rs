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
