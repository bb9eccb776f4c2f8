//! The effect at the end of the road: sets, chain and jump in the kernel.

mod audit;
mod command;
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

use std::thread::{self, ScopedJoinHandle};

pub use audit::SetDrift;
use inspection::FamilyInspection;
pub use inspection::{FoundSets, Inspection, SetData};
use iptables::Iptables;
pub use layout::set_name;
pub use loader::SetLoader;
pub use passage::{Decider, Outcome, Passage};
pub use passes::Lease;
pub use rules::Judgement;
use rules::Remembering;
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
            commit_family(found, iptables, wanted(*family), attach)
        };
        let Inspection { sets, families, lost } = before;
        let found = families.into_iter().zip(&self.families).collect();
        let take_lock = self.families.iter().any(|(_, iptables)| iptables.take_lock());
        let (changed, families): (Vec<bool>, Vec<_>) = each(found, take_lock, commit)?.into_iter().unzip();
        Ok((changed.contains(&true), Inspection { sets, families, lost }))
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
        leftovers
            .into_iter()
            .try_fold(false, |removed, name| Ok(self.loader.remove_if_found(name)? || removed))
    }
}

/// Commits the rules of a family. Returns true if anything had to change, and the rules as they are then.
fn commit_family(
    found: FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    attach: bool,
) -> Result<(bool, FamilyInspection)> {
    let family = found.family;
    let read = || FamilyInspection::read(family, iptables);
    let commit = |found: &FamilyInspection, refused: &[String]| {
        let committed = |remembering| {
            let lines = |found: &FamilyInspection| {
                lines_to_commit(found, iptables, wanted, (remembering, refused), attach)
            };
            iptables.commit_until_it_fits(lines(found)?, || lines(&read()?))
        };
        committed(Remembering::Bounded).or_else(|error| match error.code() {
            Code::FirewallUnsupported => committed(Remembering::Unbounded),
            _ => Err(error),
        })
    };
    let after = match commit(&found, &found.refused()) {
        Ok(false) => return Ok((false, found)),
        Ok(true) => read()?,
        Err(error) if found.may_be_refused(&error) => found,
        Err(error) => return Err(error),
    };
    if wanted.is_none_or(|wanted| after.judges(wanted)) {
        return Ok((true, after));
    }
    // INPUT may be another by now, or the kernel refuses a rule that would let somebody through.
    let refused = refused_by_kernel(&read()?, iptables)?;
    commit(&read()?, &refused)?;
    Ok((true, read()?))
}

/// Tries each rule that is to let somebody through our chain, behind its end, where no packet comes. Refused is, too, what
/// is listed in other words than it was written: it would look like a rule of somebody else.
fn refused_by_kernel(found: &FamilyInspection, iptables: &Iptables) -> Result<Vec<String>> {
    let family = found.family;
    let takes = |rule: &str| -> Result<()> {
        let chain = rules::verdict_chain_name(family);
        let is_there = iptables.rules()?.chain(chain).is_some();
        let chain = (!is_there).then(|| format!(":{chain} - [0:0]"));
        iptables.commit(&chain.into_iter().chain([rule.to_owned()]).collect::<Vec<_>>())
    };
    // What is refused now would be refused whatever it says.
    takes(&rules::refused(family, ""))?;
    let mut refused = Vec::new();
    for conditions in &found.input.returns {
        let rule = rules::trusted(family, conditions);
        let is_listed = || {
            Ok(iptables
                .rules()?
                .chain(rules::verdict_chain_name(family))
                .is_some_and(|listed| listed.contains(&rule)))
        };
        match takes(&rule) {
            Ok(()) if is_listed()? => {}
            _ => refused.push(conditions.clone()),
        }
    }
    Ok(refused)
}

/// What of a family's rules is not there yet, as lines of `iptables-restore`.
fn lines_to_commit(
    found: &FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    (remembering, refused): (Remembering, &[String]),
    attach: bool,
) -> Result<Vec<String>> {
    let (family, mut lines) = (found.family, Vec::new());
    if let Some(wanted) = wanted.filter(|wanted| !found.judges(*wanted)) {
        let judges = found.judgement();
        let judged = judges.map(|judges| seen::verdict_count(family, judges.action, iptables)).transpose()?;
        let judged = judged.map_or(0, |count| count.packets);
        let trusted = found.wanted_trusted(refused);
        lines.extend(rules::chains_from(family, wanted, remembering, &trusted, judged));
    }
    if attach && !found.input.jumps.are_right() {
        lines.extend(found.input.jumps.attach(&rules::jump(family)));
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
            Err(error) if family == Family::V6 && iptables::has_no_ipv6(&error) => {
                log::info!("nothing to remove for IPv6: {error}");
                continue;
            }
            Err(error) => return Err(error),
        };
        let lines = |found: &FamilyInspection| {
            let mut lines = found.input.jumps.detach(&rules::jump(family));
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
            Err(error) if family == Family::V6 && iptables::has_no_ipv6(&error) => Ok(Err(error)),
            rules => rules.map(Ok),
        }
    };
    let mut lost = None;
    let read = each(tools, take_lock, read)?.into_iter();
    let found = read.filter_map(|rules| rules.map_err(|error| lost = Some(error)).ok()).collect();
    warnings.extend(lost.as_ref().map(|error| {
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
