//! Commits the rules of a family: our chains, the jump at its place, and the trusted sources from INPUT.

use super::backend::RuleBackend;
use super::chains::{self, ChainFeatures, ChainSpec};
use super::family::FamilyRules;
use super::verdicts::verdict_count;
use crate::error::{Code, Error, Result};

/// How often the jump is placed again if other programs change INPUT at the same time.
const ATTEMPTS: u32 = 5;

/// Commits the rules of a family, with the first of the `possible` features that the kernel accepts. Returns these
/// features, whether anything changed, and the rules afterwards.
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
        first_accepted(possible, |features| {
            let lines =
                |found: &FamilyRules| lines_to_commit(found, iptables, wanted, (features, refused), attach);
            iptables.commit_with_retries(lines(found)?, || lines(&read()?))
        })
    };
    // INPUT may have changed again by the time it is read.
    for attempt in 0..ATTEMPTS {
        let features = match commit(&found, &found.refused()) {
            Ok((features, false)) => return Ok((features, attempt > 0, found)),
            Ok((features, true)) => features,
            Err(error) if found.may_be_refused(&error) => break,
            Err(error) => return Err(error),
        };
        found = read()?;
        let matches = wanted.is_none_or(|wanted| found.matches(wanted));
        let is_placed = !attach || found.input.jumps.are_right();
        if matches && (is_placed || attempt + 1 == ATTEMPTS) {
            return Ok((features, true, found));
        }
        if !matches && attempt > 0 {
            break;
        }
    }
    let found = read()?;
    let (features, _) = commit(&found, &refused_by_kernel(&found, iptables)?)?;
    Ok((features, true, read()?))
}

/// Tries the features in order until `commit` succeeds. The kernel refuses unsupported ones, often without a reason.
fn first_accepted(
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
    Err(refused.unwrap_or_else(|| {
        Error::new(Code::FirewallUnsupported, "the kernel supports no variant of the chain")
    }))
}

/// Finds the trusted sources whose rule the kernel refuses. It tries each rule after the end of our chain, where no
/// packet arrives. A rule that is listed differently than it was written also counts as refused: it would look foreign.
fn refused_by_kernel(found: &FamilyRules, iptables: &dyn RuleBackend) -> Result<Vec<String>> {
    let (family, chain) = (found.family, chains::verdict_chain_name(found.family));
    let is_there = iptables.rules()?.chain(chain).is_some();
    let begin = (!is_there).then(|| format!(":{chain} - [0:0]"));
    // If even the placeholder is refused, the problem is not a single rule.
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

/// The lines of `iptables-restore` that bring a family's rules into the wanted state.
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
        let action = content.map(|content| content.chain_spec.action);
        let counted = action.map(|action| verdict_count(family, action, iptables)).transpose()?;
        let packets = counted.map_or(0, |count| count.packets);
        let trusted = found.wanted_trusted(refused);
        lines.extend(chains::chains_from(family, wanted, features, &trusted, packets));
    }
    if attach && !found.input.jumps.are_right() {
        lines.extend(found.input.jumps.attach(&chains::jump(family)));
    }
    Ok(lines)
}
