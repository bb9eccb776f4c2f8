//! The sets that exist in the kernel, by their headers.

use super::names::set_name;
use super::spec::SetHeader;
use crate::plan::SetId;

/// The headers of the sets that exist in the kernel.
#[derive(Debug, Clone)]
pub struct ListedSets(pub(in crate::firewall) Vec<SetHeader>);

impl ListedSets {
    /// True if all of `sets` exist and have these numbers of entries. A shortcut set may be missing.
    pub fn hold(&self, sets: impl IntoIterator<Item = SetId>, entries: impl Fn(SetId) -> u64) -> bool {
        let holds =
            |set: SetId| self.get(set).map_or(set.is_shortcut(), |header| header.entries == entries(set));
        sets.into_iter().all(holds)
    }

    /// True if the headers of these sets carry these content hashes. Sets without a known hash are ignored.
    pub fn bear(&self, sets: impl IntoIterator<Item = SetId>, mark: impl Fn(SetId) -> Option<u32>) -> bool {
        let mut known = sets.into_iter().filter_map(|set| Some((set, mark(set)?)));
        known.all(|(set, mark)| {
            let of = |header: &SetHeader| header.options.ends_with(&format!(" maxelem {mark}"));
            self.get(set).is_some_and(of)
        })
    }

    /// True if the bitmap is missing: the kernel does not support it, or the helper that was loading it was killed.
    pub fn lacks_shortcut(&self) -> bool {
        self.get(SetId::SLASH16).is_none()
    }

    /// The set with this name.
    pub(in crate::firewall) fn named(&self, name: &str) -> Option<&SetHeader> {
        self.0.iter().find(|header| header.name == name)
    }

    pub(in crate::firewall) fn get(&self, set: SetId) -> Option<&SetHeader> {
        self.named(set_name(set))
    }
}
