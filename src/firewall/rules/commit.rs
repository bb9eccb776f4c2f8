//! Puts rules in place: our chains as they are wanted, the jump where it belongs, and whom INPUT trusts behind it.

use super::backend::RuleBackend;
use super::chains::{self, ChainFeatures, ChainSpec};
use super::family::FamilyRules;
use super::verdicts::verdict_count;
use crate::error::{Code, Error, Result};

/// How often the jump is put in place while others move what it stands between.
const ATTEMPTS: u32 = 5;

/// Commits the rules of a family, by the first of these means that the kernel takes. Returns true if anything had to
/// change, and the rules as they are then.
pub(in crate::firewall) fn commit_family(
    mut found: FamilyRules,
    iptables: &dyn RuleBackend,
    wanted: Option<ChainSpec>,
    possible: &[ChainFeatures],
    attach: bool,
) -> Result<(ChainFeatures, bool, FamilyRules)> {
    let family = found.family;
    let read = || FamilyRules::read(family, iptables);
    let commit = |found: &FamilyRules, refused: &[String]| {
        first_that_the_kernel_takes(possible, |features| {
            let lines =
                |found: &FamilyRules| lines_to_commit(found, iptables, wanted, (features, refused), attach);
            iptables.commit_until_it_fits(lines(found)?, || lines(&read()?))
        })
    };
    // INPUT may be another by the time that it is read again.
    for attempt in 0..ATTEMPTS {
        let features = match commit(&found, &found.refused()) {
            Ok((features, false)) => return Ok((features, attempt > 0, found)),
            Ok((features, true)) => features,
            Err(error) if found.may_be_refused(&error) => break,
            Err(error) => return Err(error),
        };
        found = read()?;
        let judges = wanted.is_none_or(|wanted| found.matches(wanted));
        let is_placed = !attach || found.input.jumps.are_right();
        if judges && (is_placed || attempt + 1 == ATTEMPTS) {
            return Ok((features, true, found));
        }
        if !judges && attempt > 0 {
            break;
        }
    }
    let found = read()?;
    let (features, _) = commit(&found, &refused_by_kernel(&found, iptables)?)?;
    Ok((features, true, read()?))
}

/// Tries one after the other until `commit` succeeds; what the kernel lacks it refuses, often without a word why.
fn first_that_the_kernel_takes(
    possible: &[ChainFeatures],
    commit: impl Fn(ChainFeatures) -> Result<bool>,
) -> Result<(ChainFeatures, bool)> {
    let mut refused = None;
    for features in possible {
        match commit(*features) {
            Ok(changed) => return Ok((*features, changed)),
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
fn refused_by_kernel(found: &FamilyRules, iptables: &dyn RuleBackend) -> Result<Vec<String>> {
    let (family, chain) = (found.family, chains::verdict_chain_name(found.family));
    let is_there = iptables.rules()?.chain(chain).is_some();
    let begin = (!is_there).then(|| format!(":{chain} - [0:0]"));
    // What is refused now would be refused whatever it says.
    iptables.commit(&begin.into_iter().chain([chains::refused(family, "")]).collect::<Vec<_>>())?;
    let takes = |conditions: &String| -> Result<bool> {
        let rule = chains::trusted(family, conditions);
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
    found: &FamilyRules,
    iptables: &dyn RuleBackend,
    wanted: Option<ChainSpec>,
    (features, refused): (ChainFeatures, &[String]),
    attach: bool,
) -> Result<Vec<String>> {
    let (family, mut lines) = (found.family, Vec::new());
    let content = found.content();
    let is_there = |wanted: &ChainSpec| {
        found.matches(*wanted) && content.as_ref().is_some_and(|content| content.features == features)
    };
    if let Some(wanted) = wanted.filter(|wanted| !is_there(wanted)) {
        let judges = content.map(|content| content.chain_spec.action);
        let judged = judges.map(|action| verdict_count(family, action, iptables)).transpose()?;
        let judged = judged.map_or(0, |count| count.packets);
        let trusted = found.wanted_trusted(refused);
        lines.extend(chains::chains_from(family, wanted, features, &trusted, judged));
    }
    if attach && !found.input.jumps.are_right() {
        lines.extend(found.input.jumps.attach(&chains::jump(family)));
    }
    Ok(lines)
}
