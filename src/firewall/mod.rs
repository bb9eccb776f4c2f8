//! The effect at the end of the road: sets, chain and jump in the kernel.

mod audit;
mod command;
mod commit;
mod detach;
mod input;
mod inspection;
mod ipset;
mod iptables;
mod layout;
mod loader;
mod netlink;
mod passage;
mod passes;
mod rules;
mod seen;
mod sets;
mod steps;

use std::thread::{self, ScopedJoinHandle};

pub use audit::SetDrift;
pub use detach::{Detached, Detachment, detach, switch_off};
use inspection::FamilyInspection;
pub use inspection::{FoundSets, Inspection, SetData};
use iptables::Iptables;
pub use layout::{mark, set_name};
pub use loader::SetLoader;
pub use passage::{Decider, Outcome, Passage};
pub use passes::Lease;
pub use rules::Judgement;
pub use seen::{Sighting, VerdictCount};

use crate::error::{Error, Result};
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
        let (rules, lost) = rules?;
        let (families, inspected): (Vec<_>, Vec<_>) = rules.into_iter().unzip();
        let before = Inspection { sets: loader.found().clone(), families: inspected, lost };
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
        Ok(Inspection { families: families.collect::<Result<_>>()?, ..before.clone() })
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

    /// Lets the sets that were in force before have their places again.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn take_back(&mut self) -> Result<()> {
        self.loader.take_back()
    }

    /// Removes the sets that the earlier module used beside ours, whose chain must be replaced already, and those
    /// that a killed helper was loading. Returns true if there were any. What others hold on to stays: it decides nothing.
    pub fn remove_leftover_sets(&mut self) -> bool {
        let leftovers = Family::ALL.map(layout::legacy_set_name).into_iter();
        let leftovers = leftovers.chain(KernelSet::ALL.map(layout::loading_set_name));
        let leftovers = leftovers.chain(Family::ALL.map(layout::loading_seen_name));
        let leftovers: Vec<_> = leftovers.chain(self.loader.refused().map(layout::set_name)).collect();
        leftovers.into_iter().fold(false, |removed, name| match self.loader.remove_if_found(name) {
            Ok(found) => found || removed,
            Err(error) => {
                log::warn!("{error}");
                removed
            }
        })
    }
}

/// The tools and the rules of each family that can be covered, and why IPv6 cannot.
type FoundRules = (Vec<((Family, Iptables), FamilyInspection)>, Option<Error>);

fn read_rules(warnings: &mut Vec<Warning>) -> Result<FoundRules> {
    let tools: Vec<_> = Family::ALL.into_iter().map(|family| (family, Iptables::find(family))).collect();
    let take_lock = tools.iter().any(|(_, found)| found.as_ref().is_ok_and(Iptables::take_lock));
    let read = |(family, found): (Family, Result<Iptables>)| {
        let rules = found.and_then(|iptables| {
            let inspected = FamilyInspection::read(family, &iptables)?;
            Ok(((family, iptables), inspected))
        });
        match rules {
            // What is wrong with IPv6 keeps nobody from filtering IPv4.
            Err(error) if family == Family::V6 => Ok(Err(error)),
            rules => rules.map(Ok),
        }
    };
    let mut lost = None;
    let read = each(tools, take_lock, read)?.into_iter();
    let found = read.filter_map(|rules| rules.map_err(|error| lost = Some(error)).ok()).collect();
    warnings.extend(lost.as_ref().filter(|error| iptables::has_no_ipv6(error)).map(|error| {
        Warning::new(WarningCode::NoIpv6, format!("only IPv4 is filtered: {}", error.message()))
    }));
    Ok((found, lost))
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
