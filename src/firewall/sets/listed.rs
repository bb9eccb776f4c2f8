//! The sets that were found in the kernel.

use super::names::set_name;
use super::spec::SetHeader;
use crate::plan::SetId;

/// The sets that were found in the kernel.
#[derive(Debug, Clone)]
pub struct ListedSets(pub(in crate::firewall) Vec<SetHeader>);

impl ListedSets {
    /// True if all of `sets` are there and have this many entries; a shortcut need not be there.
    pub fn hold(&self, sets: impl IntoIterator<Item = SetId>, entries: impl Fn(SetId) -> u64) -> bool {
        let holds =
            |set: SetId| self.get(set).map_or(set.is_shortcut(), |header| header.entries == entries(set));
        sets.into_iter().all(holds)
    }

    /// True if the headers of these sets tell of this content, as far as it is known and they can.
    pub fn bear(&self, sets: impl IntoIterator<Item = SetId>, mark: impl Fn(SetId) -> Option<u32>) -> bool {
        let mut known = sets.into_iter().filter_map(|set| Some((set, mark(set)?)));
        known.all(|(set, mark)| {
            let of = |header: &SetHeader| header.options.ends_with(&format!(" maxelem {mark}"));
            self.get(set).is_some_and(of)
        })
    }

    /// True if the shortcut is not there: the kernel cannot hold it, or whoever loaded it was killed.
    pub fn lack_shortcut(&self) -> bool {
        self.get(SetId::SLASH16).is_none()
    }

    /// The set of this name.
    pub(in crate::firewall) fn named(&self, name: &str) -> Option<&SetHeader> {
        self.0.iter().find(|header| header.name == name)
    }

    pub(in crate::firewall) fn get(&self, set: SetId) -> Option<&SetHeader> {
        self.named(set_name(set))
    }
}
