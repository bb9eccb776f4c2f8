//! What was found in the kernel, and what it means.

use serde::Serialize;

use super::audit;
use super::input::{Input, NOT_HONOURED};
use super::iptables::Iptables;
use super::layout;
use super::rules::{self, Judgement, Remembering};
use super::sets::SetHeader;
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::KernelSet;
use crate::warning::{Warning, WarningCode};

/// What was found in the kernel.
#[derive(Debug, Clone)]
pub struct Inspection {
    pub(super) sets: FoundSets,
    pub(super) families: Vec<FamilyInspection>,
    /// Why IPv6 is not covered, where it is not.
    pub(super) lost: Option<Error>,
}

/// The sets that were found in the kernel.
#[derive(Debug, Clone)]
pub struct FoundSets(pub(super) Vec<SetHeader>);

/// The sets of a family together, as replies tell of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetData {
    /// The name of the one that decides wherever no block is divided.
    pub name: String,
    /// Their family.
    pub family: Family,
    /// Number of entries, without what the bitmap holds.
    pub entries: u64,
    /// Kernel memory in bytes, that of the bitmap included.
    pub memory_bytes: u64,
}

/// The rules of a family.
#[derive(Debug, Clone)]
pub(super) struct FamilyInspection {
    pub(super) family: Family,
    /// The rules of our chains in order, as [`rules::chains`] has them; none for a chain that is not there.
    pub(super) chains: Vec<Option<Vec<String>>>,
    pub(super) input: Input,
}

impl FamilyInspection {
    /// Reads the rules of a family.
    pub(super) fn read(family: Family, iptables: &Iptables) -> Result<Self> {
        let listing = iptables.rules()?;
        let chains = rules::chain_names(family).into_iter();
        let chains = chains.map(|chain| listing.chain(chain).map(<[String]>::to_vec)).collect();
        Ok(Self { family, chains, input: Input::read(&listing, &rules::jump(family)) })
    }

    /// What becomes of packets that the tables are against; none unless the chains hold our rules and no others, but for
    /// rules that let somebody through before the verdict.
    pub(super) fn judgement(&self) -> Option<Judgement> {
        Judgement::all().find(|judgement| self.trusted(*judgement).is_some())
    }

    /// The rules that let somebody through before the verdict, in chains that judge like this.
    fn trusted(&self, judgement: Judgement) -> Option<&[String]> {
        let verdicts = self.chains.last()?.as_deref()?;
        Remembering::ALL.iter().find_map(|how| {
            let without = rules::chains(self.family, judgement, *how, &[]);
            let first = usize::from(judgement.asks_for_passes);
            let number = verdicts.len().checked_sub(without.last()?.len())?;
            let trusted = verdicts.get(first..first + number)?;
            let let_through =
                |rule: &String| rule.ends_with(" -j RETURN") && *rule != rules::passes(self.family);
            let expected = rules::chains(self.family, judgement, *how, trusted);
            let holds = self.chains.iter().map(Option::as_ref).eq(expected.iter().map(Some));
            (holds && trusted.iter().all(let_through)).then_some(trusted)
        })
    }

    /// The conditions under which INPUT trusts somebody behind the jump, and the kernel refused to say so in our chain.
    pub(super) fn refused(&self) -> Vec<String> {
        let verdicts = self.chains.last().and_then(Option::as_deref).unwrap_or_default();
        let is_refused = |conditions: &&String| verdicts.contains(&rules::refused(self.family, conditions));
        self.input.returns.iter().filter(is_refused).cloned().collect()
    }

    /// The conditions under which our chain lets somebody through whom INPUT trusts behind the jump.
    pub(super) fn honoured(&self) -> Vec<String> {
        let refused = self.refused();
        self.input.returns.iter().filter(|conditions| !refused.contains(conditions)).cloned().collect()
    }

    /// True if this may be the kernel's refusal of a rule that lets somebody through.
    pub(super) fn may_be_refused(&self, error: &Error) -> bool {
        let is_refusal = matches!(error.code(), Code::FirewallCommand | Code::FirewallUnsupported);
        is_refusal && !self.input.returns.is_empty()
    }

    /// The rules that should let somebody through before the verdict.
    pub(super) fn wanted_trusted(&self, refused: &[String]) -> Vec<String> {
        let rule = |conditions: &String| {
            let rule = if refused.contains(conditions) { rules::refused } else { rules::trusted };
            rule(self.family, conditions)
        };
        self.input.returns.iter().map(rule).collect()
    }

    /// True if our chains are whole, judge like this, and let through whom they should.
    pub(super) fn judges(&self, judgement: Judgement) -> bool {
        self.trusted(judgement).is_some_and(|trusted| trusted == self.wanted_trusted(&self.refused()))
    }

    /// What is wrong with the rules of this family.
    fn problems(&self, judgement: Judgement) -> Vec<Error> {
        let mut problems = self.chain_problems(judgement);
        let fault = self.input.jumps.fault(rules::chain_name(self.family));
        problems.extend(fault.map(|message| Error::new(Code::FirewallNotAttached, message)));
        problems
    }

    fn chain_problems(&self, judgement: Judgement) -> Vec<Error> {
        if self.judges(judgement) {
            return Vec::new();
        }
        let trusted = self.wanted_trusted(&self.refused());
        let chains = |how| rules::chains(self.family, judgement, how, &trusted);
        let verdict = self.chains.last().and_then(Option::as_ref);
        let how = Remembering::ALL.into_iter().find(|how| chains(*how).last() == verdict);
        let expected = chains(how.unwrap_or(Remembering::Bounded));
        let differs = |(chain, (expected, found)): (&str, (Vec<String>, &Option<Vec<String>>))| {
            let message = match found {
                None => format!("the chain {chain} is missing"),
                Some(found) if *found == expected => return None,
                Some(found) => format!("the chain {chain} {}", rule_difference(&expected, found)),
            };
            Some(Error::new(Code::FirewallChainDrifted, message))
        };
        rules::chain_names(self.family)
            .into_iter()
            .zip(expected.into_iter().zip(&self.chains))
            .filter_map(differs)
            .collect()
    }
}

/// How the rules of a chain differ from ours, in words.
fn rule_difference(expected: &[String], found: &[String]) -> String {
    let without = |rules: &[String], others: &[String]| -> Vec<String> {
        let rules = rules.iter().filter(|rule| !others.contains(rule));
        // Every rule begins with the chain's name.
        rules.map(|rule| rule.splitn(3, ' ').last().unwrap_or_default().to_owned()).collect()
    };
    let (missing, foreign) = (without(expected, found), without(found, expected));
    let mut words = Vec::new();
    if !missing.is_empty() {
        words.push(format!("lacks the rule \"{}\"", missing.join("\", \"")));
    }
    if !foreign.is_empty() {
        words.push(format!("holds the foreign rule \"{}\"", foreign.join("\", \"")));
    }
    if words.is_empty() {
        words.push("holds its rules in another order, or one of them twice".to_owned());
    }
    words.join(" and ")
}

impl FoundSets {
    /// True if all of `sets` are there and have this many entries.
    pub fn hold(
        &self,
        sets: impl IntoIterator<Item = KernelSet>,
        entries: impl Fn(KernelSet) -> u64,
    ) -> bool {
        let holds = |set| self.get(set).is_some_and(|header| header.entries == entries(set));
        sets.into_iter().all(holds)
    }

    /// The set of this name.
    pub(super) fn named(&self, name: &str) -> Option<&SetHeader> {
        self.0.iter().find(|header| header.name == name)
    }

    fn get(&self, set: KernelSet) -> Option<&SetHeader> {
        self.named(layout::set_name(set))
    }
}

impl Inspection {
    /// Our sets of the covered families, for a reply.
    pub fn sets(&self) -> Vec<SetData> {
        let covered = self.families.iter().map(|inspected| inspected.family);
        covered
            .filter_map(|family| {
                self.sets.get(KernelSet::blocked(family)).map(|header| SetData {
                    name: header.name.clone(),
                    family,
                    entries: KernelSet::count_entries(family, |set| {
                        self.sets.get(set).map_or(0, |header| header.entries)
                    }),
                    memory_bytes: (KernelSet::of(family).filter_map(|set| self.sets.get(set)))
                        .map(|header| header.memory_bytes)
                        .sum(),
                })
            })
            .collect()
    }

    /// True if packets of every covered family pass through the complete chain.
    pub fn is_attached(&self) -> bool {
        self.families.iter().all(|inspected| {
            let has_sets = KernelSet::of(inspected.family).all(|set| self.sets.get(set).is_some());
            let judges = inspected.judgement().is_some_and(|judgement| inspected.judges(judgement));
            judges && inspected.input.jumps.are_right() && has_sets
        })
    }

    /// What becomes of packets of a family that its tables are against; none unless its chains are complete.
    pub fn judgement(&self, family: Family) -> Option<Judgement> {
        self.families.iter().find(|inspected| inspected.family == family)?.judgement()
    }

    /// True if the chains of every covered family are complete and judge like this.
    pub fn judges_by(&self, judgement: impl Fn(Family) -> Judgement) -> bool {
        self.families.iter().all(|inspected| inspected.judges(judgement(inspected.family)))
    }

    /// The covered families of which a set is missing or has another number of entries.
    pub fn incomplete(&self, entries: impl Fn(KernelSet) -> u64) -> Vec<Family> {
        let covered = self.families.iter().map(|inspected| inspected.family);
        covered.filter(|family| !self.sets.hold(KernelSet::of(*family), &entries)).collect()
    }

    /// True if all sets of the covered families have this many entries.
    pub fn holds(&self, entries: impl Fn(KernelSet) -> u64) -> bool {
        self.incomplete(entries).is_empty()
    }

    /// What keeps a policy with sets of this many entries from being in force.
    pub fn problems(
        &self,
        judgement: impl Fn(Family) -> Judgement,
        entries: impl Fn(KernelSet) -> u64,
    ) -> Vec<Error> {
        let sets = self.families.iter().flat_map(|inspected| KernelSet::of(inspected.family));
        let problem = |set| {
            let name = layout::set_name(set);
            match self.sets.get(set).map(|header| header.entries) {
                None => Some(audit::missing(name)),
                Some(found) if found == entries(set) => None,
                Some(found) => {
                    let message = format!("{name} has {found} entries instead of {}", entries(set));
                    Some(Error::new(Code::FirewallSetsDrifted, message))
                }
            }
        };
        sets.filter_map(problem).chain(self.rule_problems(judgement)).collect()
    }

    /// What is wrong with chains, jumps and the sets of senders that the chains fill.
    pub fn rule_problems(&self, judgement: impl Fn(Family) -> Judgement) -> impl Iterator<Item = Error> {
        let rules =
            self.families.iter().flat_map(move |inspected| inspected.problems(judgement(inspected.family)));
        self.seen_problems().chain(rules)
    }

    /// What keeps a family from being seen that was covered before: its sets are there.
    pub fn lost_family(&self) -> Option<Error> {
        let was_covered = self.sets.get(KernelSet::blocked(Family::V6)).is_some();
        let lost = self.lost.as_ref().filter(|_| was_covered)?;
        let message = format!("IPv6 was filtered and can no longer be: {}", lost.message());
        Some(Error::new(lost.code(), message))
    }

    /// What an administrator should know of the rules around ours.
    pub fn warnings(&self) -> Vec<Warning> {
        self.families.iter().flat_map(FamilyInspection::warnings).collect()
    }

    /// True if anybody is let in to where certificates are renewed.
    pub fn is_open_for_certificates(&self) -> bool {
        self.families.iter().any(|inspected| inspected.input.is_open_for_certificates)
    }
}

impl FamilyInspection {
    fn warnings(&self) -> Vec<Warning> {
        let family = self.family;
        let say = |code, what: &str| Warning::new(code, format!("{family}: {what}"));
        let refused = self.refused().into_iter().map(|conditions| {
            let words = format!("the kernel refuses \"{conditions} -j RETURN\" in our chain: {NOT_HONOURED}");
            say(WarningCode::TrustNotHonoured, &words)
        });
        let not_honoured =
            self.input.not_honoured.iter().map(|what| say(WarningCode::TrustNotHonoured, what));
        let unclear = self.input.not_understood.iter().map(|what| say(WarningCode::RuleNotUnderstood, what));
        refused.chain(not_honoured).chain(unclear).collect()
    }
}
