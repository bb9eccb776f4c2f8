//! Puts rules in place: our chains as they are wanted, the jump where it belongs, and whom INPUT trusts behind it.

use super::inspection::FamilyInspection;
use super::iptables::Iptables;
use super::rules::{self, Judgement, Means, Remembering};
use super::{Firewall, Inspection, each, layout, seen};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// How often the jump is put in place while others move what it stands between.
const ATTEMPTS: u32 = 5;

impl Firewall {
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
            let wanted = wanted(*family);
            let asks_whole = *family == Family::V6 || holds_whole;
            let holds_senders = holding_senders.contains(family);
            let is_possible = |means: &Means| {
                means.asks_whole == asks_whole && (holds_senders || means.remembering == Remembering::Never)
            };
            let possible: Vec<Means> = Means::all().filter(is_possible).collect();
            let (means, changed, found) = commit_family(found, iptables, wanted, &possible, attach)?;
            if means.remembering == Remembering::Never && wanted.is_some() {
                // Nobody fills it. Where it cannot be removed now, the next time will do.
                let removed = self.loader.remove(layout::seen_name(*family));
                removed.unwrap_or_else(|error| log::warn!("{error}"));
            }
            Ok((changed, found))
        };
        let Inspection { sets, families, lost } = before;
        let found = families.into_iter().zip(&self.families).collect();
        let take_lock = self.families.iter().any(|(_, iptables)| iptables.take_lock());
        let (changed, families): (Vec<bool>, Vec<_>) = each(found, take_lock, commit)?.into_iter().unzip();
        Ok((changed.contains(&true), Inspection { sets, families, lost }))
    }
}

/// Commits the rules of a family, by the first of these means that the kernel takes. Returns true if anything had to
/// change, and the rules as they are then.
fn commit_family(
    mut found: FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    possible: &[Means],
    attach: bool,
) -> Result<(Means, bool, FamilyInspection)> {
    let family = found.family;
    let read = || FamilyInspection::read(family, iptables);
    let commit = |found: &FamilyInspection, refused: &[String]| {
        first_that_the_kernel_takes(possible, |means| {
            let lines =
                |found: &FamilyInspection| lines_to_commit(found, iptables, wanted, (means, refused), attach);
            iptables.commit_until_it_fits(lines(found)?, || lines(&read()?))
        })
    };
    // INPUT may be another by the time that it is read again.
    for attempt in 0..ATTEMPTS {
        let means = match commit(&found, &found.refused()) {
            Ok((means, false)) => return Ok((means, attempt > 0, found)),
            Ok((means, true)) => means,
            Err(error) if found.may_be_refused(&error) => break,
            Err(error) => return Err(error),
        };
        found = read()?;
        let judges = wanted.is_none_or(|wanted| found.judges(wanted));
        let is_placed = !attach || found.input.jumps.are_right();
        if judges && (is_placed || attempt + 1 == ATTEMPTS) {
            return Ok((means, true, found));
        }
        if !judges && attempt > 0 {
            break;
        }
    }
    let found = read()?;
    let (means, _) = commit(&found, &refused_by_kernel(&found, iptables)?)?;
    Ok((means, true, read()?))
}

/// Tries one after the other until `commit` succeeds; what the kernel lacks it refuses, often without a word why.
fn first_that_the_kernel_takes(
    possible: &[Means],
    commit: impl Fn(Means) -> Result<bool>,
) -> Result<(Means, bool)> {
    let mut refused = None;
    for means in possible {
        match commit(*means) {
            Ok(changed) => return Ok((*means, changed)),
            Err(error) if matches!(error.code(), Code::FirewallUnsupported | Code::FirewallCommand) => {
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(refused.unwrap_or_else(|| Error::new(Code::FirewallUnsupported, "there is no chain to make")))
}

/// Tries each rule that is to let somebody through our chain, behind its end, where no packet comes. Refused is, too, what
/// is listed in other words than it was written: it would look like a rule of somebody else.
fn refused_by_kernel(found: &FamilyInspection, iptables: &Iptables) -> Result<Vec<String>> {
    let (family, chain) = (found.family, rules::verdict_chain_name(found.family));
    let is_there = iptables.rules()?.chain(chain).is_some();
    let begin = (!is_there).then(|| format!(":{chain} - [0:0]"));
    // What is refused now would be refused whatever it says.
    iptables.commit(&begin.into_iter().chain([rules::refused(family, "")]).collect::<Vec<_>>())?;
    let takes = |conditions: &String| -> Result<bool> {
        let rule = rules::trusted(family, conditions);
        let is_taken = iptables.commit(std::slice::from_ref(&rule)).is_ok();
        Ok(is_taken && iptables.rules()?.chain(chain).is_some_and(|listed| listed.contains(&rule)))
    };
    let mut refused = Vec::new();
    for conditions in &found.input.returns {
        if !takes(conditions)? {
            refused.push(conditions.clone());
        }
    }
    Ok(refused)
}

/// What of a family's rules is not there yet, as lines of `iptables-restore`.
fn lines_to_commit(
    found: &FamilyInspection,
    iptables: &Iptables,
    wanted: Option<Judgement>,
    (means, refused): (Means, &[String]),
    attach: bool,
) -> Result<Vec<String>> {
    let (family, mut lines) = (found.family, Vec::new());
    let made = found.made();
    let is_there =
        |wanted: &Judgement| found.judges(*wanted) && made.as_ref().is_some_and(|made| made.means == means);
    if let Some(wanted) = wanted.filter(|wanted| !is_there(wanted)) {
        let judges = made.map(|made| made.judgement.action);
        let judged = judges.map(|action| seen::verdict_count(family, action, iptables)).transpose()?;
        let judged = judged.map_or(0, |count| count.packets);
        let trusted = found.wanted_trusted(refused);
        lines.extend(rules::chains_from(family, wanted, means, &trusted, judged));
    }
    if attach && !found.input.jumps.are_right() {
        lines.extend(found.input.jumps.attach(&rules::jump(family)));
    }
    Ok(lines)
}
