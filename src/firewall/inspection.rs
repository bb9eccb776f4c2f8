//! What was found in the kernel, and what it means.

use serde::Serialize;

use super::audit;
use super::input::{Input, NOT_HONOURED};
use super::iptables::{Iptables, has_no_ipv6};
use super::layout;
use super::rules::{self, Judgement, Means, Remembering};
use super::sets::SetHeader;
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::KernelSet;
use crate::warning::{Warning, WarningCode};

const NO_SENDERS: &str = "senders are not told apart, for the kernel has no hash:ip sets or no SET target; packets are counted all the same";
const NO_LIMIT: &str = "the kernel has no limit match: in a flood each packet is looked at for its sender";
const NO_WHOLE: &str =
    "the kernel has no bitmap:ip sets: packets are told by the other sets alone, which takes longer";

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

/// What our chains do.
pub(super) struct Made<'a> {
    pub(super) judgement: Judgement,
    pub(super) means: Means,
    /// The rules that let somebody through before the verdict.
    pub(super) trusted: &'a [String],
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
        self.made().map(|made| made.judgement)
    }

    /// As [`Self::judgement`], with how the chains do it.
    pub(super) fn made(&self) -> Option<Made<'_>> {
        let verdicts = self.chains.last()?.as_deref()?;
        let ways = Judgement::all().flat_map(|judgement| Means::all().map(move |means| (judgement, means)));
        ways.into_iter().find_map(|(judgement, means)| {
            let without = rules::chains(self.family, judgement, means, &[]);
            let first = usize::from(judgement.asks_for_passes);
            let number = verdicts.len().checked_sub(without.last()?.len())?;
            let trusted = verdicts.get(first..first + number)?;
            let let_through =
                |rule: &String| rule.ends_with(" -j RETURN") && *rule != rules::passes(self.family);
            let expected = rules::chains(self.family, judgement, means, trusted);
            let holds = self.chains.iter().map(Option::as_ref).eq(expected.iter().map(Some));
            (holds && trusted.iter().all(let_through)).then_some(Made { judgement, means, trusted })
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
        let made = self.made().filter(|made| made.judgement == judgement);
        made.is_some_and(|made| made.trusted == self.wanted_trusted(&self.refused()))
    }

    /// What is wrong with the rules of this family, where these sets are there.
    fn problems(&self, judgement: Judgement, sets: &FoundSets) -> Vec<Error> {
        let mut problems = self.chain_problems(judgement, sets);
        let fault = self.input.jumps.fault(rules::chain_name(self.family));
        problems.extend(fault.map(|message| Error::new(Code::FirewallNotAttached, message)));
        problems
    }

    fn chain_problems(&self, judgement: Judgement, sets: &FoundSets) -> Vec<Error> {
        let fits = |means: &Means| sets.suit(self.family, *means);
        if self.judges(judgement) && self.made().is_some_and(|made| fits(&made.means)) {
            return Vec::new();
        }
        let trusted = self.wanted_trusted(&self.refused());
        let chains = |means| rules::chains(self.family, judgement, means, &trusted);
        let verdict = self.chains.last().and_then(Option::as_ref);
        let as_found = Means::all().filter(fits).find(|means| chains(*means).last() == verdict);
        let expected = as_found.or(Means::all().find(fits)).map(chains).unwrap_or_default();
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
    /// True if all of `sets` are there and have this many entries; a shortcut need not be there.
    pub fn hold(
        &self,
        sets: impl IntoIterator<Item = KernelSet>,
        entries: impl Fn(KernelSet) -> u64,
    ) -> bool {
        let holds =
            |set: KernelSet| self.get(set).map_or(set.is_shortcut(), |header| header.entries == entries(set));
        sets.into_iter().all(holds)
    }

    /// True if the headers of these sets tell of this content, as far as it is known and they can.
    pub fn bear(
        &self,
        sets: impl IntoIterator<Item = KernelSet>,
        mark: impl Fn(KernelSet) -> Option<u32>,
    ) -> bool {
        let mut known = sets.into_iter().filter_map(|set| Some((set, mark(set)?)));
        known.all(|(set, mark)| {
            let of = |header: &SetHeader| header.options.ends_with(&format!(" maxelem {mark}"));
            self.get(set).is_some_and(of)
        })
    }

    /// True if the shortcut is not there: the kernel cannot hold it, or whoever loaded it was killed.
    pub fn lack_shortcut(&self) -> bool {
        self.get(KernelSet::WholeV4).is_none()
    }

    /// True if chains that are made by these means use all the sets that are there for it.
    fn suit(&self, family: Family, means: Means) -> bool {
        let holds_whole = family == Family::V6 || self.get(KernelSet::WholeV4).is_some();
        means.use_all(self.named(layout::seen_name(family)).is_some(), holds_whole)
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

    /// True if the chains of every covered family are complete.
    pub fn has_chains(&self) -> bool {
        self.families.iter().all(|inspected| inspected.judgement().is_some())
    }

    /// True if packets of every covered family pass through the complete chain.
    pub fn is_attached(&self) -> bool {
        self.families.iter().all(|inspected| {
            let mut needed = KernelSet::of(inspected.family).filter(|set| !set.is_shortcut());
            let has_sets = needed.all(|set| self.sets.get(set).is_some());
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
                None => (!self.does_without(set)).then(|| audit::missing(name)),
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
        let rules = self
            .families
            .iter()
            .flat_map(move |inspected| inspected.problems(judgement(inspected.family), &self.sets));
        self.seen_problems().chain(rules)
    }

    /// Why the rules of IPv6 cannot be read, although the system has an IPv6 firewall.
    pub fn failed_family(&self) -> Option<Error> {
        self.lost.clone().filter(|lost| !has_no_ipv6(lost))
    }

    /// What keeps a family from being seen: a failure, or that it was covered before, for its sets are there.
    pub fn lost_family(&self) -> Option<Error> {
        if let Some(failed) = self.failed_family() {
            return Some(failed);
        }
        let was_covered = self.sets.get(KernelSet::blocked(Family::V6)).is_some();
        let lost = self.lost.as_ref().filter(|_| was_covered)?;
        let message = format!("IPv6 was filtered and can no longer be: {}", lost.message());
        Some(Error::new(lost.code(), message))
    }

    /// True if the chains are made without a shortcut, as they are where the kernel cannot hold it.
    pub(super) fn does_without(&self, set: KernelSet) -> bool {
        let inspected = self.families.iter().find(|inspected| inspected.family == set.family());
        let made = inspected.and_then(FamilyInspection::made);
        set.is_shortcut() && made.is_some_and(|made| !made.means.asks_whole)
    }

    /// What the filter does without, because the kernel cannot do it.
    fn degraded(&self) -> Vec<Warning> {
        let without_whole = |(family, means): (Family, Means)| family == Family::V4 && !means.asks_whole;
        let lacks = |what: &str, lacks: &dyn Fn((Family, Means)) -> bool| {
            let made = self
                .families
                .iter()
                .filter_map(|inspected| Some((inspected.family, inspected.made()?.means)));
            let families: Vec<String> =
                made.filter(|made| lacks(*made)).map(|made| made.0.to_string()).collect();
            let message = format!("{}: {what}", families.join(", "));
            (!families.is_empty()).then(|| Warning::new(WarningCode::Degraded, message))
        };
        let warnings = [
            lacks(NO_SENDERS, &|(_, means)| means.remembering == Remembering::Never),
            lacks(NO_LIMIT, &|(_, means)| means.remembering == Remembering::Unbounded),
            lacks(NO_WHOLE, &without_whole),
        ];
        warnings.into_iter().flatten().collect()
    }

    /// That senders are not told apart, where that is so.
    pub fn nameless_senders(&self) -> Option<Warning> {
        self.degraded().into_iter().find(|warning| warning.message.ends_with(NO_SENDERS))
    }

    /// What an administrator should know of the rules around ours.
    pub fn warnings(&self) -> Vec<Warning> {
        let of_rules = self.families.iter().flat_map(FamilyInspection::warnings);
        of_rules.chain(self.degraded()).collect()
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
