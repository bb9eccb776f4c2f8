//! The whole address space of a family, cut into segments of one holder each.

use super::CountrySetId;
use crate::net::{Address, AddressRange};

/// A run of addresses with one holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<A> {
    /// The addresses.
    pub range: AddressRange<A>,
    /// Who holds them.
    pub country_set: CountrySetId,
}

/// The address space of a family without gaps: every address lies in exactly one segment, neighbours differ.
///
/// Kept as two columns (where segments begin, who holds them), which is also their form on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments<A> {
    starts: Vec<A>,
    country_sets: Vec<CountrySetId>,
}

impl<A: Address> Default for Segments<A> {
    fn default() -> Self {
        Self { starts: vec![A::MIN], country_sets: vec![CountrySetId::NOBODY] }
    }
}

impl<A: Address> Segments<A> {
    /// A partition of these columns; none unless they begin at zero, ascend, have equal length, and no holder
    /// follows itself.
    pub fn from_columns(starts: Vec<A>, country_sets: Vec<CountrySetId>) -> Option<Self> {
        let valid = starts.len() == country_sets.len()
            && starts.first() == Some(&A::MIN)
            && starts.is_sorted_by(|a, b| a < b)
            && country_sets.is_sorted_by(|a, b| a != b);
        valid.then_some(Self { starts, country_sets })
    }

    /// A partition that may be wrong, to prove that it is refused.
    #[cfg(test)]
    pub(super) fn unchecked(starts: Vec<A>, country_sets: Vec<CountrySetId>) -> Self {
        Self { starts, country_sets }
    }

    /// Where the segments begin, ascending from zero.
    pub fn starts(&self) -> &[A] {
        &self.starts
    }

    /// Who holds them.
    pub fn country_sets(&self) -> &[CountrySetId] {
        &self.country_sets
    }

    /// The segment that holds `address`.
    pub fn segment_of(&self, address: A) -> Segment<A> {
        segment_of(address, &self.starts, &self.country_sets, None)
    }

    /// All segments in ascending order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<A>> {
        segments(&self.starts, &self.country_sets, None)
    }

    /// The segments that somebody holds.
    pub fn held_segments(&self) -> impl Iterator<Item = Segment<A>> {
        self.segments().filter(|segment| segment.country_set != CountrySetId::NOBODY)
    }
}

/// The segments of a run of columns; `behind` begins the segment behind them, if one does.
pub(super) fn segments<A: Address>(
    starts: &[A],
    country_sets: &[CountrySetId],
    behind: Option<A>,
) -> impl Iterator<Item = Segment<A>> {
    (0..starts.len()).map(move |index| segment(index, starts, country_sets, behind))
}

/// As [`segments`], the one around `address`, which is not below the first.
pub(super) fn segment_of<A: Address>(
    address: A,
    starts: &[A],
    country_sets: &[CountrySetId],
    behind: Option<A>,
) -> Segment<A> {
    let index = starts.partition_point(|start| *start <= address).saturating_sub(1);
    segment(index, starts, country_sets, behind)
}

fn segment<A: Address>(
    index: usize,
    starts: &[A],
    country_sets: &[CountrySetId],
    behind: Option<A>,
) -> Segment<A> {
    let next = starts.get(index + 1).copied().or(behind);
    let last = next.and_then(Address::predecessor).unwrap_or(A::MAX);
    let range = AddressRange::new(starts[index], last).unwrap_or(AddressRange::ALL);
    Segment { range, country_set: country_sets[index] }
}
