//! Rows that may overlap, made into the segments of a family. Of several rows for an address the most specific one counts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::net::{Address, AddressRange};

/// The number that stands for nobody.
pub(super) const NOBODY: u32 = 0;

/// The address space of a family, cut into segments: the first address of each, and the number of its holder or [`NOBODY`].
/// Neighbouring segments have different holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns<A> {
    pub(super) starts: Vec<A>,
    pub(super) numbers: Vec<u32>,
}

impl<A: Address> Columns<A> {
    /// The segments of these rows, each with its number. Of two rows that are as specific, that of the lower number counts.
    pub(super) fn of(mut rows: Vec<(AddressRange<A>, u32)>) -> Self {
        rows.sort_unstable_by_key(|(range, _)| range.first());
        let mut sweep = Sweep {
            columns: Self { starts: Vec::with_capacity(rows.len()), numbers: Vec::with_capacity(rows.len()) },
            place: Some(A::MIN),
            around: BinaryHeap::new(),
        };
        for (range, number) in rows {
            sweep.reach(range.first().predecessor());
            sweep.around.push(Reverse((range.span(), number, range.last())));
        }
        sweep.reach(Some(A::MAX));
        sweep.columns
    }

    fn push(&mut self, start: A, number: u32) {
        if self.numbers.last() != Some(&number) {
            self.starts.push(start);
            self.numbers.push(number);
        }
    }
}

struct Sweep<A> {
    columns: Columns<A>,
    /// The first address that is in no segment yet. `None` behind the last one.
    place: Option<A>,
    /// The rows that began and may not have ended: span, number, last address. The most specific comes first.
    around: BinaryHeap<Reverse<(u128, u32, A)>>,
}

impl<A: Address> Sweep<A> {
    /// Makes segments of all addresses up to `end`, where no further row begins.
    fn reach(&mut self, end: Option<A>) {
        let Some(end) = end else { return };
        while let Some(place) = self.place.filter(|place| *place <= end) {
            let (number, last) = match self.around.peek() {
                Some(Reverse((_, _, last))) if *last < place => {
                    self.around.pop();
                    continue;
                }
                Some(Reverse((_, number, last))) => (*number, end.min(*last)),
                None => (NOBODY, end),
            };
            self.columns.push(place, number);
            self.place = last.successor();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<(AddressRange<u8>, u32)>> {
        let row = (any::<u8>(), any::<u8>(), 1_u32..5);
        vec(row.prop_map(|(a, b, number)| (AddressRange::new(a.min(b), a.max(b)).unwrap(), number)), 0..12)
    }

    proptest! {
        #[test]
        fn each_address_belongs_to_the_most_specific_row_whatever_their_order(rows in rows()) {
            let columns = Columns::of(rows.clone());
            prop_assert_eq!(columns.starts.first(), Some(&0));
            prop_assert!(columns.starts.is_sorted_by(|a, b| a < b));
            prop_assert!(columns.numbers.is_sorted_by(|a, b| a != b));
            for address in 0..=255 {
                let around = rows.iter().filter(|(range, _)| range.contains(address));
                let holder = around.map(|(range, number)| (range.span(), *number)).min();
                let segment = columns.starts.partition_point(|start| *start <= address) - 1;
                prop_assert_eq!(columns.numbers[segment], holder.map_or(NOBODY, |(_, number)| number));
            }
            let reversed: Vec<_> = rows.into_iter().rev().collect();
            prop_assert_eq!(Columns::of(reversed), columns);
        }
    }
}
