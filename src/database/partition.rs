//! The whole address space of a family, cut into segments of one holder each.

use super::HolderId;
use crate::net::{Address, AddressRange};

/// A run of addresses with one holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<A> {
    /// The addresses.
    pub range: AddressRange<A>,
    /// Who holds them.
    pub holder: HolderId,
}

/// The address space of a family without gaps: every address lies in exactly one segment, neighbours differ.
///
/// Kept as two columns (where segments begin, who holds them), which is also their form on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition<A> {
    starts: Vec<A>,
    holders: Vec<HolderId>,
}

impl<A: Address> Default for Partition<A> {
    fn default() -> Self {
        Self { starts: vec![A::MIN], holders: vec![HolderId::NOBODY] }
    }
}

impl<A: Address> Partition<A> {
    /// A partition of these columns; none unless they begin at zero, ascend, have equal length, and no holder
    /// follows itself.
    pub fn from_columns(starts: Vec<A>, holders: Vec<HolderId>) -> Option<Self> {
        let valid = starts.len() == holders.len()
            && starts.first() == Some(&A::MIN)
            && starts.is_sorted_by(|a, b| a < b)
            && holders.is_sorted_by(|a, b| a != b);
        valid.then_some(Self { starts, holders })
    }

    /// A partition that may be wrong, to prove that it is refused.
    #[cfg(test)]
    pub(super) fn unchecked(starts: Vec<A>, holders: Vec<HolderId>) -> Self {
        Self { starts, holders }
    }

    /// Where the segments begin, ascending from zero.
    pub fn starts(&self) -> &[A] {
        &self.starts
    }

    /// Who holds them.
    pub fn holders(&self) -> &[HolderId] {
        &self.holders
    }

    /// The segment that holds `address`.
    pub fn segment_of(&self, address: A) -> Segment<A> {
        self.segment(self.starts.partition_point(|start| *start <= address).saturating_sub(1))
    }

    /// All segments in ascending order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<A>> {
        (0..self.starts.len()).map(|index| self.segment(index))
    }

    /// The segments that somebody holds.
    pub fn held_segments(&self) -> impl Iterator<Item = Segment<A>> {
        self.segments().filter(|segment| segment.holder != HolderId::NOBODY)
    }

    fn segment(&self, index: usize) -> Segment<A> {
        let first = self.starts[index];
        let last = self.starts.get(index + 1).and_then(|next| next.predecessor()).unwrap_or(A::MAX);
        let range = AddressRange::new(first, last).unwrap_or(AddressRange::ALL);
        Segment { range, holder: self.holders[index] }
    }
}
