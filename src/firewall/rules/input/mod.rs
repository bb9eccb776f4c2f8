//! A model of INPUT: which sources its rules accept, where our jump belongs, and which sources our chain must let pass.
//!
//! MikoPBX Core builds INPUT in this order: established connections, drops of scanners and rate limits, trusted subnets
//! and SIP provider hosts, loopback, custom rules, *modules*, catch-all accepts, final drop. But other programs add
//! their own rules anywhere.

mod block;
mod certainty;
mod conditions;
mod listing;
mod matches;
mod passage;
mod place;
mod rule;
mod walk;

pub(in crate::firewall) use certainty::System;
pub(in crate::firewall) use listing::Listing;
pub use passage::{Decider, Outcome, Passage};
pub(in crate::firewall) use place::Jumps;

use conditions::Openness;
use rule::Rule;
use walk::{AcceptPath, AcceptPaths, Table};

/// The chain of packets to this machine.
const INPUT: &str = "INPUT";
/// The rule for the renewal of certificates, which a module of MikoPBX puts before all other rules for some minutes.
const FOR_CERTIFICATES: &str = "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT";
/// The most trusted sources that our chain lets pass. Each packet that would be dropped is compared with all of them.
const RETURNS: usize = 256;
/// The most rules that are listed individually in warnings.
const NAMED: usize = 16;
/// The consequence for a trusted source that our chain cannot let pass.
pub(in crate::firewall) const NOT_HONOURED: &str = "the sources that it names are filtered like all others";

/// INPUT as far as it matters for the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::firewall) struct Input {
    pub(in crate::firewall) jumps: Jumps,
    /// The conditions under which our chain lets a packet pass, because a rule after the jump trusts its source.
    pub(in crate::firewall) returns: Vec<String>,
    /// True if the rule for the renewal of certificates is the first rule.
    pub(in crate::firewall) is_open_for_certificates: bool,
    /// Warnings about rules after the jump that trust a source which our chain cannot let pass.
    pub(in crate::firewall) not_honoured: Vec<String>,
    /// Warnings about rules for which it is unknown which sources they accept.
    pub(in crate::firewall) not_understood: Vec<String>,
    table: Table,
}

impl Input {
    /// Parses a filter table. `jump` is our rule, without `-A INPUT`.
    pub(in crate::firewall) fn read(listing: &Listing, jump: &str) -> Self {
        let jump = format!("-A {INPUT} {jump}");
        let rules = listing.chain(INPUT).unwrap_or_default();
        let is_open_for_certificates = rules.first().is_some_and(|rule| rule == FOR_CERTIFICATES);
        let table = Table::of(listing, &jump);
        let AcceptPaths { paths, end } = table.paths();
        let is_open = |path: &&AcceptPath| {
            path.openness == Openness::Open && !(is_open_for_certificates && path.begin == 0)
        };
        let open = paths.iter().find(is_open).map(|path| path.begin);
        let place = open.unwrap_or(end);
        let jumps = rules.iter().enumerate().filter(|(_, rule)| **rule == jump).map(|(place, _)| place);
        let jumps = Jumps { found: jumps.collect(), place, open };
        let (returns, not_honoured) = returns(&paths, &jumps, table.marks_packets());
        let not_understood = not_understood(&paths, &jumps, listing);
        Self { jumps, returns, is_open_for_certificates, not_honoured, not_understood, table }
    }
}

impl Table {
    fn of(listing: &Listing, jump: &str) -> Self {
        let read = |rules: &[String]| {
            let is_chain = |name: &str| listing.chain(name).is_some();
            let others = rules.iter().filter(|rule| *rule != jump);
            others.map(|rule| Rule::read_among(rule, is_chain)).collect()
        };
        let chains = listing.chains().filter(|(name, _)| *name != INPUT);
        Self {
            input: read(listing.chain(INPUT).unwrap_or_default()),
            chains: chains.map(|(name, rules)| (name.to_owned(), read(rules))).collect(),
            accepts_by_policy: listing.accepts_by_policy,
        }
    }
}

/// The conditions under which our chain lets packets pass, in an order that does not depend on the order of INPUT, and
/// the warnings about rules that cannot be honoured. `marks`: a rule sets marks, so a packet may have another mark when
/// it reaches the rule.
fn returns(paths: &[AcceptPath], jumps: &Jumps, marks: bool) -> (Vec<String>, Vec<String>) {
    let behind = paths.iter().filter(|path| path.begin >= jumps.place && path.openness == Openness::Trusting);
    let needed = behind.filter(|path| !path.conditions.are_loopback());
    let is_approximate =
        |path: &&AcceptPath| path.conditions.are_approximate || marks && path.conditions.ask_for_marks();
    let (approximate, exact): (Vec<&AcceptPath>, Vec<&AcceptPath>) = needed.partition(is_approximate);
    let mut returns: Vec<(String, &AcceptPath)> =
        exact.into_iter().map(|path| (path.conditions.clone().without_effects().to_string(), path)).collect();
    returns.sort_by(|one, other| one.0.cmp(&other.0));
    returns.dedup_by(|one, other| one.0 == other.0);
    let beyond = returns.split_off(returns.len().min(RETURNS));
    let not_honoured = approximate.into_iter().chain(beyond.into_iter().map(|(_, path)| path));
    let say = |path: &AcceptPath| format!("{}: {NOT_HONOURED}", jumps.describe(path));
    (returns.into_iter().map(|(conditions, _)| conditions).collect(), some(not_honoured.map(say)))
}

/// The warnings about rules for which it is unknown which sources they accept.
fn not_understood(paths: &[AcceptPath], jumps: &Jumps, listing: &Listing) -> Vec<String> {
    let unclear = paths.iter().filter(|path| path.openness == Openness::Unclear);
    let say = |path: &AcceptPath| {
        let means =
            if path.begin < jumps.place { "are not filtered" } else { "are filtered like all others" };
        format!("{}: it is unknown which sources it accepts; these connections {means}", jumps.describe(path))
    };
    let truncated = paths.iter().filter(|path| path.is_truncated && path.openness == Openness::Open);
    let truncated = truncated.map(|path| {
        let means =
            "it leads to more rules than can be checked, so the sources they trust are filtered like all others";
        format!("{}: {means}", jumps.describe(path))
    });
    let unparsed =
        listing.unparsed.iter().map(|line| format!("the line \"{line}\" of the rules cannot be parsed"));
    some(unclear.map(say).chain(truncated).chain(unparsed))
}

/// Removes duplicates and limits the number of sentences.
fn some(sentences: impl Iterator<Item = String>) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    let mut others = 0;
    for sentence in sentences {
        if listed.len() == NAMED {
            others += 1;
        } else if !listed.contains(&sentence) {
            listed.push(sentence);
        }
    }
    listed.extend((others > 0).then(|| format!("{others} more rules of this kind")));
    listed
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;
