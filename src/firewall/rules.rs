//! Our chains and the rule in INPUT that leads into them, word for word.

use super::layout::{passes_name, seen_name, set_name};
use crate::net::Family;
use crate::plan::{Action, KernelSet};

/// The chains of a family: the one that INPUT jumps to, and that of the packets that the tables are against.
pub(super) fn chain_names(family: Family) -> [&'static str; 2] {
    match family {
        Family::V4 => ["GEOIP_CHECK", "GEOIP_VERDICT"],
        Family::V6 => ["GEOIP_CHECK_V6", "GEOIP_VERDICT_V6"],
    }
}

/// The chain that INPUT jumps to.
pub(super) fn chain_name(family: Family) -> &'static str {
    let [check, _] = chain_names(family);
    check
}

/// What becomes of the packets of a family that the tables are against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What becomes of them in the end.
    pub action: Action,
    /// True if somebody may have a pass. Nobody is asked for one in vain: even an empty set costs a packet a tenth of
    /// a microsecond.
    pub asks_for_passes: bool,
}

impl Judgement {
    /// All there are.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Action::ALL
            .into_iter()
            .flat_map(|action| [false, true].map(|asks_for_passes| Self { action, asks_for_passes }))
    }

    /// What lets in whomever either of the two lets in.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let counts = [self.action, other.action].contains(&Action::Count);
        Self {
            action: if counts { Action::Count } else { Action::Drop },
            asks_for_passes: self.asks_for_passes || other.asks_for_passes,
        }
    }
}

/// How many packets of whom the policy is against are looked at for their sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remembering {
    /// Up to 10,000 a second: in a flood, to look at each costs more than the verdict itself.
    Bounded,
    /// All of them, where the kernel cannot limit them.
    Unbounded,
}

impl Remembering {
    /// Both, the one that is preferred first.
    pub(super) const ALL: [Self; 2] = [Self::Bounded, Self::Unbounded];
}

/// The rules of both chains, word for word as `iptables -S` lists them.
///
/// Replies and related errors return first: a connection that the PBX opened itself is never cut. Who comes from a block
/// that is dropped whole goes to the other chain. Of the rest returns whoever is not to be dropped: outside the blocks in
/// which addresses are, and within divided ones whoever is not in their parts. What is left goes there too, save IPv6
/// neighbour discovery (RFC 4861, types 133 to 137), for a neighbour may have any address. In the other chain returns who
/// has a pass; the rest is counted by its sender and comes to the verdict.
pub(super) fn chains(family: Family, judgement: Judgement, remembering: Remembering) -> [Vec<String>; 2] {
    let [check, verdict] = chain_names(family);
    let inside = |name| format!("-m set --match-set {name} src");
    let outside = |name| format!("-m set ! --match-set {name} src");
    let to_verdict = |matches: &str| format!("-A {check} {matches}-g {verdict}");
    let mut rules = vec![format!("-A {check} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    let [blocked, divided, parts] =
        [KernelSet::blocked(family), KernelSet::divided(family), KernelSet::parts(family)].map(set_name);
    if family == Family::V4 {
        rules.push(to_verdict(&format!("{} ", inside(set_name(KernelSet::WholeV4)))));
    }
    rules.push(format!("-A {check} {} -j RETURN", outside(blocked)));
    rules.push(format!("-A {check} {} {} -j RETURN", inside(divided), outside(parts)));
    if family == Family::V6 {
        // To find the protocol of an IPv6 packet takes a walk through its headers: one for most.
        rules.push(to_verdict("! -p ipv6-icmp "));
        rules.extend(
            (133..=137)
                .map(|kind| format!("-A {check} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN")),
        );
    }
    rules.push(to_verdict(""));
    let pass = format!("-A {verdict} {} -j RETURN", inside(passes_name(family)));
    let seen = seen_name(family);
    let bound = match remembering {
        Remembering::Bounded => "-m limit --limit 10000/sec --limit-burst 10000 ",
        Remembering::Unbounded => "",
    };
    // To add a sender again would set its counter back; the match counts the packets of those that are there.
    let remember = format!("-A {verdict} {bound}{} -j SET --add-set {seen} src", outside(seen));
    let passes = judgement.asks_for_passes.then_some(pass);
    [rules, passes.into_iter().chain([remember, verdict_rule(family, judgement.action)]).collect()]
}

/// As [`chains`], as lines of `iptables-restore` after which the last rule has met `packets` packets already.
pub(super) fn chains_from(
    family: Family,
    judgement: Judgement,
    remembering: Remembering,
    packets: u64,
) -> Vec<String> {
    let headers = chain_names(family).map(|chain| format!(":{chain} - [0:0]"));
    let rules = chains(family, judgement, remembering).concat();
    let mut lines: Vec<String> = headers.into_iter().chain(rules).collect();
    if let Some(verdict) = lines.last_mut().filter(|_| packets > 0) {
        *verdict = verdict.replace(" -j ", &format!(" -c {packets} 0 -j "));
    }
    lines
}

/// The rule that judges whoever the policy is against, the last of its chain.
pub(super) fn verdict_rule(family: Family, action: Action) -> String {
    let [_, verdict] = chain_names(family);
    let target = match action {
        Action::Drop => "DROP",
        Action::Count => "RETURN",
    };
    format!("-A {verdict} -j {target}")
}

/// The rule in INPUT that leads into the chain.
pub(super) fn jump(family: Family) -> String {
    format!("-j {}", chain_name(family))
}
