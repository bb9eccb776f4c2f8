//! INPUT understood: whom its rules accept, where the jump into our chain belongs, and whom our chain must let through.
//!
//! MikoPBX Core builds INPUT in this order: established connections, scanner and rate-limit drops, trusted
//! subnets and SIP provider hosts, loopback, custom rules, *modules*, catch-all accepts, final drop. But any program adds
//! rules of its own, anywhere.

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
use walk::{Table, Way, Ways};

/// The chain of packets to this machine.
const INPUT: &str = "INPUT";
/// What certificates are renewed through: a module of MikoPBX puts it before all other rules for some minutes.
const FOR_CERTIFICATES: &str = "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT";
/// So many sources are let through our chain: each packet that is to be dropped is compared with all of them.
const RETURNS: usize = 256;
/// So many rules are named one by one.
const NAMED: usize = 16;
/// What it means for whom a rule names that our chain cannot let through.
pub(in crate::firewall) const NOT_HONOURED: &str = "whom it names are filtered like everybody";

/// INPUT as the filter sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::firewall) struct Input {
    pub(in crate::firewall) jumps: Jumps,
    /// The conditions under which our chain lets a packet through, for a rule behind the jump that trusts its source.
    pub(in crate::firewall) returns: Vec<String>,
    /// True if the way for certificates is open.
    pub(in crate::firewall) is_open_for_certificates: bool,
    /// What is to be said of rules that trust somebody behind the jump whom our chain cannot let through.
    pub(in crate::firewall) not_honoured: Vec<String>,
    /// What is to be said of rules of which it cannot be told whom they accept.
    pub(in crate::firewall) not_understood: Vec<String>,
    table: Table,
}

impl Input {
    /// Reads a filter table; `jump` is our rule, without `-A INPUT`.
    pub(in crate::firewall) fn read(listing: &Listing, jump: &str) -> Self {
        let jump = format!("-A {INPUT} {jump}");
        let rules = listing.chain(INPUT).unwrap_or_default();
        let is_open_for_certificates = rules.first().is_some_and(|rule| rule == FOR_CERTIFICATES);
        let table = Table::of(listing, &jump);
        let Ways { ways, end } = table.ways();
        let is_open =
            |way: &&Way| way.openness == Openness::Open && !(is_open_for_certificates && way.begin == 0);
        let open = ways.iter().find(is_open).map(|way| way.begin);
        let place = open.unwrap_or(end);
        let jumps = rules.iter().enumerate().filter(|(_, rule)| **rule == jump).map(|(place, _)| place);
        let jumps = Jumps { found: jumps.collect(), place, open };
        let (returns, not_honoured) = returns(&ways, &jumps, table.marks_packets());
        let not_understood = not_understood(&ways, &jumps, listing);
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
            accepts_at_the_end: listing.accepts_at_the_end,
        }
    }
}

/// The conditions under which our chain lets packets through, in an order that does not hang on that of INPUT; and what
/// is to be said of rules that cannot be honoured like this. `marks`: a packet may bear another mark by the time that it
/// comes to the rule.
fn returns(ways: &[Way], jumps: &Jumps, marks: bool) -> (Vec<String>, Vec<String>) {
    let behind = ways.iter().filter(|way| way.begin >= jumps.place && way.openness == Openness::Trusting);
    let needed = behind.filter(|way| !way.conditions.are_loopback());
    let is_rough = |way: &&Way| way.conditions.are_rough || marks && way.conditions.ask_for_marks();
    let (rough, exact): (Vec<&Way>, Vec<&Way>) = needed.partition(is_rough);
    let mut returns: Vec<(String, &Way)> =
        exact.into_iter().map(|way| (way.conditions.clone().without_effects().to_string(), way)).collect();
    returns.sort_by(|one, other| one.0.cmp(&other.0));
    returns.dedup_by(|one, other| one.0 == other.0);
    let beyond = returns.split_off(returns.len().min(RETURNS));
    let not_honoured = rough.into_iter().chain(beyond.into_iter().map(|(_, way)| way));
    let say = |way: &Way| format!("{}: {NOT_HONOURED}", jumps.describe(way));
    (returns.into_iter().map(|(conditions, _)| conditions).collect(), some(not_honoured.map(say)))
}

/// What is to be said of rules that may accept somebody, and nobody can tell whom.
fn not_understood(ways: &[Way], jumps: &Jumps, listing: &Listing) -> Vec<String> {
    let unclear = ways.iter().filter(|way| way.openness == Openness::Unclear);
    let say = |way: &Way| {
        let means = if way.begin < jumps.place { "are not filtered" } else { "are filtered like everybody" };
        format!("{}: it cannot be told whom it accepts; they {means}", jumps.describe(way))
    };
    let lost = ways.iter().filter(|way| way.is_lost && way.openness == Openness::Open);
    let lost = lost.map(|way| {
        let means =
            "it leads to more rules than can be followed; whom they trust are filtered like everybody";
        format!("{}: {means}", jumps.describe(way))
    });
    let strange =
        listing.strange.iter().map(|line| format!("the line \"{line}\" among the rules is not understood"));
    some(unclear.map(say).chain(lost).chain(strange))
}

/// Each sentence once, and not too many.
fn some(sentences: impl Iterator<Item = String>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut others = 0;
    for sentence in sentences {
        if told.len() == NAMED {
            others += 1;
        } else if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told.extend((others > 0).then(|| format!("{others} more of this kind")));
    told
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;
