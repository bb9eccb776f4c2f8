//! The address space of a family, split into segments that have the same countries.

use super::CountrySetId;
use crate::net::{Address, AddressRange};
use crate::storage::blocks::{segment_of, segments};

/// A run of addresses with the same countries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<A> {
    /// The addresses.
    pub range: AddressRange<A>,
    /// The id of its countries.
    pub country_set: CountrySetId,
}

/// The complete address space of a family: every address is in exactly one segment, and neighbouring segments differ.
///
/// Stored as two columns, in memory as on disk: the first address and the country set of each segment.
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
    /// Segments from their columns. `None` unless the columns have the same length, the starts ascend from zero, and
    /// neighbouring segments differ.
    pub fn from_columns(starts: Vec<A>, country_sets: Vec<CountrySetId>) -> Option<Self> {
        let valid = starts.len() == country_sets.len()
            && starts.first() == Some(&A::MIN)
            && starts.is_sorted_by(|a, b| a < b)
            && country_sets.is_sorted_by(|a, b| a != b);
        valid.then_some(Self { starts, country_sets })
    }

    /// Segments that may be invalid, to test that they are refused.
    #[cfg(test)]
    pub(super) fn unchecked(starts: Vec<A>, country_sets: Vec<CountrySetId>) -> Self {
        Self { starts, country_sets }
    }

    /// The first address of each segment, ascending from zero.
    pub fn starts(&self) -> &[A] {
        &self.starts
    }

    /// The country set of each segment.
    pub fn country_sets(&self) -> &[CountrySetId] {
        &self.country_sets
    }

    /// The segment that contains `address`.
    pub fn segment_of(&self, address: A) -> Segment<A> {
        let (range, country_set) = segment_of(address, &self.starts, &self.country_sets, None);
        Segment { range, country_set }
    }

    /// All segments in ascending order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<A>> {
        let segment = |(range, country_set)| Segment { range, country_set };
        segments(&self.starts, &self.country_sets, None).map(segment)
    }

    /// The segments that at least one country holds.
    pub fn held_segments(&self) -> impl Iterator<Item = Segment<A>> {
        self.segments().filter(|segment| segment.country_set != CountrySetId::NOBODY)
    }
}
