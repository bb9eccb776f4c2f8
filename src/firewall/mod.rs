//! The sets, chains and rules in the kernel that enforce a plan.

mod detach;
mod exempt;
#[cfg(test)]
pub(crate) mod fake;
mod kernel;
mod opening;
mod passage;
mod rules;
mod senders;
mod sets;
mod snapshot;
mod tool;

use std::thread::{self, ScopedJoinHandle};

pub use detach::{Detached, Detachment};
pub(crate) use detach::{detach, switch_off};
pub use exempt::Exempted;
pub(crate) use kernel::{Kernel, SystemKernel};
pub use opening::Opening;
use rules::chains::{ChainFeatures, SenderSampling};
use rules::commit::commit_family;
pub use rules::input::{Decider, Outcome, Passage};
pub use rules::{ChainSpec, VerdictCount};
use rules::{FamilyRules, RuleBackend};
pub use senders::SenderCount;
pub use sets::{ListedSets, SetDrift, SetLoader, TimedMember, mark, set_name};
use sets::{Purpose, drift_of, leftovers};
pub use snapshot::{KernelSnapshot, SetData};
pub use tool::leash::run as run_leash;

use crate::error::Result;
use crate::net::Family;
use crate::plan::{Plan, SetId};

/// A family that can be filtered, with access to its rules.
type CoveredFamily = (Family, Box<dyn RuleBackend>);

/// The firewall of this network namespace.
#[derive(Debug)]
pub struct Firewall {
    loader: SetLoader,
    families: Vec<CoveredFamily>,
}

impl Firewall {
    /// Reads the sets again and keeps the rules of `before`.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn reread_sets(&self, before: KernelSnapshot) -> Result<KernelSnapshot> {
        Ok(KernelSnapshot { sets: self.loader.list_again()?, ..before })
    }

    /// Reads the rules again and keeps the sets of `before`.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn reread_rules(&self, before: &KernelSnapshot) -> Result<KernelSnapshot> {
        let families = self.families.iter().map(|(family, iptables)| FamilyRules::read(*family, &**iptables));
        Ok(KernelSnapshot { families: families.collect::<Result<_>>()?, ..before.clone() })
    }

    /// Loads the sets of `plan` for these families, as far as they are covered, without replacing the sets in force.
    /// Then verifies that they are complete.
    ///
    /// # Errors
    /// Those of the kernel and the tools, and `firewall.unverified`. The sets in force are unchanged.
    pub fn load(&mut self, families: &[Family], plan: &Plan) -> Result<()> {
        let covered = self.families.iter().map(|(family, _)| *family);
        for family in covered.filter(|family| families.contains(family)) {
            self.loader.load(SetId::of(family), plan)?;
        }
        self.loader.verify(plan)
    }

    /// Loads these sets of `plan` without replacing the sets in force. Then verifies that they are complete.
    ///
    /// # Errors
    /// Those of the kernel and the tools, and `firewall.unverified`. The sets in force are unchanged.
    pub fn load_sets(&mut self, sets: impl IntoIterator<Item = SetId>, plan: &Plan) -> Result<()> {
        self.loader.load(sets, plan)?;
        self.loader.verify(plan)
    }

    /// True if the kernel has the bitmap of /16 blocks.
    pub fn has_shortcut(&self) -> bool {
        self.loader.holds_shortcut().unwrap_or_default()
    }

    /// Replaces the sets in force by the loaded ones, all or none.
    ///
    /// # Errors
    /// Those of the kernel and the tools; also if a set of another type has one of our names.
    pub fn put_in_force(&mut self, plan: &Plan) -> Result<()> {
        self.loader.put_in_force(plan)
    }

    /// Puts the previous sets back in force.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn take_back(&mut self) -> Result<()> {
        self.loader.take_back()
    }

    /// Compares the sets of the covered families with `plan`, entry by entry.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn drifted_sets(&self, found: &KernelSnapshot, plan: &Plan) -> Result<Vec<SetDrift>> {
        let sets = self.families.iter().flat_map(|(family, _)| SetId::of(*family)).collect();
        let drifted = each(sets, false, |set| {
            let header = found.sets.get(set);
            if header.is_none() && found.does_without(set) {
                return Ok(None);
            }
            drift_of(set, plan, header, &self.loader)
        })?;
        Ok(drifted.into_iter().flatten().collect())
    }

    /// Brings the chains into the state `wanted`, and with `attach` puts the jump in its place. A family for which
    /// `wanted` gives `None` keeps its chains. Each family is one transaction, or none if nothing has to change. It is
    /// repeated if somebody changes INPUT before it is committed.
    ///
    /// The sets of the plan must exist already. A replaced chain passes its packet count on. Returns true if anything
    /// changed, and the rules as they are read afterwards.
    ///
    /// # Errors
    /// Those of the tools.
    pub fn commit_rules(
        &self,
        before: KernelSnapshot,
        wanted: impl Fn(Family) -> Option<ChainSpec> + Sync,
        attach: bool,
    ) -> Result<(bool, KernelSnapshot)> {
        let with_senders = self.prepare_sender_sets(&before)?;
        let has_bitmap = self.loader.holds_shortcut()?;
        let commit = |(found, (family, iptables)): (FamilyRules, &(Family, Box<dyn RuleBackend>))| {
            let wanted = wanted(*family);
            let checks_slash16 = *family == Family::V6 || has_bitmap;
            let holds_senders = with_senders.contains(family);
            let is_possible = |features: &ChainFeatures| {
                features.checks_slash16 == checks_slash16
                    && (holds_senders || features.sampling == SenderSampling::Off)
            };
            let possible: Vec<ChainFeatures> = ChainFeatures::all().filter(is_possible).collect();
            let (features, changed, found) = commit_family(found, &**iptables, wanted, &possible, attach)?;
            if features.sampling == SenderSampling::Off && wanted.is_some() {
                // Nothing fills this set. If it cannot be removed now, the next run tries again.
                let removed = self.loader.remove(Purpose::Senders(*family).name());
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
            Ok((changed, found))
        };
        let KernelSnapshot { sets, families, lost } = before;
        let found = families.into_iter().zip(&self.families).collect();
        let takes_lock = self.families.iter().any(|(_, iptables)| iptables.takes_lock());
        let (changed, families): (Vec<bool>, Vec<_>) = each(found, takes_lock, commit)?.into_iter().unzip();
        Ok((changed.contains(&true), KernelSnapshot { sets, families, lost }))
    }

    /// Removes the chains and sets of earlier versions, which our chains no longer use, the sets of phones where no rule asks
    /// them, and the sets that a killed helper was loading. Returns true if there were any. What other rules use stays, which is harmless.
    pub fn remove_leftovers(&mut self, found: &KernelSnapshot) -> bool {
        let chains = self.families.iter().zip(&found.families).map(|((_, iptables), rules)| {
            let lines =
                ["-F", "-X"].map(|what| rules.former.iter().map(move |chain| format!("{what} {chain}")));
            let lines: Vec<String> = lines.into_iter().flatten().collect();
            if lines.is_empty() { Ok(false) } else { iptables.commit(&lines).map(|()| true) }
        });
        let mut removed: Vec<Result<bool>> = chains.collect();
        let sets = leftovers().map(|owned| owned.name).chain(self.loader.refused().map(set_name));
        let keeps_no_phones = found.families.iter().filter(|rules| rules.keeps_no_phones());
        let phones = keeps_no_phones.map(|rules| Purpose::Phones(rules.family).name());
        let sets: Vec<_> = sets.chain(phones).collect();
        removed.extend(sets.into_iter().map(|name| self.loader.remove_if_found(name)));
        removed.into_iter().fold(false, |any, removed| {
            any | removed.unwrap_or_else(|error| {
                log::warn!("{error}");
                false
            })
        })
    }
}

/// Does `work` for each item, one after the other if `in_turns`, otherwise in parallel.
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
