//! The effect at the end of the road: sets, chain and jump in the kernel.

mod command;
mod inspection;
mod ipset;
mod iptables;
mod layout;
mod netlink;
mod position;
mod sets;

use std::env;
use std::thread;
use std::time::Duration;

use inspection::FamilyInspection;
pub use inspection::{FoundSets, Inspection, SetData};
use ipset::Ipset;
use iptables::Iptables;
pub use layout::set_name;
use netlink::Netlink;
use sets::{SetHeader, SetSpec, Sets, Step, take_all};

use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::{KernelSet, Plan};
use crate::warning::{Warning, WarningCode};

/// The environment variable that chooses between the two ways to the sets.
const CHOSEN_WAY: &str = "GEOIP_SETS_BY";

/// The firewall of this network namespace.
#[derive(Debug)]
pub struct Firewall {
    sets: Box<dyn Sets>,
    families: Vec<(Family, Iptables)>,
}

impl Firewall {
    /// Finds the tools and reads what is in the kernel. Without a usable IPv6 firewall it covers IPv4 alone.
    ///
    /// # Errors
    /// `firewall.ipset_missing`, `firewall.iptables_missing`, and those of the kernel and the tools:
    /// `firewall.permission`, `firewall.unsupported`, `firewall.timeout`, `firewall.command`.
    pub fn open(warnings: &mut Vec<Warning>) -> Result<(Self, Inspection)> {
        let (firewall, before, ()) = Self::open_while(warnings, |_| Ok(()))?;
        Ok((firewall, before))
    }

    /// As [`Self::open`]; while the tools list the rules, `work` is done, which may ask for the sets found.
    ///
    /// # Errors
    /// Those of [`Self::open`] and those of `work`.
    pub fn open_while<T>(
        warnings: &mut Vec<Warning>,
        work: impl FnOnce(&FoundSets) -> Result<T>,
    ) -> Result<(Self, Inspection, T)> {
        let sets = way_to_sets()?;
        let found = FoundSets(sets.headers()?);
        let (rules, done) = thread::scope(|scope| {
            let rules = scope.spawn(|| read_rules(warnings));
            let done = work(&found);
            (rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), done)
        });
        let done = done?;
        let (families, inspected): (Vec<_>, Vec<_>) = rules?.into_iter().unzip();
        Ok((Self { sets, families }, Inspection { sets: found, families: inspected }, done))
    }

    /// Reads the sets again, and the rules of those families in which something was changed.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn inspect(&self, before: Inspection, changed: &[Family]) -> Result<Inspection> {
        let again = |(inspected, (family, iptables)): (FamilyInspection, &(Family, Iptables))| {
            if changed.contains(family) { FamilyInspection::read(*family, iptables) } else { Ok(inspected) }
        };
        let families = before.families.into_iter().zip(&self.families).map(again);
        Ok(Inspection { families: families.collect::<Result<_>>()?, sets: FoundSets(self.sets.headers()?) })
    }

    /// Loads the sets of `plan` beside the ones in force and checks that they are whole.
    ///
    /// # Errors
    /// Those of the tools and the kernel, and `firewall.unverified`; what is in force is untouched.
    pub fn load(&self, plan: &Plan, before: &Inspection) -> Result<()> {
        self.destroy_loading(&before.sets.0)?;
        // One after the other: the kernel works on one at a time, and two who wait for each other take longer.
        let loaded = self.sets_of(plan).try_for_each(|set| self.sets.load(&set));
        let verified = loaded.and_then(|()| self.verify_loaded(plan));
        if verified.is_err() {
            // The kernel may be full: leave nothing behind, and report the first failure.
            let cleaned = self.sets.headers().and_then(|present| self.destroy_loading(&present));
            cleaned.unwrap_or_else(|error| log::warn!("{error}"));
        }
        verified
    }

    fn verify_loaded(&self, plan: &Plan) -> Result<()> {
        let present = self.sets.headers()?;
        for set in self.sets_of(plan) {
            let (name, expected) = (set.loading_name, set.entries);
            let found = present.iter().find(|header| header.name == name).map_or(0, |header| header.entries);
            if found != expected {
                let message = format!("{name} holds {found} of the {expected} entries loaded into it");
                return Err(Error::new(Code::FirewallUnverified, message));
            }
        }
        Ok(())
    }

    /// Removes loading sets: those that a killed helper left, or those with the old content after a swap.
    fn destroy_loading(&self, present: &[SetHeader]) -> Result<()> {
        let names = KernelSet::ALL.map(layout::loading_set_name);
        let leftover = names.iter().filter(|name| present.iter().any(|header| header.name == **name));
        leftover.into_iter().try_for_each(|name| destroy(&*self.sets, name))
    }

    /// Puts the loaded sets in force and removes the old ones.
    ///
    /// # Errors
    /// Those of the tools and the kernel; also when a set of another type bears our name. The old sets are then
    /// in force.
    pub fn swap_in(&self, plan: &Plan, before: &Inspection) -> Result<()> {
        let sets: Vec<SetSpec<'_>> = self.sets_of(plan).collect();
        let foreign =
            |set: &&SetSpec<'_>| before.sets.named(set.name).is_some_and(|header| !set.can_replace(header));
        let swapped = match sets.iter().find(foreign) {
            Some(set) => {
                Err(Error::new(Code::FirewallCommand, format!("{} is a set of another type", set.name))
                    .with_hint("Run `detach` to remove it, then `apply` again."))
            }
            None => {
                // A new name costs nothing, while a swap leaves an old set to be removed.
                let step = |set: &SetSpec<'_>| match before.sets.named(set.name) {
                    Some(_) => Step::Swap(set.loading_name, set.name),
                    None => Step::Rename(set.loading_name, set.name),
                };
                take_all(&*self.sets, &sets.iter().map(step).collect::<Vec<_>>())
            }
        };
        // What bears the loading names now is the old content, or what could not be swapped in. If it cannot be
        // removed now, the next load does it: what is in force is decided already.
        for set in sets {
            if swapped.is_err() || before.sets.named(set.name).is_some() {
                let removed = destroy(&*self.sets, set.loading_name);
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
        }
        swapped
    }

    /// The sets of all covered families.
    fn sets_of<'a>(&self, plan: &'a Plan) -> impl Iterator<Item = SetSpec<'a>> {
        let sets = self.families.iter().flat_map(|(family, _)| KernelSet::of(*family));
        sets.map(|set| layout::spec(set, plan))
    }

    /// Puts the chain in place, and with `attach` the jump too; one transaction per family, none where all is well.
    ///
    /// The sets exist already. Returns the families in which anything had to change.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn commit_rules(&self, before: &Inspection, attach: bool) -> Result<Vec<Family>> {
        let mut changed = Vec::new();
        for (inspected, (family, iptables)) in before.families.iter().zip(&self.families) {
            let mut lines = Vec::new();
            if !inspected.has_chain_rules {
                lines.push(format!(":{} - [0:0]", layout::chain_name(*family)));
                lines.extend(layout::chain_rules(*family));
            }
            if attach && !inspected.input.is_attached() {
                lines.extend(inspected.input.attach(&layout::jump(*family)));
            }
            if !lines.is_empty() {
                iptables.commit(&lines)?;
                changed.push(*family);
            }
        }
        Ok(changed)
    }

    /// Removes the sets that the earlier module used beside ours. Its chain must be replaced already.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn remove_legacy_sets(&self, before: &Inspection) -> Result<bool> {
        let mut removed = false;
        for name in Family::ALL.map(layout::legacy_set_name) {
            if before.sets.named(name).is_some() {
                destroy(&*self.sets, name)?;
                removed = true;
            }
        }
        Ok(removed)
    }
}

/// Removes jump, chain and sets of both families, as far as the tools for it exist. Returns true if there were any.
///
/// # Errors
/// Those of the tools, and `firewall.set_in_use` when somebody else's rule needs one of our sets.
pub fn detach() -> Result<bool> {
    let mut removed = false;
    for family in Family::ALL {
        let Ok(iptables) = Iptables::find(family) else { continue };
        let found = match FamilyInspection::read(family, &iptables) {
            Ok(found) => found,
            // A system without IPv6 holds nothing of ours there.
            Err(error) if family == Family::V6 => {
                log::info!("nothing to remove for IPv6: {error}");
                continue;
            }
            Err(error) => return Err(error),
        };
        let mut lines = found.input.detach(&layout::jump(family));
        if found.has_chain {
            let chain = layout::chain_name(family);
            lines.extend([format!("-F {chain}"), format!("-X {chain}")]);
        }
        if !lines.is_empty() {
            iptables.commit(&lines)?;
            removed = true;
        }
    }
    let Ok(sets) = way_to_sets() else { return Ok(removed) };
    let present = sets.headers()?;
    let ours =
        KernelSet::ALL.into_iter().flat_map(|set| [layout::set_name(set), layout::loading_set_name(set)]);
    for name in ours.chain(Family::ALL.map(layout::legacy_set_name)) {
        if present.iter().any(|header| header.name == name) {
            destroy(&*sets, name)?;
            removed = true;
        }
    }
    Ok(removed)
}

/// The tools and the rules of each family that can be covered.
fn read_rules(warnings: &mut Vec<Warning>) -> Result<Vec<((Family, Iptables), FamilyInspection)>> {
    let read = |family| {
        let iptables = Iptables::find(family)?;
        let inspected = FamilyInspection::read(family, &iptables)?;
        Ok(((family, iptables), inspected))
    };
    let mut rules = vec![read(Family::V4)?];
    match read(Family::V6) {
        Ok(v6) => rules.push(v6),
        // A lock that is held too long says nothing about the system.
        Err(error) if error.code() == Code::FirewallTimeout => return Err(error),
        Err(error) => {
            let message = format!("only IPv4 is filtered: {}", error.message());
            warnings.push(Warning::new(WarningCode::NoIpv6, message));
        }
    }
    Ok(rules)
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
                thread::sleep(pause)
            }
            done => return done,
        }
        pause *= 2;
    }
}
