//! Loads sets beside those in force, and swaps them in.

use std::net::IpAddr;

use ipnet::IpNet;

use super::backend::{Change, Counted, SetBackend, Step};
use super::layout::plan_spec;
use super::listed::ListedSets;
use super::names::{OwnedName, Purpose, set_name};
use super::spec::{Listed, Member, SetHeader, SetSpec};
use super::steps::{destroy, take_all, take_back};
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::{Content, SetContents, SetId, newly_complete};

/// The sets of this network namespace, and the sets that are being loaded.
#[derive(Debug)]
pub struct SetLoader {
    backend: Box<dyn SetBackend>,
    found: ListedSets,
    /// Sets that exist under their `next_name`, with the new or the old content. They are removed with the loader.
    loaded: Vec<SetId>,
    /// The steps that put the loaded sets in force.
    taken: Vec<Step>,
    /// Shortcut sets that the kernel does not support.
    refused: Vec<SetId>,
    /// By family, the blocks that `mixed` and `specific` must also hold until all sets of the family are in force.
    newly_complete: Vec<(Family, Vec<IpNet>)>,
}

impl SetLoader {
    /// Lists the existing sets.
    pub(in crate::firewall) fn open(backend: Box<dyn SetBackend>) -> Result<Self> {
        let found = ListedSets(backend.headers()?);
        let (loaded, taken, refused, newly_complete) = Default::default();
        Ok(Self { backend, found, loaded, taken, refused, newly_complete })
    }

    /// The sets that existed when the loader was opened.
    pub fn found(&self) -> &ListedSets {
        &self.found
    }

    /// Lists the sets again.
    pub(in crate::firewall) fn list_again(&self) -> Result<ListedSets> {
        self.backend.headers().map(ListedSets)
    }

    /// Reads the header of one set, or `None` if it does not exist.
    pub(in crate::firewall) fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        self.backend.header(name)
    }

    /// Loads those of `sets` that are not loaded yet. The sets in force are unchanged.
    ///
    /// It loads one set after the other: the kernel handles one at a time, and parallel loading is slower.
    ///
    /// # Errors
    /// Those of the kernel and the tool.
    pub fn load(&mut self, sets: impl IntoIterator<Item = SetId>, plan: &impl SetContents) -> Result<()> {
        for set in sets {
            if !self.loaded.contains(&set) && !self.is_empty_already(set, plan) {
                // A killed helper may have left a set with this name.
                self.remove_if_found(Purpose::Plan(set).next())?;
                self.loaded.push(set);
                match self.backend.load(&plan_spec(set, plan)) {
                    Err(error) if set.is_shortcut() && error.code() == Code::FirewallUnsupported => {
                        log::info!("{error}");
                        self.loaded.pop();
                        self.refused.push(set);
                    }
                    loaded => loaded?,
                }
                if set.covers_mixed_blocks() {
                    self.find_newly_complete(set.family, plan)?;
                    let members = self.interim_members(set);
                    if !members.is_empty() {
                        self.backend.change(Purpose::Plan(set).next(), Change::Add, &members)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// True if a set is in force as the plan wants it because both are empty. To swap it would only take time.
    fn is_empty_already(&self, set: SetId, plan: &impl SetContents) -> bool {
        let is_right =
            |header: &SetHeader| header.entries == 0 && header.options == plan_spec(set, plan).options();
        plan.entries(set) == 0 && !set.covers_mixed_blocks() && self.found.get(set).is_some_and(is_right)
    }

    /// Finds the blocks that are mixed in the sets in force and completely dropped in the new ones, unless they are
    /// known.
    fn find_newly_complete(&mut self, family: Family, plan: &impl SetContents) -> Result<()> {
        if self.newly_complete.iter().any(|(known, _)| *known == family) {
            return Ok(());
        }
        let mixed = plan_spec(SetId::mixed(family), plan);
        let in_force = self.found.named(mixed.name).filter(|header| mixed.can_replace(header));
        let members = in_force.map_or(Ok(Vec::new()), |_| self.members(&mixed))?;
        let blocks: Vec<_> =
            members.iter().filter_map(|member| IpNet::new(member.address, member.length).ok()).collect();
        self.newly_complete.push((
            family,
            match plan.content(SetId::blocked(family)) {
                Content::V4(blocked) => newly_complete(blocked, &blocks),
                Content::V6(blocked) => newly_complete(blocked, &blocks),
                Content::Blocks(_) => Vec::new(),
            },
        ));
        Ok(())
    }

    /// The entries that `set` must hold in addition to the plan, until all sets of its family are in force.
    fn interim_members(&self, set: SetId) -> Vec<Member> {
        let family = set.family;
        let newly_complete =
            self.newly_complete.iter().filter(|(of, _)| *of == family && set.covers_mixed_blocks());
        let member = |block: &IpNet| Member::Prefix {
            address: block.addr(),
            length: block.prefix_len(),
            nomatch: false,
        };
        newly_complete.flat_map(|(_, blocks)| blocks).map(member).collect()
    }

    /// Loads the IPv4 sets, unless the sets in force have the same numbers of entries.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn preload(&mut self, contents: &impl SetContents) -> Result<()> {
        let sets = SetId::of(Family::V4);
        if self.found.hold(sets.clone(), |set| contents.entries(set)) {
            Ok(())
        } else {
            self.load(sets, contents)
        }
    }

    /// Checks that the loaded sets have the expected numbers of entries.
    ///
    /// # Errors
    /// `firewall.unverified`, and those of the kernel and the tool.
    pub fn verify(&self, plan: &impl SetContents) -> Result<()> {
        for set in &self.loaded {
            let expected = plan.entries(*set) + self.interim_members(*set).len() as u64;
            let name = Purpose::Plan(*set).next();
            let found = self.header(name)?.map_or(0, |header| header.entries);
            if found != expected {
                let message =
                    format!("{name} has {found} of the {expected} entries that were loaded into it");
                return Err(Error::new(Code::FirewallUnverified, message));
            }
        }
        Ok(())
    }

    /// True if a set of addresses, ours or not, contains `address`.
    pub(in crate::firewall) fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        self.backend.holds(name, address)
    }

    /// The entries of a set in force, in no particular order.
    pub(in crate::firewall) fn members(&self, set: &SetSpec<'_>) -> Result<Vec<Listed>> {
        self.backend.members(set.name, set.kind)
    }

    /// Puts the loaded sets in force, all or none. The old ones are removed with the loader.
    ///
    /// # Errors
    /// Those of the kernel and the tool; also if a set of another type has one of our names.
    pub fn put_in_force(&mut self, plan: &impl SetContents) -> Result<()> {
        let specs = self.loaded.iter().map(|set| plan_spec(*set, plan));
        let steps = specs.map(|set| step_into_place(&set, self.found.named(set.name)));
        let steps: Vec<Step> = steps.collect::<Result<_>>()?;
        for old in self.refused.iter().filter_map(|set| self.found.named(set_name(*set))) {
            // It belongs to the old plan. The other sets contain its addresses as well.
            self.backend.flush(&old.name)?;
        }
        take_all(&*self.backend, &steps)?;
        self.taken = steps;
        // The interim entries are no longer needed, because `blocked` is in force.
        for set in &self.loaded {
            let members = self.interim_members(*set);
            if !members.is_empty() {
                let removed = self.backend.change(set_name(*set), Change::Remove, &members);
                // The new sets are in force and decide correctly. Superfluous entries are found by `status` and `heal`.
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
        }
        self.newly_complete.clear();
        Ok(())
    }

    /// Puts the old sets back in force, all of them.
    ///
    /// # Errors
    /// Those of the kernel and the tool; also if a rule uses a set that did not exist before.
    pub(in crate::firewall) fn take_back(&mut self) -> Result<()> {
        take_back(&*self.backend, &self.taken).inspect(|()| self.taken.clear())
    }

    /// The shortcut sets that the kernel does not support.
    pub(in crate::firewall) fn refused(&self) -> impl Iterator<Item = SetId> {
        self.refused.iter().copied()
    }

    /// True if the kernel has the bitmap now.
    pub(in crate::firewall) fn holds_shortcut(&self) -> Result<bool> {
        let name = set_name(SetId::SLASH16);
        Ok(self.refused.is_empty() && self.header(name)?.is_some())
    }

    /// The entries of a set with counters, in no particular order.
    pub(in crate::firewall) fn counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.backend.counted(set.name)
    }

    /// Replaces a small set at once, independently of the sets that are being loaded.
    ///
    /// # Errors
    /// Those of the kernel and the tool. The old set then stays.
    pub(in crate::firewall) fn replace(&self, set: &SetSpec<'_>) -> Result<()> {
        self.exchange(set, |_| Ok(()))
    }

    /// As [`Self::replace`]. Returns the final counts of the old set.
    pub(in crate::firewall) fn take_counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.exchange(set, |old| self.backend.counted(old))
    }

    /// As [`Self::replace`]. `read` gets the name of the old set before it is removed.
    fn exchange<T>(&self, set: &SetSpec<'_>, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        destroy(&*self.backend, set.next_name)?;
        let step = step_into_place(set, self.header(set.name)?.as_ref())?;
        let taken = self.backend.load(set).and_then(|()| take_all(&*self.backend, &[step]));
        let read = taken.and_then(|()| read(set.next_name));
        self.remove_later(set.next_name);
        read
    }

    /// Removes a set that is no longer needed. If another process is listing it, the next load removes it; the sets in
    /// force are not affected.
    fn remove_later(&self, name: &str) {
        destroy(&*self.backend, name).unwrap_or_else(|error| log::warn!("{error}"));
    }

    /// Removes a set. A missing set is no error.
    pub(in crate::firewall) fn remove(&self, name: &str) -> Result<()> {
        destroy(&*self.backend, name)
    }

    /// True if the set existed when the loader was opened and has our type.
    pub(in crate::firewall) fn has(&self, set: &OwnedName) -> bool {
        let found = self.found.named(set.name);
        found.is_some_and(|header| header.kind == set.type_name && header.family == set.family)
    }

    /// Removes all entries of a set.
    pub(in crate::firewall) fn empty(&self, name: &str) -> Result<()> {
        self.backend.flush(name)
    }

    /// Removes a set, unless it is in use at the moment.
    pub(in crate::firewall) fn try_to_remove(&self, name: &str) -> Result<()> {
        self.backend.destroy(name)
    }

    /// Removes a set if it existed when the loader was opened. Returns true if it did.
    pub(in crate::firewall) fn remove_if_found(&mut self, name: &str) -> Result<bool> {
        if self.found.named(name).is_none() {
            return Ok(false);
        }
        destroy(&*self.backend, name)?;
        self.found.0.retain(|header| header.name != name);
        Ok(true)
    }
}

impl Drop for SetLoader {
    fn drop(&mut self) {
        for set in &self.loaded {
            self.remove_later(Purpose::Plan(*set).next());
        }
    }
}

/// The step that puts a loaded set in force. A rename is preferred, because a swap leaves an old set to remove.
fn step_into_place(set: &SetSpec<'_>, found: Option<&SetHeader>) -> Result<Step> {
    match found {
        Some(old) if !set.can_replace(old) => {
            let message = format!("{} is a set of another type", set.name);
            Err(Error::new(Code::FirewallCommand, message)
                .with_hint("Remove or rename that set, which is not ours, then apply again."))
        }
        Some(_) => Ok(Step::Swap(set.next_name, set.name)),
        None => Ok(Step::Rename(set.next_name, set.name)),
    }
}
