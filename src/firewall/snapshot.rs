//! A snapshot of the kernel's sets and rules, and how it differs from what should be there.

use serde::Serialize;

use super::rules::FamilyRules;
use super::rules::chains::{ChainFeatures, ChainSpec, SenderSampling};
use super::rules::iptables::has_no_ipv6;
use super::sets::{ListedSets, missing, set_name};
use crate::error::{Code, Error};
use crate::net::Family;
use crate::plan::SetId;
use crate::warning::{Warning, WarningCode};

const NO_SENDERS: &str = "senders are not recorded, because the kernel has no hash:ip sets or no SET target; packets are still counted";
const NO_LIMIT: &str =
    "the kernel has no limit match, so in a flood every packet is recorded, which takes longer";
const NO_BITMAP: &str =
    "the kernel has no bitmap:ip sets, so every packet is looked up in the other sets, which takes longer";

/// The relevant content of the kernel.
#[derive(Debug, Clone)]
pub struct KernelSnapshot {
    pub(super) sets: ListedSets,
    pub(super) families: Vec<FamilyRules>,
    /// Why IPv6 is not covered, if it is not.
    pub(super) lost: Option<Error>,
}

/// The sets of one family together, for replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetData {
    /// The name of the set `blocked`, which stands for all of them.
    pub name: String,
    /// The family.
    pub family: Family,
    /// Number of entries of all sets except the bitmap.
    pub entries: u64,
    /// Kernel memory in bytes, including the bitmap.
    pub memory_bytes: u64,
}

impl KernelSnapshot {
    /// Our sets of the covered families, for a reply.
    pub fn sets(&self) -> Vec<SetData> {
        let covered = self.families.iter().map(|rules_of_family| rules_of_family.family);
        covered
            .filter_map(|family| {
                self.sets.get(SetId::blocked(family)).map(|header| SetData {
                    name: header.name.clone(),
                    family,
                    entries: SetId::count_entries(family, |set| {
                        self.sets.get(set).map_or(0, |header| header.entries)
                    }),
                    memory_bytes: (SetId::of(family).filter_map(|set| self.sets.get(set)))
                        .map(|header| header.memory_bytes)
                        .sum(),
                })
            })
            .collect()
    }

    /// True if the chains of every covered family are complete.
    pub fn has_chains(&self) -> bool {
        self.families.iter().all(|rules_of_family| rules_of_family.chain_spec().is_some())
    }

    /// True if new connections of every covered family go through a complete chain.
    pub fn is_attached(&self) -> bool {
        self.families.iter().all(|rules_of_family| self.leads_through(rules_of_family))
    }

    /// True if new connections of this family go through a complete chain.
    pub fn is_attached_in(&self, family: Family) -> bool {
        let mut rules = self.families.iter().filter(|rules_of_family| rules_of_family.family == family);
        rules.any(|rules_of_family| self.leads_through(rules_of_family))
    }

    fn leads_through(&self, rules_of_family: &FamilyRules) -> bool {
        let mut needed = SetId::of(rules_of_family.family).filter(|set| !set.is_shortcut());
        let has_sets = needed.all(|set| self.sets.get(set).is_some());
        let matches =
            rules_of_family.chain_spec().is_some_and(|chain_spec| rules_of_family.matches(chain_spec));
        matches && rules_of_family.input.jumps.are_right() && has_sets
    }

    /// What a family's chains do now. `None` unless they are complete.
    pub fn chain_spec(&self, family: Family) -> Option<ChainSpec> {
        self.families.iter().find(|rules_of_family| rules_of_family.family == family)?.chain_spec()
    }

    /// True if the chains of every covered family are complete and do this.
    pub fn matches_specs(&self, chain_spec: impl Fn(Family) -> ChainSpec) -> bool {
        self.families
            .iter()
            .all(|rules_of_family| rules_of_family.matches(chain_spec(rules_of_family.family)))
    }

    /// The covered families in which a set is missing or has another number of entries.
    pub fn incomplete(&self, entries: impl Fn(SetId) -> u64) -> Vec<Family> {
        let covered = self.families.iter().map(|rules_of_family| rules_of_family.family);
        covered.filter(|family| !self.sets.hold(SetId::of(*family), &entries)).collect()
    }

    /// True if all sets of the covered families have these numbers of entries.
    pub fn holds(&self, entries: impl Fn(SetId) -> u64) -> bool {
        self.incomplete(entries).is_empty()
    }

    /// The reasons why a policy with these chains and numbers of entries is not in force.
    pub fn problems(
        &self,
        chain_spec: impl Fn(Family) -> ChainSpec,
        entries: impl Fn(SetId) -> u64,
    ) -> Vec<Error> {
        let sets = self.families.iter().flat_map(|rules_of_family| SetId::of(rules_of_family.family));
        let problem = |set| {
            let name = set_name(set);
            match self.sets.get(set).map(|header| header.entries) {
                None => (!self.does_without(set)).then(|| missing(name)),
                Some(found) if found == entries(set) => None,
                Some(found) => {
                    let message = format!("{name} has {found} entries instead of {}", entries(set));
                    Some(Error::new(Code::FirewallSetsDrifted, message))
                }
            }
        };
        sets.filter_map(problem).chain(self.rule_problems(chain_spec)).collect()
    }

    /// The problems of chains, jumps and sender sets.
    pub fn rule_problems(&self, chain_spec: impl Fn(Family) -> ChainSpec) -> impl Iterator<Item = Error> {
        let rules = self.families.iter().flat_map(move |rules_of_family| {
            rules_of_family.problems(chain_spec(rules_of_family.family), &self.sets)
        });
        self.sender_set_problems().chain(rules)
    }

    /// Why the IPv6 rules cannot be read, if the system has an IPv6 firewall.
    pub fn failed_family(&self) -> Option<Error> {
        self.lost.clone().filter(|lost| !has_no_ipv6(lost))
    }

    /// Why IPv6 is not covered, if that is an error or if IPv6 was covered before, as its sets show.
    pub fn lost_family(&self) -> Option<Error> {
        if let Some(failed) = self.failed_family() {
            return Some(failed);
        }
        let was_covered = self.sets.get(SetId::blocked(Family::V6)).is_some();
        let lost = self.lost.as_ref().filter(|_| was_covered)?;
        let message = format!("IPv6 was filtered before and cannot be any more: {}", lost.message());
        Some(Error::new(lost.code(), message))
    }

    /// True if the chains do without a shortcut set, because the kernel does not support it.
    pub(super) fn does_without(&self, set: SetId) -> bool {
        let rules_of_family =
            self.families.iter().find(|rules_of_family| rules_of_family.family == set.family);
        let content = rules_of_family.and_then(FamilyRules::content);
        set.is_shortcut() && content.is_some_and(|content| !content.features.checks_slash16)
    }

    /// Warnings about features that the kernel lacks.
    fn degraded(&self) -> Vec<Warning> {
        let without_bitmap =
            |(family, features): (Family, ChainFeatures)| family == Family::V4 && !features.checks_slash16;
        let lacks = |what: &str, lacks: &dyn Fn((Family, ChainFeatures)) -> bool| {
            let content = self.families.iter().filter_map(|rules_of_family| {
                Some((rules_of_family.family, rules_of_family.content()?.features))
            });
            let families: Vec<String> =
                content.filter(|content| lacks(*content)).map(|content| content.0.to_string()).collect();
            let message = format!("{}: {what}", families.join(", "));
            (!families.is_empty()).then(|| Warning::new(WarningCode::Degraded, message))
        };
        let warnings = [
            lacks(NO_SENDERS, &|(_, features)| features.sampling == SenderSampling::Off),
            lacks(NO_LIMIT, &|(_, features)| features.sampling == SenderSampling::Unlimited),
            lacks(NO_BITMAP, &without_bitmap),
        ];
        warnings.into_iter().flatten().collect()
    }

    /// The warning that senders are not recorded, if that is so.
    pub fn sampling_warning(&self) -> Option<Warning> {
        self.degraded().into_iter().find(|warning| warning.message.ends_with(NO_SENDERS))
    }

    /// Warnings about the rules around ours, and about features that the kernel lacks.
    pub fn warnings(&self) -> Vec<Warning> {
        let of_rules = self.families.iter().flat_map(FamilyRules::warnings);
        of_rules.chain(self.degraded()).collect()
    }

    /// True if the port for the renewal of certificates is open to everybody.
    pub fn is_open_for_certificates(&self) -> bool {
        self.families.iter().any(|rules_of_family| rules_of_family.input.is_open_for_certificates)
    }
}
