//! The effect at the end of the road: sets, chain and jump in the kernel.

mod command;
mod ipset;
mod iptables;
mod layout;
mod position;

use std::thread;

use ipset::{Ipset, SetHeader};
use iptables::Iptables;
pub use layout::set_name;
use position::Input;

use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::{KernelSet, Plan};
use crate::protocol::{SetData, Warning, WarningCode};

/// The firewall of this network namespace.
#[derive(Debug)]
pub struct Firewall {
    ipset: Ipset,
    families: Vec<(Family, Iptables)>,
}

/// What was found in the kernel.
#[derive(Debug)]
pub struct Inspection {
    sets: Vec<SetHeader>,
    families: Vec<FamilyInspection>,
}

#[derive(Debug)]
struct FamilyInspection {
    family: Family,
    has_chain: bool,
    has_chain_rules: bool,
    input: Input,
}

impl Firewall {
    /// Finds the tools and reads what is in the kernel. Without a usable IPv6 firewall it covers IPv4 alone.
    ///
    /// # Errors
    /// `firewall.ipset_missing`, `firewall.iptables_missing`, and those of the tools: `firewall.permission`,
    /// `firewall.unsupported`, `firewall.timeout`, `firewall.command`.
    pub fn open(warnings: &mut Vec<Warning>) -> Result<(Self, Inspection)> {
        let ipset = Ipset::find()?;
        let v4 = Iptables::find(Family::V4)?;
        let mut inspection = Inspection { sets: ipset.headers()?, families: vec![inspect(Family::V4, &v4)?] };
        let mut families = vec![(Family::V4, v4)];
        let v6 = Iptables::find(Family::V6).and_then(|v6| Ok((inspect(Family::V6, &v6)?, v6)));
        match v6 {
            Ok((inspected, v6)) => {
                inspection.families.push(inspected);
                families.push((Family::V6, v6));
            }
            // A lock that is held too long says nothing about the system.
            Err(error) if error.code() == Code::FirewallTimeout => return Err(error),
            Err(error) => {
                let message = format!("only IPv4 is filtered: {}", error.message());
                warnings.push(Warning::new(WarningCode::NoIpv6, message));
            }
        }
        Ok((Self { ipset, families }, inspection))
    }

    /// Reads sets, chains and INPUT again.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn inspect(&self) -> Result<Inspection> {
        let sets = self.ipset.headers()?;
        let families = self.families.iter().map(|(family, iptables)| inspect(*family, iptables));
        Ok(Inspection { sets, families: families.collect::<Result<_>>()? })
    }

    /// Loads the tables of `plan` into sets beside the ones in force and checks that they are whole.
    ///
    /// # Errors
    /// Those of the tools, and `firewall.unverified`; what is in force is untouched.
    pub fn load(&self, plan: &Plan, before: &Inspection) -> Result<()> {
        self.destroy_loading(&before.sets)?;
        let loaded = thread::scope(|scope| {
            let v6 = self
                .covers(Family::V6)
                .then(|| scope.spawn(|| self.ipset.load(plan, KernelSet::of(Family::V6))));
            let v4 = self.ipset.load(plan, KernelSet::of(Family::V4));
            let v6 = v6.map(|v6| v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            v4.and(v6.unwrap_or(Ok(())))
        });
        let verified = loaded.and_then(|()| self.verify_loaded(plan));
        if verified.is_err() {
            // The kernel may be full: leave nothing behind, and report the first failure.
            let cleaned = self.ipset.headers().and_then(|present| self.destroy_loading(&present));
            cleaned.unwrap_or_else(|error| log::warn!("{error}"));
        }
        verified
    }

    fn verify_loaded(&self, plan: &Plan) -> Result<()> {
        let present = self.ipset.headers()?;
        for set in self.covered_sets() {
            let (name, expected) = (layout::loading_set_name(set), plan.entries(set));
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
        leftover.into_iter().try_for_each(|name| self.ipset.destroy(name))
    }

    /// Puts the loaded sets in force and removes the old ones.
    ///
    /// # Errors
    /// Those of the tools; also when a set of another type bears our name. The old sets are then in force.
    pub fn swap_in(&self, before: &Inspection) -> Result<()> {
        let sets: Vec<KernelSet> = self.covered_sets().collect();
        let foreign = |set: &&KernelSet| before.set(**set).is_some_and(|header| !header.is_like(**set));
        let swapped = match sets.iter().find(foreign) {
            Some(set) => {
                let name = layout::set_name(*set);
                Err(Error::new(Code::FirewallCommand, format!("{name} is a set of another type"))
                    .with_hint("Run `detach` to remove it, then `apply` again."))
            }
            None => self.ipset.swap_in(&sets, &before.sets),
        };
        // What bears the loading names now is the old content, or what could not be swapped in. If it cannot be
        // removed now, the next load does it: what is in force is decided already.
        for set in sets {
            let removed = self.ipset.destroy(layout::loading_set_name(set));
            removed.unwrap_or_else(|error| log::warn!("{error}"));
        }
        swapped
    }

    /// Puts the chain in place, and with `attach` the jump too; one transaction per family, none where all is well.
    ///
    /// The sets exist already. Returns true if anything had to change.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn commit_rules(&self, before: &Inspection, attach: bool) -> Result<bool> {
        let mut changed = false;
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
                changed = true;
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
            if before.sets.iter().any(|header| header.name == name) {
                self.ipset.destroy(name)?;
                removed = true;
            }
        }
        Ok(removed)
    }

    /// True if the filter can cover this family on this system.
    pub fn covers(&self, family: Family) -> bool {
        self.families.iter().any(|(covered, _)| *covered == family)
    }

    fn covered_sets(&self) -> impl Iterator<Item = KernelSet> {
        self.families.iter().flat_map(|(family, _)| KernelSet::of(*family))
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
        let found = match inspect(family, &iptables) {
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
    let Ok(ipset) = Ipset::find() else { return Ok(removed) };
    let present = ipset.headers()?;
    let ours =
        KernelSet::ALL.into_iter().flat_map(|set| [layout::set_name(set), layout::loading_set_name(set)]);
    for name in ours.chain(Family::ALL.map(layout::legacy_set_name)) {
        if present.iter().any(|header| header.name == name) {
            ipset.destroy(name)?;
            removed = true;
        }
    }
    Ok(removed)
}

fn inspect(family: Family, iptables: &Iptables) -> Result<FamilyInspection> {
    let listing = iptables.rules()?;
    let chain = layout::chain_name(family);
    let of_chain = format!("-A {chain} ");
    let rules: Vec<&String> = listing.iter().filter(|line| line.starts_with(&of_chain)).collect();
    Ok(FamilyInspection {
        family,
        has_chain: listing.contains(&format!("-N {chain}")),
        has_chain_rules: rules.into_iter().eq(&layout::chain_rules(family)),
        input: Input::read(&listing, &layout::jump(family)),
    })
}

impl Inspection {
    /// Our sets of the covered families, for a reply.
    pub fn sets(&self) -> Vec<SetData> {
        let covered = self.families.iter().map(|inspected| inspected.family);
        covered
            .filter_map(|family| {
                self.set(KernelSet::deciding(family)).map(|header| SetData {
                    name: header.name.clone(),
                    family,
                    entries: header.entries,
                    memory_bytes: (KernelSet::of(family).filter_map(|set| self.set(set)))
                        .map(|header| header.memory_bytes)
                        .sum(),
                })
            })
            .collect()
    }

    /// True if packets of every covered family pass through the complete chain.
    pub fn is_attached(&self) -> bool {
        self.families.iter().all(|inspected| {
            let has_sets = KernelSet::of(inspected.family).all(|set| self.set(set).is_some());
            inspected.has_chain_rules && inspected.input.is_attached() && has_sets
        })
    }

    /// True if all sets of the covered families have this many entries.
    pub fn holds(&self, entries: impl Fn(KernelSet) -> u64) -> bool {
        let holds = |set| self.set(set).is_some_and(|header| header.entries == entries(set));
        self.families.iter().all(|inspected| KernelSet::of(inspected.family).all(holds))
    }

    /// What keeps a policy with sets of this many entries from being in force.
    pub fn problems(&self, entries: impl Fn(KernelSet) -> u64) -> Vec<Error> {
        let mut problems = Vec::new();
        let mut report = |code, message| problems.push(Error::new(code, message));
        for FamilyInspection { family, has_chain_rules, input, .. } in &self.families {
            let chain = layout::chain_name(*family);
            for set in KernelSet::of(*family) {
                let name = layout::set_name(set);
                match self.set(set).map(|header| header.entries) {
                    None => report(Code::FirewallSetsDrifted, format!("the set {name} is missing")),
                    Some(found) if found != entries(set) => {
                        let message = format!("{name} has {found} entries instead of {}", entries(set));
                        report(Code::FirewallSetsDrifted, message);
                    }
                    Some(_) => {}
                }
            }
            if !has_chain_rules {
                report(Code::FirewallChainDrifted, format!("the chain {chain} is missing or changed"));
            }
            if !input.has_jump() {
                report(Code::FirewallNotAttached, format!("INPUT does not lead to {chain}"));
            } else if !input.is_attached() {
                report(Code::FirewallNotAttached, format!("INPUT leads to {chain} at the wrong place"));
            }
        }
        problems
    }

    /// What an administrator should know of the rules around ours.
    pub fn warnings(&self) -> Vec<Warning> {
        let open = self.families.iter().filter(|inspected| inspected.input.accepts_before());
        open.map(|inspected| {
            let message =
                format!("an {} rule in INPUT accepts everybody before the filter", inspected.family);
            Warning::new(WarningCode::AcceptedBefore, message)
        })
        .collect()
    }

    fn set(&self, set: KernelSet) -> Option<&SetHeader> {
        self.sets.iter().find(|header| header.name == layout::set_name(set))
    }
}
