//! The rules of a family as found in the kernel, and their interpretation.

use super::backend::RuleBackend;
use super::chains::{self, ChainFeatures, ChainSpec};
use super::input::{Input, NOT_HONOURED};
use crate::error::{Code, Error, Result};
use crate::firewall::sets::{ListedSets, Purpose};
use crate::net::Family;
use crate::plan::{Action, SetId};
use crate::warning::{Warning, WarningCode};

/// The rules of a family.
#[derive(Debug, Clone)]
pub(in crate::firewall) struct FamilyRules {
    pub(in crate::firewall) family: Family,
    /// The rules of our chains in the order of [`chains::chain_names`]. `None` for a missing chain.
    pub(in crate::firewall) chains: Vec<Option<Vec<String>>>,
    pub(in crate::firewall) input: Input,
    /// Existing chains of earlier versions.
    pub(in crate::firewall) former: Vec<&'static str>,
}

/// The interpretation of our chains.
pub(in crate::firewall) struct ChainContent<'a> {
    pub(in crate::firewall) chain_spec: ChainSpec,
    pub(in crate::firewall) features: ChainFeatures,
    /// The rules that let trusted sources pass before the verdict.
    pub(in crate::firewall) trusted: &'a [String],
}

impl FamilyRules {
    /// Reads the rules of a family.
    pub(in crate::firewall) fn read(family: Family, iptables: &dyn RuleBackend) -> Result<Self> {
        let listing = iptables.rules()?;
        let chains = chains::chain_names(family).into_iter();
        let chains = chains.map(|chain| listing.chain(chain).map(<[String]>::to_vec)).collect();
        let former = chains::former_chain_names(family).iter().copied();
        let former = former.filter(|chain| listing.chain(chain).is_some()).collect();
        Ok(Self { family, chains, input: Input::read(&listing, &chains::jump(family)), former })
    }

    /// What our chains do. `None` unless they contain exactly our rules; rules for trusted sources may differ.
    pub(in crate::firewall) fn chain_spec(&self) -> Option<ChainSpec> {
        self.content().map(|content| content.chain_spec)
    }

    /// As [`Self::chain_spec`], with the features of the chains.
    pub(in crate::firewall) fn content(&self) -> Option<ChainContent<'_>> {
        let verdicts = self.chains.last()?.as_deref()?;
        let admin = self.chains.first()?.as_deref().and_then(chains::admin_ports);
        let keeps_phones = chains::ask_for_phones(self.family, verdicts);
        // No rule for a trusted source may look like one of these.
        let all = ChainSpec { action: Action::Drop, checks_exempt: true, keeps_phones: true, admin };
        let all = chains::exempt(self.family, all);
        let variants = ChainSpec::all(keeps_phones, admin)
            .flat_map(|chain_spec| ChainFeatures::all().map(move |features| (chain_spec, features)));
        variants.into_iter().find_map(|(chain_spec, features)| {
            let without = chains::chains(self.family, chain_spec, features, &[]);
            let first = chains::exempt(self.family, chain_spec).len();
            let number = verdicts.len().checked_sub(without.last()?.len())?;
            let trusted = verdicts.get(first..first + number)?;
            let let_through = |rule: &String| rule.ends_with(" -j RETURN") && !all.contains(rule);
            let expected = chains::chains(self.family, chain_spec, features, trusted);
            let holds = self.chains.iter().map(Option::as_ref).eq(expected.iter().map(Some));
            (holds && trusted.iter().all(let_through)).then_some(ChainContent {
                chain_spec,
                features,
                trusted,
            })
        })
    }

    /// True if our chains are complete and ask for no phones.
    pub(in crate::firewall) fn keeps_no_phones(&self) -> bool {
        self.chain_spec().is_some_and(|chain_spec| !chain_spec.keeps_phones)
    }

    /// The conditions of trusted sources for which the kernel refused a rule in our chain.
    pub(in crate::firewall) fn refused(&self) -> Vec<String> {
        let verdicts = self.chains.last().and_then(Option::as_deref).unwrap_or_default();
        let is_refused = |conditions: &&String| verdicts.contains(&chains::refused(self.family, conditions));
        self.input.returns.iter().filter(is_refused).cloned().collect()
    }

    /// The conditions of trusted sources that our chain lets pass.
    pub(in crate::firewall) fn honoured(&self) -> Vec<String> {
        let refused = self.refused();
        self.input.returns.iter().filter(|conditions| !refused.contains(conditions)).cloned().collect()
    }

    /// True if this error may mean that the kernel refuses a rule for a trusted source.
    pub(in crate::firewall) fn may_be_refused(&self, error: &Error) -> bool {
        let is_refusal = matches!(error.code(), Code::FirewallCommand | Code::FirewallUnsupported);
        is_refusal && !self.input.returns.is_empty()
    }

    /// The rules for trusted sources that our chain should have.
    pub(in crate::firewall) fn wanted_trusted(&self, refused: &[String]) -> Vec<String> {
        let rule = |conditions: &String| {
            let rule = if refused.contains(conditions) { chains::refused } else { chains::trusted };
            rule(self.family, conditions)
        };
        self.input.returns.iter().map(rule).collect()
    }

    /// True if our chains are complete, do this, and let all trusted sources pass.
    pub(in crate::firewall) fn matches(&self, chain_spec: ChainSpec) -> bool {
        let content = self.content().filter(|content| content.chain_spec == chain_spec);
        content.is_some_and(|content| content.trusted == self.wanted_trusted(&self.refused()))
    }

    /// The problems of this family's rules, given the existing sets.
    pub(in crate::firewall) fn problems(&self, chain_spec: ChainSpec, sets: &ListedSets) -> Vec<Error> {
        let mut problems = self.chain_problems(chain_spec, sets);
        let fault = self.input.jumps.fault(chains::chain_name(self.family));
        problems.extend(fault.map(|message| Error::new(Code::FirewallNotAttached, message)));
        problems
    }

    fn chain_problems(&self, chain_spec: ChainSpec, sets: &ListedSets) -> Vec<Error> {
        let fits = |features: &ChainFeatures| {
            features.use_all(
                sets.named(Purpose::Senders(self.family).name()).is_some(),
                self.family == Family::V6 || sets.get(SetId::SLASH16).is_some(),
            )
        };
        if self.matches(chain_spec) && self.content().is_some_and(|content| fits(&content.features)) {
            return Vec::new();
        }
        let trusted = self.wanted_trusted(&self.refused());
        let chains = |features| chains::chains(self.family, chain_spec, features, &trusted);
        let verdict = self.chains.last().and_then(Option::as_ref);
        let as_found = ChainFeatures::all().filter(fits).find(|features| chains(*features).last() == verdict);
        let expected = as_found.or(ChainFeatures::all().find(fits)).map(chains).unwrap_or_default();
        let differs = |(chain, (expected, found)): (&str, (Vec<String>, &Option<Vec<String>>))| {
            let message = match found {
                None => format!("the chain {chain} is missing"),
                Some(found) if *found == expected => return None,
                Some(found) => format!("the chain {chain} {}", rule_difference(&expected, found)),
            };
            Some(Error::new(Code::FirewallChainDrifted, message))
        };
        chains::chain_names(self.family)
            .into_iter()
            .zip(expected.into_iter().zip(&self.chains))
            .filter_map(differs)
            .collect()
    }
}

/// The difference between the expected and the existing rules of a chain, in words.
fn rule_difference(expected: &[String], found: &[String]) -> String {
    let without = |rules: &[String], others: &[String]| -> Vec<String> {
        let rules = rules.iter().filter(|rule| !others.contains(rule));
        // Every rule starts with `-A` and the name of the chain.
        rules.map(|rule| rule.splitn(3, ' ').last().unwrap_or_default().to_owned()).collect()
    };
    let (missing, foreign) = (without(expected, found), without(found, expected));
    let mut words = Vec::new();
    if !missing.is_empty() {
        words.push(format!("lacks the rule \"{}\"", missing.join("\", \"")));
    }
    if !foreign.is_empty() {
        words.push(format!("has the foreign rule \"{}\"", foreign.join("\", \"")));
    }
    if words.is_empty() {
        words.push("has its rules in another order, or one of them twice".to_owned());
    }
    words.join(" and ")
}

impl FamilyRules {
    /// Warnings about the rules around ours.
    pub(in crate::firewall) fn warnings(&self) -> Vec<Warning> {
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
