//! The effect at the end of the road: sets, chain and jump in the kernel.

mod audit;
mod command;
mod inspection;
mod ipset;
mod iptables;
mod layout;
mod loader;
mod netlink;
mod passage;
mod passes;
mod position;
mod rules;
mod seen;
mod sets;
mod steps;

use std::thread::{self, ScopedJoinHandle};

pub use audit::SetDrift;
use inspection::FamilyInspection;
pub use inspection::{FoundSets, Inspection, SetData};
use iptables::Iptables;
pub use layout::{mark, set_name};
pub use loader::SetLoader;
pub use passage::{Decider, Outcome, Passage};
pub use passes::Lease;
pub use rules::Judgement;
use rules::Remembering;
pub use seen::{Sighting, VerdictCount};

use crate::error::{Code, Result};
use crate::net::Family;
use crate::plan::{KernelSet, Plan};
use crate::warning::{Warning, WarningCode};

/// The firewall of this network namespace.
#[derive(Debug)]
pub struct Firewall {
    loader: SetLoader,
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

    /// As [`Self::open`]; while the tools list the rules, `work` is done, which may load sets already.
    ///
    /// # Errors
    /// Those of [`Self::open`] and those of `work`.
    pub fn open_while<T>(
        warnings: &mut Vec<Warning>,
        work: impl FnOnce(&mut SetLoader) -> Result<T>,
    ) -> Result<(Self, Inspection, T)> {
        let mut loader = SetLoader::open()?;
        let (rules, done) = thread::scope(|scope| {
            let rules = scope.spawn(|| read_rules(warnings));
            let done = work(&mut loader);
            (rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), done)
        });
        let done = done?;
        let (families, inspected): (Vec<_>, Vec<_>) = rules?.into_iter().unzip();
        let before = Inspection { sets: loader.found().clone(), families: inspected };
        Ok((Self { loader, families }, before, done))
    }

    /// Reads the sets again; the rules are those of `before`.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn look_at_sets(&self, before: Inspection) -> Result<Inspection> {
        Ok(Inspection { sets: self.loader.look_again()?, ..before })
    }

    /// Reads the rules again; the sets are those of `before`.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn look_at_rules(&self, before: &Inspection) -> Result<Inspection> {
        let families =
            self.families.iter().map(|(family, iptables)| FamilyInspection::read(*family, iptables));
        Ok(Inspection { families: families.collect::<Result<_>>()?, sets: before.sets.clone() })
    }

    /// Loads the sets of `plan` for these families, as far as they are covered, beside the ones in force, and checks
    /// that they are whole.
    ///
    /// # Errors
    /// Those of the kernel and the tools, and `firewall.unverified`; what is in force is untouched.
    pub fn load(&mut self, families: &[Family], plan: &Plan) -> Result<()> {
        let covered = self.families.iter().map(|(family, _)| *family);
        for family in covered.filter(|family| families.contains(family)) {
            self.loader.load(KernelSet::of(family), plan)?;
        }
        self.loader.verify(plan)
    }

    /// Loads these sets of `plan` beside those in force, and checks that they are whole.
    ///
    /// # Errors
    /// Those of the kernel and the tools, and `firewall.unverified`; what is in force is untouched.
    pub fn load_sets(&mut self, sets: impl IntoIterator<Item = KernelSet>, plan: &Plan) -> Result<()> {
        self.loader.load(sets, plan)?;
        self.loader.verify(plan)
    }

    /// Lets the loaded sets take the places of those in force, all or none.
    ///
    /// # Errors
    /// Those of the kernel and the tools; also when a set of another type bears our name.
    pub fn put_in_force(&mut self, plan: &Plan) -> Result<()> {
        self.loader.put_in_force(plan)
    }

    /// Lets the sets that were in force before have their places again.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn take_back(&mut self) -> Result<()> {
        self.loader.take_back()
    }

    /// Has the chains judge as `wanted`, those of a family without a wish as so far, and with `attach` puts the jump in
    /// place; one transaction per family, none where all is well, another where somebody changed INPUT before the first.
    ///
    /// The sets of the plan exist already. A chain that gives way hands on the number of packets that it judged.
    /// Returns true if anything had to change, and the rules as they are then, read again.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn commit_rules(
        &self,
        before: Inspection,
        wanted: impl Fn(Family) -> Option<Judgement> + Sync,
        attach: bool,
    ) -> Result<(bool, Inspection)> {
        self.prepare_seen(&before)?;
        let commit = |(found, (family, iptables)): (FamilyInspection, &(Family, Iptables))| {
            let read = || FamilyInspection::read(*family, iptables);
            let wanted = wanted(*family);
            let committed = |remembering| {
                let lines =
                    |found: &FamilyInspection| lines_to_commit(found, iptables, wanted, remembering, attach);
                iptables.commit_until_it_fits(lines(&found)?, || lines(&read()?))
            };
            let changed = committed(Remembering::Bounded).or_else(|error| match error.code() {
                Code::FirewallUnsupported => committed(Remembering::Unbounded),
                _ => Err(error),
            });
            if changed? { Ok((true, read()?)) } else { Ok((false, found)) }
        };
        let found = before.families.into_iter().zip(&self.families).collect();
        let take_lock = self.families.iter().any(|(_, iptables)| iptables.take_lock());
        let (changed, families): (Vec<bool>, Vec<_>) = each(found, take_lock, commit)?.into_iter().unzip();
        Ok((changed.contains(&true), Inspection { families, sets: before.sets }))
    }

    /// Removes the sets that the earlier module used beside ours, whose chain must be replaced already, and those
    /// that a killed helper was loading. Returns true if there were any. What others hold on to stays: it decides nothing.
    pub fn remove_leftover_sets(&mut self) -> bool {
        let leftovers = Family::ALL.map(layout::legacy_set_name).into_iter();
        let leftovers = leftovers.chain(KernelSet::ALL.map(layout::loading_set_name));
        let leftovers = leftovers.chain(Family::ALL.map(layout::loading_seen_name));
        leftovers.fold(false, |removed, name| match self.loader.remove_if_found(name) {
            Ok(found) => found || removed,
            Err(error) => {
                log::warn!("{error}");
                removed
            }
        })
    }
}

/// What of a family's rules is not there yet, as lines of `iptables-restore`.
fn lines_to_commit(
    found: &FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    remembering: Remembering,
    attach: bool,
) -> Result<Vec<String>> {
    let (family, mut lines) = (found.family, Vec::new());
    let judges = found.judgement();
    if let Some(wanted) = wanted.filter(|wanted| judges != Some(*wanted)) {
        let judged = judges.map(|judges| seen::verdict_count(family, judges.action, iptables)).transpose()?;
        let judged = judged.map_or(0, |count| count.packets);
        lines.extend(rules::chains_from(family, wanted, remembering, judged));
    }
    if attach && !found.input.is_attached() {
        lines.extend(found.input.attach(&rules::jump(family)));
    }
    Ok(lines)
}

/// Removes jump, chains and sets of both families, as far as the tools for it exist. Returns true if there were any.
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
        let lines = |found: &FamilyInspection| {
            let mut lines = found.input.detach(&rules::jump(family));
            let chains = rules::chain_names(family).into_iter().zip(&found.chains);
            let chains: Vec<_> =
                chains.filter(|(_, found)| found.is_some()).map(|(chain, _)| chain).collect();
            lines.extend(chains.iter().map(|chain| format!("-F {chain}")));
            lines.extend(chains.iter().map(|chain| format!("-X {chain}")));
            lines
        };
        let read_again = || FamilyInspection::read(family, &iptables).map(|found| lines(&found));
        removed |= iptables.commit_until_it_fits(lines(&found), read_again)?;
    }
    let Ok(mut loader) = SetLoader::open() else { return Ok(removed) };
    let ours =
        KernelSet::ALL.into_iter().flat_map(|set| [layout::set_name(set), layout::loading_set_name(set)]);
    let of_family = Family::ALL.into_iter().flat_map(|family| {
        [
            layout::passes_name(family),
            layout::loading_passes_name(family),
            layout::seen_name(family),
            layout::loading_seen_name(family),
            layout::legacy_set_name(family),
        ]
    });
    for name in ours.chain(of_family) {
        removed |= loader.remove_if_found(name)?;
    }
    Ok(removed)
}

/// The tools and the rules of each family that can be covered.
fn read_rules(warnings: &mut Vec<Warning>) -> Result<Vec<((Family, Iptables), FamilyInspection)>> {
    let tools: Vec<_> = Family::ALL.into_iter().map(|family| (family, Iptables::find(family))).collect();
    let take_lock = tools.iter().any(|(_, found)| found.as_ref().is_ok_and(Iptables::take_lock));
    let read = |(family, found): (Family, Result<Iptables>)| {
        let rules = found.and_then(|iptables| {
            let inspected = FamilyInspection::read(family, &iptables)?;
            Ok(((family, iptables), inspected))
        });
        match rules {
            // A lock that is held too long says nothing about the system.
            Err(error) if family == Family::V6 && error.code() != Code::FirewallTimeout => {
                let message = format!("only IPv4 is filtered: {}", error.message());
                Ok(Err(Warning::new(WarningCode::NoIpv6, message)))
            }
            rules => rules.map(Ok),
        }
    };
    let read = each(tools, take_lock, read)?;
    Ok(read.into_iter().filter_map(|rules| rules.map_err(|warning| warnings.push(warning)).ok()).collect())
}

/// Does `work` for each of `these`, `in_turns` or at the same time.
fn each<T: Send, U: Send>(
    these: Vec<T>,
    in_turns: bool,
    work: impl Fn(T) -> Result<U> + Sync,
) -> Result<Vec<U>> {
    if in_turns {
        return these.into_iter().map(work).collect();
    }
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = these.into_iter().map(|this| scope.spawn(move || work(this))).collect();
        let done = threads.into_iter().map(ScopedJoinHandle::join);
        done.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
