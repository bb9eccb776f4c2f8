//! Loads sets beside those in force and lets them take their places.

use std::env;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;

use super::inspection::FoundSets;
use super::ipset::Ipset;
use super::layout;
use super::netlink::Netlink;
use super::sets::{Change, Counted, Listed, Member, SetHeader, SetSpec, Sets, Step, take_all};
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::{KernelSet, Plan};

/// The environment variable that chooses between the two ways to the sets.
const CHOSEN_WAY: &str = "GEOIP_SETS_BY";

/// The sets of this network namespace, and those on their way into it.
#[derive(Debug)]
pub struct SetLoader {
    way: Box<dyn Sets>,
    found: FoundSets,
    /// Sets under their loading names; they go with the loader unless they are put in force.
    loaded: Vec<KernelSet>,
    /// The blocks that they hold in `divided` and parts beyond the plan until all of a family are in force.
    leaving: Vec<(Family, Vec<IpNet>)>,
}

impl SetLoader {
    /// Finds a way to the sets and reads what is there.
    pub(super) fn open() -> Result<Self> {
        let way = way_to_sets()?;
        let found = FoundSets(way.headers()?);
        Ok(Self { way, found, loaded: Vec::new(), leaving: Vec::new() })
    }

    /// The sets that were there at first.
    pub fn found(&self) -> &FoundSets {
        &self.found
    }

    /// Reads the sets again.
    pub(super) fn look_again(&self) -> Result<FoundSets> {
        self.way.headers().map(FoundSets)
    }

    /// Reads one set again; none if it is not there.
    pub(super) fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        self.way.header(name)
    }

    /// Loads those of `sets` that are not loaded yet beside the ones in force, which are untouched.
    ///
    /// One after the other: the kernel works on one at a time, and two that wait for each other take longer.
    ///
    /// # Errors
    /// Those of the kernel and the tool.
    pub fn load(&mut self, sets: impl IntoIterator<Item = KernelSet>, plan: &Plan) -> Result<()> {
        for set in sets {
            if !self.loaded.contains(&set) {
                // A helper that was killed may have left its own there.
                self.remove_if_found(layout::loading_set_name(set))?;
                self.loaded.push(set);
                self.way.load(&layout::spec(set, plan))?;
                if set.tells_of_parts() {
                    self.find_leaving(set.family(), plan)?;
                    let members = self.interim_members(set);
                    if !members.is_empty() {
                        self.way.change(layout::loading_set_name(set), Change::Add, &members)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks, unless that is known, which blocks that are divided by the sets in force will be dropped whole.
    fn find_leaving(&mut self, family: Family, plan: &Plan) -> Result<()> {
        if self.leaving.iter().any(|(known, _)| *known == family) {
            return Ok(());
        }
        let divided = layout::spec(KernelSet::divided(family), plan);
        let in_force = self.found.named(divided.name).filter(|header| divided.can_replace(header));
        let members = in_force.map_or(Ok(Vec::new()), |_| self.members(&divided))?;
        let blocks = members.iter().filter_map(|member| IpNet::new(member.address, member.length).ok());
        self.leaving.push((family, plan.leaving(&blocks.collect::<Vec<_>>())));
        Ok(())
    }

    /// What `set` must hold beyond the plan until all sets of its family are in force.
    fn interim_members(&self, set: KernelSet) -> Vec<Member> {
        let family = set.family();
        let leaving = self.leaving.iter().filter(|(of, _)| *of == family && set.tells_of_parts());
        let member = |block: &IpNet| Member::Prefix {
            address: block.addr(),
            length: block.prefix_len(),
            nomatch: false,
        };
        leaving.flat_map(|(_, blocks)| blocks).map(member).collect()
    }

    /// Loads the IPv4 sets of `plan`, unless those in force may be the same: the rules will tell whether IPv6 can be
    /// filtered at all, and IPv4 need wait neither for them nor for the rest of the plan.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_early(&mut self, plan: &Plan) -> Result<()> {
        let sets = KernelSet::of(Family::V4);
        if self.found.hold(sets.clone(), |set| plan.entries(set)) { Ok(()) } else { self.load(sets, plan) }
    }

    /// Counts what was loaded.
    ///
    /// # Errors
    /// `firewall.unverified`, and those of the kernel and the tool.
    pub fn verify(&self, plan: &Plan) -> Result<()> {
        for set in &self.loaded {
            let expected = plan.entries(*set) + self.interim_members(*set).len() as u64;
            let name = layout::loading_set_name(*set);
            let found = self.header(name)?.map_or(0, |header| header.entries);
            if found != expected {
                let message = format!("{name} holds {found} of the {expected} entries loaded into it");
                return Err(Error::new(Code::FirewallUnverified, message));
            }
        }
        Ok(())
    }

    /// True if a set of addresses, whosever it is, holds this one.
    pub(super) fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        self.way.holds(name, address)
    }

    /// The members of a set in force, in no order.
    pub(super) fn members(&self, set: &SetSpec<'_>) -> Result<Vec<Listed>> {
        self.way.members(set.name, set.kind)
    }

    /// Lets what was loaded take the places of the sets in force, all or none, and removes the old ones.
    ///
    /// # Errors
    /// Those of the kernel and the tool; also when a set of another type bears our name.
    pub fn put_in_force(&mut self, plan: &Plan) -> Result<()> {
        let specs = self.loaded.iter().map(|set| layout::spec(*set, plan));
        let steps = specs.map(|set| step_into_place(&set, self.found.named(set.name)));
        let steps: Vec<Step> = steps.collect::<Result<_>>()?;
        take_all(&*self.way, &steps)?;
        // What the interim members tell, `blocked` holds by now.
        for set in &self.loaded {
            let members = self.interim_members(*set);
            if !members.is_empty() {
                let removed = self.way.change(layout::set_name(*set), Change::Remove, &members);
                // The new sets are in force, and right; what is too much is told by those who read them.
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
        }
        self.leaving.clear();
        // What bears the loading names now is the old content.
        self.loaded.retain(|set| self.found.named(layout::set_name(*set)).is_some());
        self.discard();
        Ok(())
    }

    /// The members of a set that counts, in no order.
    pub(super) fn counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.way.counted(set.name)
    }

    /// Lets a small set take its place at once, beside whatever else is being loaded.
    ///
    /// # Errors
    /// Those of the kernel and the tool; what bears the name then stays.
    pub(super) fn replace(&self, set: &SetSpec<'_>) -> Result<()> {
        self.exchange(set, |_| Ok(()))
    }

    /// As [`Self::replace`]; what the members of the old set had counted until then.
    pub(super) fn take_counted(&self, set: &SetSpec<'_>) -> Result<Vec<Counted>> {
        self.exchange(set, |old| self.way.counted(old))
    }

    /// As [`Self::replace`]; `read` gets the name that the old set bears before it is removed.
    fn exchange<T>(&self, set: &SetSpec<'_>, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        destroy(&*self.way, set.loading_name)?;
        let step = step_into_place(set, self.header(set.name)?.as_ref())?;
        let taken = self.way.load(set).and_then(|()| take_all(&*self.way, &[step]));
        let read = taken.and_then(|()| read(set.loading_name));
        let removed = destroy(&*self.way, set.loading_name);
        read.and_then(|read| removed.map(|()| read))
    }

    /// Removes a set, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<()> {
        destroy(&*self.way, name)
    }

    /// Removes a set, if it was there at first. Returns true if it was.
    pub(super) fn remove_if_found(&mut self, name: &str) -> Result<bool> {
        if self.found.named(name).is_none() {
            return Ok(false);
        }
        destroy(&*self.way, name)?;
        self.found.0.retain(|header| header.name != name);
        Ok(true)
    }

    /// Removes what bears a loading name. If it cannot be removed now, the next load does it: what is in force is
    /// decided already.
    fn discard(&mut self) {
        for set in self.loaded.drain(..) {
            let removed = destroy(&*self.way, layout::loading_set_name(set));
            removed.unwrap_or_else(|error| log::warn!("{error}"));
        }
    }
}

impl Drop for SetLoader {
    fn drop(&mut self) {
        self.discard();
    }
}

/// How a loaded set gets its name. A new name costs nothing, while a swap leaves an old set to be removed.
fn step_into_place(set: &SetSpec<'_>, found: Option<&SetHeader>) -> Result<Step> {
    match found {
        Some(old) if !set.can_replace(old) => {
            let message = format!("{} is a set of another type", set.name);
            Err(Error::new(Code::FirewallCommand, message)
                .with_hint("Run `detach` to remove it, then `apply` again."))
        }
        Some(_) => Ok(Step::Swap(set.loading_name, set.name)),
        None => Ok(Step::Rename(set.loading_name, set.name)),
    }
}

/// The kernel itself, or the `ipset` tool where the kernel and we do not understand each other.
///
/// `GEOIP_SETS_BY=ipset` in the environment chooses the tool, `GEOIP_SETS_BY=netlink` rules it out.
fn way_to_sets() -> Result<Box<dyn Sets>> {
    let chosen = env::var(CHOSEN_WAY).unwrap_or_default();
    if chosen == "ipset" {
        return Ok(Box::new(Ipset::find()?));
    }
    match Netlink::open() {
        Ok(netlink) => Ok(Box::new(netlink)),
        Err(error) if chosen == "netlink" => Err(error),
        // The tool would get no further.
        Err(error) if matches!(error.code(), Code::FirewallPermission | Code::FirewallIpsetMissing) => {
            Err(error)
        }
        Err(error) => {
            log::warn!("{error}; using the ipset tool instead");
            Ok(Box::new(Ipset::find()?))
        }
    }
}

/// Removes a set, if it is there.
///
/// The kernel may hold on to a set for a moment after the last rule that used it is gone.
fn destroy(sets: &dyn Sets, name: &str) -> Result<()> {
    const LONGEST_PAUSE: Duration = Duration::from_millis(400);
    let mut pause = Duration::from_millis(5);
    loop {
        match sets.destroy(name) {
            Err(error) if error.code() == Code::FirewallSetInUse && pause <= LONGEST_PAUSE => {
                thread::sleep(pause);
                pause *= 2;
            }
            done => return done,
        }
    }
}
