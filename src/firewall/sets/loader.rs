//! Loads sets beside those in force and lets them take their places.

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

/// The sets of this network namespace, and those on their way into it.
#[derive(Debug)]
pub struct SetLoader {
    backend: Box<dyn SetBackend>,
    found: ListedSets,
    /// Sets under their loading names, the next content or the last one; they go with the loader.
    loaded: Vec<SetId>,
    /// How those that are in force by now got there.
    taken: Vec<Step>,
    /// Shortcuts that the kernel cannot hold.
    refused: Vec<SetId>,
    /// The blocks that they hold in `divided` and parts beyond the plan until all of a family are in force.
    newly_complete: Vec<(Family, Vec<IpNet>)>,
}

impl SetLoader {
    /// Reads what is there.
    pub(in crate::firewall) fn open(backend: Box<dyn SetBackend>) -> Result<Self> {
        let found = ListedSets(backend.headers()?);
        let (loaded, taken, refused, newly_complete) = Default::default();
        Ok(Self { backend, found, loaded, taken, refused, newly_complete })
    }

    /// The sets that were there at first.
    pub fn found(&self) -> &ListedSets {
        &self.found
    }

    /// Reads the sets again.
    pub(in crate::firewall) fn look_again(&self) -> Result<ListedSets> {
        self.backend.headers().map(ListedSets)
    }

    /// Reads one set again; none if it is not there.
    pub(in crate::firewall) fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        self.backend.header(name)
    }

    /// Loads those of `sets` that are not loaded yet beside the ones in force, which are untouched.
    ///
    /// One after the other: the kernel works on one at a time, and two that wait for each other take longer.
    ///
    /// # Errors
    /// Those of the kernel and the tool.
    pub fn load(&mut self, sets: impl IntoIterator<Item = SetId>, plan: &impl SetContents) -> Result<()> {
        for set in sets {
            if !self.loaded.contains(&set) {
                // A helper that was killed may have left its own there.
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
                    self.find_blocks_turning_whole(set.family, plan)?;
                    let members = self.interim_members(set);
                    if !members.is_empty() {
                        self.backend.change(Purpose::Plan(set).next(), Change::Add, &members)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks, unless that is known, which blocks that are divided by the sets in force will be dropped whole.
    fn find_blocks_turning_whole(&mut self, family: Family, plan: &impl SetContents) -> Result<()> {
        if self.newly_complete.iter().any(|(known, _)| *known == family) {
            return Ok(());
        }
        let divided = plan_spec(SetId::mixed(family), plan);
        let in_force = self.found.named(divided.name).filter(|header| divided.can_replace(header));
        let members = in_force.map_or(Ok(Vec::new()), |_| self.members(&divided))?;
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

    /// What `set` must hold beyond the plan until all sets of its family are in force.
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

    /// Loads the IPv4 sets, unless those in force have as many entries.
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

    /// Counts what was loaded.
    ///
    /// # Errors
    /// `firewall.unverified`, and those of the kernel and the tool.
    pub fn verify(&self, plan: &impl SetContents) -> Result<()> {
        for set in &self.loaded {
            let expected = plan.entries(*set) + self.interim_members(*set).len() as u64;
            let name = Purpose::Plan(*set).next();
            let found = self.header(name)?.map_or(0, |header| header.entries);
            if found != expected {
                let message = format!("{name} holds {found} of the {expected} entries loaded into it");
                return Err(Error::new(Code::FirewallUnverified, message));
            }
        }
        Ok(())
    }

    /// True if a set of addresses, whosever it is, holds this one.
    pub(in crate::firewall) fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        self.backend.holds(name, address)
    }

    /// The members of a set in force, in no order.
    pub(in crate::firewall) fn members(&self, set: &SetSpec<'_>) -> Result<Vec<Listed>> {
        self.backend.members(set.name, set.kind)
    }

    /// Lets what was loaded take the places of the sets in force, all or none. The old ones go with the loader.
    ///
    /// # Errors
    /// Those of the kernel and the tools; also when a set of another type bears our name.
    pub fn put_in_force(&mut self, plan: &impl SetContents) -> Result<()> {
        let specs = self.loaded.iter().map(|set| plan_spec(*set, plan));
        let steps = specs.map(|set| step_into_place(&set, self.found.named(set.name)));
        let steps: Vec<Step> = steps.collect::<Result<_>>()?;
        for old in self.refused.iter().filter_map(|set| self.found.named(set_name(*set))) {
            // What it holds is of the old plan, and told by other sets as well.
            self.backend.flush(&old.name)?;
        }
        take_all(&*self.backend, &steps)?;
        self.taken = steps;
        // What the interim members tell, `blocked` holds by now.
        for set in &self.loaded {
            let members = self.interim_members(*set);
            if !members.is_empty() {
                let removed = self.backend.change(set_name(*set), Change::Remove, &members);
                // The new sets are in force, and right; what is too much is told by those who read them.
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
        }
        self.newly_complete.clear();
        Ok(())
    }

    /// Lets the old sets have their places again, all of them.
    ///
    /// # Errors
    /// Those of the kernel and the tool; also when a rule refers to a set that was not there before.
    pub(in crate::firewall) fn take_back(&mut self) -> Result<()> {
        take_back(&*self.backend, &self.taken).inspect(|()| self.taken.clear())
    }

    /// The shortcuts that the kernel cannot hold.
    pub(in crate::firewall) fn refused(&self) -> impl Iterator<Item = SetId> {
        self.refused.iter().copied()
    }

    /// True if the kernel holds the shortcut now.
    pub(in crate::firewall) fn holds_shortcut(&self) -> Result<bool> {
        let name = set_name(SetId::SLASH16);
        Ok(self.refused.is_empty() && self.header(name)?.is_some())
    }

    /// The members of a set that counts, in no order.
    pub(in crate::firewall) fn counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.backend.counted(set.name)
    }

    /// Lets a small set take its place at once, beside whatever else is being loaded.
    ///
    /// # Errors
    /// Those of the kernel and the tool; what bears the name then stays.
    pub(in crate::firewall) fn replace(&self, set: &SetSpec<'_>) -> Result<()> {
        self.exchange(set, |_| Ok(()))
    }

    /// As [`Self::replace`]; what the members of the old set had counted until then.
    pub(in crate::firewall) fn take_counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.exchange(set, |old| self.backend.counted(old))
    }

    /// As [`Self::replace`]; `read` gets the name that the old set bears before it is removed.
    fn exchange<T>(&self, set: &SetSpec<'_>, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        destroy(&*self.backend, set.next_name)?;
        let step = step_into_place(set, self.header(set.name)?.as_ref())?;
        let taken = self.backend.load(set).and_then(|()| take_all(&*self.backend, &[step]));
        let read = taken.and_then(|()| read(set.next_name));
        self.remove_later(set.next_name);
        read
    }

    /// Removes what is of no use any more. If it cannot be removed now, as long as somebody lists it, the next load does
    /// it: what is in force is decided already.
    fn remove_later(&self, name: &str) {
        destroy(&*self.backend, name).unwrap_or_else(|error| log::warn!("{error}"));
    }

    /// Removes a set, if it is there.
    pub(in crate::firewall) fn remove(&self, name: &str) -> Result<()> {
        destroy(&*self.backend, name)
    }

    /// True if the set was there at first, and is of our type.
    pub(in crate::firewall) fn has(&self, set: &OwnedName) -> bool {
        let found = self.found.named(set.name);
        found.is_some_and(|header| header.kind == set.type_name && header.family == set.family)
    }

    /// Takes all members out of a set.
    pub(in crate::firewall) fn empty(&self, name: &str) -> Result<()> {
        self.backend.flush(name)
    }

    /// Removes a set, if it is there and nobody uses it just now.
    pub(in crate::firewall) fn try_to_remove(&self, name: &str) -> Result<()> {
        self.backend.destroy(name)
    }

    /// Removes a set, if it was there at first. Returns true if it was.
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

/// How a loaded set gets its name. A new name costs nothing, while a swap leaves an old set to be removed.
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
