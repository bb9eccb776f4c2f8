//! What was found in the kernel, and what it means.

use serde::Serialize;

use super::audit;
use super::iptables::Iptables;
use super::layout;
use super::position::Input;
use super::sets::SetHeader;
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::KernelSet;
use crate::warning::{Warning, WarningCode};

/// What was found in the kernel.
#[derive(Debug)]
pub struct Inspection {
    pub(super) sets: FoundSets,
    pub(super) families: Vec<FamilyInspection>,
}

/// The sets that were found in the kernel.
#[derive(Debug, Clone)]
pub struct FoundSets(pub(super) Vec<SetHeader>);

/// The set with the whole decision of a family, as replies tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetData {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Number of entries.
    pub entries: u64,
    /// Kernel memory in bytes, that of the shortcuts before it included.
    pub memory_bytes: u64,
}

/// The rules of a family.
#[derive(Debug)]
pub(super) struct FamilyInspection {
    pub(super) family: Family,
    /// The rules of our chain in order; none if there is no such chain.
    pub(super) chain: Option<Vec<String>>,
    pub(super) input: Input,
}

impl FamilyInspection {
    /// Reads the rules of a family.
    pub(super) fn read(family: Family, iptables: &Iptables) -> Result<Self> {
        let listing = iptables.rules()?;
        let chain = layout::chain_name(family);
        let of_chain = format!("-A {chain} ");
        let rules = || listing.iter().filter(|line| line.starts_with(&of_chain)).cloned().collect();
        Ok(Self {
            family,
            chain: listing.contains(&format!("-N {chain}")).then(rules),
            input: Input::read(&listing, &layout::jump(family)),
        })
    }

    /// True if the chain holds our rules and no others.
    pub(super) fn has_chain_rules(&self) -> bool {
        self.chain.as_ref().is_some_and(|rules| *rules == layout::chain_rules(self.family))
    }

    /// What `iptables-restore` has to be told for the chain to be in place, and with `attach` the jump too.
    pub(super) fn missing_lines(&self, attach: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.has_chain_rules() {
            lines.push(format!(":{} - [0:0]", layout::chain_name(self.family)));
            lines.extend(layout::chain_rules(self.family));
        }
        if attach && !self.input.is_attached() {
            lines.extend(self.input.attach(&layout::jump(self.family)));
        }
        lines
    }

    /// What is wrong with the rules of this family.
    fn problems(&self) -> Vec<Error> {
        let chain = layout::chain_name(self.family);
        let drifted = match &self.chain {
            None => Some(format!("the chain {chain} is missing")),
            Some(_) if self.has_chain_rules() => None,
            Some(found) => Some(format!("the chain {chain} {}", rule_difference(self.family, found))),
        };
        let problems = [
            drifted.map(|message| Error::new(Code::FirewallChainDrifted, message)),
            self.input.fault(chain).map(|message| Error::new(Code::FirewallNotAttached, message)),
        ];
        problems.into_iter().flatten().collect()
    }
}

/// How the rules of a chain differ from ours, in words.
fn rule_difference(family: Family, found: &[String]) -> String {
    let expected = layout::chain_rules(family);
    let without = |rules: &[String], others: &[String]| -> Vec<String> {
        let rules = rules.iter().filter(|rule| !others.contains(rule));
        // Every rule begins with the chain's name.
        rules.map(|rule| rule.splitn(3, ' ').last().unwrap_or_default().to_owned()).collect()
    };
    let (missing, foreign) = (without(&expected, found), without(found, &expected));
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
                self.sets.get(KernelSet::deciding(family)).map(|header| SetData {
                    name: header.name.clone(),
                    family,
                    entries: header.entries,
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
            inspected.has_chain_rules() && inspected.input.is_attached() && has_sets
        })
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
    pub fn problems(&self, entries: impl Fn(KernelSet) -> u64) -> Vec<Error> {
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
        sets.filter_map(problem).chain(self.rule_problems()).collect()
    }

    /// What is wrong with chains and jumps.
    pub fn rule_problems(&self) -> impl Iterator<Item = Error> {
        self.families.iter().flat_map(FamilyInspection::problems)
    }

    /// What an administrator should know of the rules around ours.
    pub fn warnings(&self) -> Vec<Warning> {
        let open = self.families.iter().filter(|inspected| inspected.input.accepts_before());
        open.map(|inspected| {
            let message =
                format!("an {} rule in INPUT accepts everybody before the filter", inspected.family);
            Warning::new(WarningCode::AcceptedBefore, message)
        })
        .collect()
    }
}
