//! The effect at the end of the road: sets, chain and jump in the kernel.

mod audit;
mod command;
mod detach;
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

use std::thread::{self, ScopedJoinHandle};

pub use audit::SetDrift;
pub use detach::{Detached, Detachment, detach, switch_off};
use inspection::FamilyInspection;
pub use inspection::{FoundSets, Inspection, SetData};
use iptables::Iptables;
pub use layout::set_name;
pub use loader::SetLoader;
pub use passage::{Decider, Outcome, Passage};
pub use passes::Lease;
pub use rules::Judgement;
use rules::{Means, Remembering};
pub use seen::{Sighting, VerdictCount};

use crate::error::{Code, Error, Result};
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

    /// True if the kernel holds the shortcut now.
    pub fn has_shortcut(&self) -> bool {
        self.loader.holds_shortcut().unwrap_or_default()
    }

    /// Lets the loaded sets take the places of those in force, all or none.
    ///
    /// # Errors
    /// Those of the kernel and the tools; also when a set of another type bears our name.
    pub fn put_in_force(&mut self, plan: &Plan) -> Result<()> {
        self.loader.put_in_force(plan)
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
        let holding_senders = self.prepare_seen(&before)?;
        let holds_whole = self.loader.holds_shortcut()?;
        let commit = |(found, (family, iptables)): (FamilyInspection, &(Family, Iptables))| {
            let read = || FamilyInspection::read(*family, iptables);
            let wanted = wanted(*family);
            let committed = |means| {
                let lines =
                    |found: &FamilyInspection| lines_to_commit(found, iptables, wanted, means, attach);
                iptables.commit_until_it_fits(lines(&found)?, || lines(&read()?))
            };
            let asks_whole = *family == Family::V6 || holds_whole;
            let holds_senders = holding_senders.contains(family);
            let possible = |means: &Means| {
                means.asks_whole == asks_whole && (holds_senders || means.remembering == Remembering::Never)
            };
            let (means, changed) = first_that_the_kernel_takes(Means::all().filter(possible), committed)?;
            if means.remembering == Remembering::Never && wanted.is_some() {
                // Nobody fills it. Where it cannot be removed now, the next time will do.
                let removed = self.loader.remove(layout::seen_name(*family));
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
            if changed { Ok((true, read()?)) } else { Ok((false, found)) }
        };
        let found = before.families.into_iter().zip(&self.families).collect();
        let take_lock = self.families.iter().any(|(_, iptables)| iptables.take_lock());
        let (changed, families): (Vec<bool>, Vec<_>) = each(found, take_lock, commit)?.into_iter().unzip();
        Ok((changed.contains(&true), Inspection { families, sets: before.sets }))
    }

    /// Removes the sets that the earlier module used beside ours, whose chain must be replaced already, and those
    /// that a killed helper was loading.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn remove_leftover_sets(&mut self) -> Result<bool> {
        let leftovers = Family::ALL.map(layout::legacy_set_name).into_iter();
        let leftovers = leftovers.chain(KernelSet::ALL.map(layout::loading_set_name));
        let leftovers = leftovers.chain(Family::ALL.map(layout::loading_seen_name));
        let leftovers = leftovers.chain(self.loader.refused().map(layout::set_name));
        let leftovers: Vec<_> = leftovers.collect();
        leftovers
            .into_iter()
            .try_fold(false, |removed, name| Ok(self.loader.remove_if_found(name)? || removed))
    }
}

/// Tries one after the other until `commit` succeeds; what the kernel lacks it refuses, often without a word why.
fn first_that_the_kernel_takes(
    means: impl Iterator<Item = Means>,
    commit: impl Fn(Means) -> Result<bool>,
) -> Result<(Means, bool)> {
    let mut refused = None;
    for means in means {
        match commit(means) {
            Ok(changed) => return Ok((means, changed)),
            Err(error) if matches!(error.code(), Code::FirewallUnsupported | Code::FirewallCommand) => {
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::new(Code::FirewallUnsupported, "there is no chain to make")))
}

/// What of a family's rules is not there yet, as lines of `iptables-restore`.
fn lines_to_commit(
    found: &FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    means: Means,
    attach: bool,
) -> Result<Vec<String>> {
    let (family, mut lines) = (found.family, Vec::new());
    if let Some(wanted) = wanted.filter(|wanted| found.made() != Some((*wanted, means))) {
        let judged = found
            .judgement()
            .map(|judges| seen::verdict_count(family, judges.action, iptables))
            .transpose()?;
        let judged = judged.map_or(0, |count| count.packets);
        lines.extend(rules::chains_from(family, wanted, means, judged));
    }
    if attach && !found.input.is_attached() {
        lines.extend(found.input.attach(&rules::jump(family)));
    }
    Ok(lines)
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
