//! Our chains and the rule in INPUT that leads into them, word for word.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::firewall::sets::{Purpose, set_name};
use crate::net::Family;
use crate::plan::{Action, SetId};

/// The chain of IPv6 in which neighbour discovery returns.
const NDP_CHAIN: &str = "GEOIP_NDP_V6";

/// The chain that INPUT jumps to.
pub(in crate::firewall) fn chain_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "GEOIP_CHECK",
        Family::V6 => "GEOIP_CHECK_V6",
    }
}

/// The chain of the packets that the tables are against.
pub(in crate::firewall) fn verdict_chain_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "GEOIP_VERDICT",
        Family::V6 => "GEOIP_VERDICT_V6",
    }
}

/// All chains of a family, in the order in which a packet comes to them.
pub(in crate::firewall) fn chain_names(family: Family) -> Vec<&'static str> {
    let (check, verdict) = (chain_name(family), verdict_chain_name(family));
    match family {
        Family::V4 => vec![check, verdict],
        Family::V6 => vec![check, NDP_CHAIN, verdict],
    }
}

/// Chains of earlier versions; an upgrade removes them.
pub(in crate::firewall) fn former_chain_names(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &[],
        Family::V6 => &["GEOIP_NEIGHBOUR_V6"],
    }
}

/// What becomes of the packets of a family that the tables are against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainSpec {
    /// What becomes of them in the end.
    pub action: Action,
    /// True if somebody may have a pass. Nobody is asked for one in vain: even an empty set costs a packet a tenth of
    /// a microsecond.
    pub checks_exempt: bool,
}

impl ChainSpec {
    /// All there are.
    pub(in crate::firewall) fn all() -> impl Iterator<Item = Self> {
        Action::ALL
            .into_iter()
            .flat_map(|action| [false, true].map(|checks_exempt| Self { action, checks_exempt }))
    }

    /// What lets in whomever either of the two lets in.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let counts = [self.action, other.action].contains(&Action::Count);
        Self {
            action: if counts { Action::Count } else { Action::Drop },
            checks_exempt: self.checks_exempt || other.checks_exempt,
        }
    }
}

/// How many packets of whom the policy is against are looked at for their sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) enum SenderSampling {
    /// Up to 10,000 a second: in a flood, to look at each costs more than the verdict itself.
    Limited,
    /// All of them, where the kernel cannot limit them.
    Unlimited,
    /// None, where the kernel cannot hold senders or has no rule that adds them.
    Off,
}

/// What the chains do beyond asking the tables, as far as the kernel can: comfort, without which they decide the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) struct ChainFeatures {
    pub(in crate::firewall) sampling: SenderSampling,
    /// True if whole blocks of IPv4 are asked for first. IPv6 has none.
    pub(in crate::firewall) checks_slash16: bool,
}

impl ChainFeatures {
    /// All there are, what is preferred first.
    pub(in crate::firewall) fn all() -> impl Iterator<Item = Self> {
        [SenderSampling::Limited, SenderSampling::Unlimited, SenderSampling::Off]
            .into_iter()
            .flat_map(|sampling| [true, false].map(|checks_slash16| Self { sampling, checks_slash16 }))
    }

    /// True if they use the sets that are there, and no others: whether senders can be held, and whole blocks.
    pub(in crate::firewall) fn use_all(self, holds_senders: bool, holds_whole: bool) -> bool {
        (self.sampling != SenderSampling::Off) == holds_senders && self.checks_slash16 == holds_whole
    }
}

/// The rules of each of [`chain_names`], word for word as `iptables -S` lists them.
///
/// In the first chain, replies and related errors return, for a connection that the PBX opened itself is never cut, and so
/// does what it sends to itself, by whatever address. Whom the
/// tables are against goes on to the next; whoever is left returns. To the last comes all but IPv6
/// neighbour discovery (RFC 4861, types 133 to 137), for a neighbour may have any address. There, who has a pass returns,
/// and so do `trusted`, the rules of [`trusted`]; the rest is counted by its sender and comes to the verdict.
pub(in crate::firewall) fn chains(
    family: Family,
    chain_spec: ChainSpec,
    features: ChainFeatures,
    trusted: &[String],
) -> Vec<Vec<String>> {
    let checks = checks(family, features);
    let verdicts = verdicts(family, chain_spec, features.sampling, trusted);
    match family {
        Family::V4 => vec![checks, verdicts],
        Family::V6 => vec![checks, ndp(), verdicts],
    }
}

/// The rule that lets through our chain whom INPUT trusts behind the jump.
pub(in crate::firewall) fn trusted(family: Family, conditions: &str) -> String {
    format!("-A {} {conditions} -j RETURN", verdict_chain_name(family))
}

/// What stands in the place of such a rule that the kernel refuses, so that the chain itself remembers it. No packet to
/// this machine meets it: nobody has these addresses.
pub(in crate::firewall) fn refused(family: Family, conditions: &str) -> String {
    let number = crc32fast::hash(conditions.as_bytes());
    let nobody = match family {
        // RFC 1112, section 4.
        Family::V4 => IpNet::from(IpAddr::from(Ipv4Addr::from_bits(number >> 5 | 0xf000_0000))),
        // RFC 6666.
        Family::V6 => IpNet::from(IpAddr::from(Ipv6Addr::from_bits(0x100 << 112 | u128::from(number)))),
    };
    trusted(family, &format!("-s {nobody} -d {nobody}"))
}

/// As [`chains`], as lines of `iptables-restore` after which the last rule has met `packets` packets already.
pub(in crate::firewall) fn chains_from(
    family: Family,
    chain_spec: ChainSpec,
    features: ChainFeatures,
    trusted: &[String],
    packets: u64,
) -> Vec<String> {
    let headers = chain_names(family).into_iter().map(|chain| format!(":{chain} - [0:0]"));
    let rules = chains(family, chain_spec, features, trusted).concat();
    let mut lines: Vec<String> = headers.chain(rules).collect();
    if let Some(verdict) = lines.last_mut().filter(|_| packets > 0) {
        *verdict = verdict.replace(" -j ", &format!(" -c {packets} 0 -j "));
    }
    lines
}

fn is_in(set: &str) -> String {
    format!("-m set --match-set {set} src")
}

fn checks(family: Family, features: ChainFeatures) -> Vec<String> {
    let check = chain_name(family);
    let [blocked, divided, parts] = [SetId::blocked(family), SetId::mixed(family), SetId::specific(family)]
        .map(|set| is_in(set_name(set)));
    let (whole, next) = match family {
        Family::V4 => (Some(is_in(set_name(SetId::SLASH16))), verdict_chain_name(family)),
        Family::V6 => (None, NDP_CHAIN),
    };
    let whole = whole.filter(|_| features.checks_slash16);
    let against = whole.into_iter().chain([blocked, format!("{divided} {parts}")]);
    let mut rules = vec![format!("-A {check} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    rules.push(format!("-A {check} -i lo -j RETURN"));
    rules.extend(against.map(|matches| format!("-A {check} {matches} -g {next}")));
    // What somebody appends has no say.
    rules.push(format!("-A {check} -j RETURN"));
    rules
}

fn ndp() -> Vec<String> {
    let verdict = verdict_chain_name(Family::V6);
    // To find the protocol of an IPv6 packet takes a walk through its headers: one for most.
    let mut rules = vec![format!("-A {NDP_CHAIN} ! -p ipv6-icmp -g {verdict}")];
    rules.extend(
        (133..=137)
            .map(|kind| format!("-A {NDP_CHAIN} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN")),
    );
    rules.push(format!("-A {NDP_CHAIN} -g {verdict}"));
    rules
}

/// The rule that lets through who has a pass.
pub(in crate::firewall) fn passes(family: Family) -> String {
    trusted(family, &is_in(Purpose::Exempt(family).name()))
}

fn verdicts(
    family: Family,
    chain_spec: ChainSpec,
    sampling: SenderSampling,
    trusted: &[String],
) -> Vec<String> {
    let verdict = verdict_chain_name(family);
    let seen = Purpose::Senders(family).name();
    let bound = match sampling {
        SenderSampling::Limited => Some("-m limit --limit 10000/sec --limit-burst 10000 "),
        SenderSampling::Unlimited => Some(""),
        SenderSampling::Off => None,
    };
    // To add a sender again would set its counter back; the match counts the packets of those that are there.
    let remember = bound.map(|bound| {
        format!("-A {verdict} {bound}-m set ! --match-set {seen} src -j SET --add-set {seen} src")
    });
    let passes = chain_spec.checks_exempt.then(|| passes(family));
    let through = passes.into_iter().chain(trusted.iter().cloned());
    through.chain(remember).chain([verdict_rule(family, chain_spec.action)]).collect()
}

/// The rule that judges whoever the policy is against, the last of its chain.
pub(in crate::firewall) fn verdict_rule(family: Family, action: Action) -> String {
    let verdict = verdict_chain_name(family);
    let target = match action {
        Action::Drop => "DROP",
        Action::Count => "RETURN",
    };
    format!("-A {verdict} -j {target}")
}

/// The rule in INPUT that leads into the chain.
pub(in crate::firewall) fn jump(family: Family) -> String {
    format!("-j {}", chain_name(family))
}
