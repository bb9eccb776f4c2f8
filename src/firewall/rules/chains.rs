//! The exact rules of our chains, and of the jump from INPUT.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::firewall::sets::{Purpose, set_name};
use crate::net::{Family, Ports};
use crate::plan::{Action, SetId};

/// The IPv6 chain that lets neighbour discovery pass.
const NDP_CHAIN: &str = "GEOIP_NDP_V6";

/// The chain that INPUT jumps to.
pub(in crate::firewall) fn chain_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "GEOIP_CHECK",
        Family::V6 => "GEOIP_CHECK_V6",
    }
}

/// The chain for packets that the sets match.
pub(in crate::firewall) fn verdict_chain_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "GEOIP_VERDICT",
        Family::V6 => "GEOIP_VERDICT_V6",
    }
}

/// All chains of a family, in the order in which a packet goes through them.
pub(in crate::firewall) fn chain_names(family: Family) -> Vec<&'static str> {
    let (check, verdict) = (chain_name(family), verdict_chain_name(family));
    match family {
        Family::V4 => vec![check, verdict],
        Family::V6 => vec![check, NDP_CHAIN, verdict],
    }
}

/// Chains of earlier versions. They are removed after an upgrade.
pub(in crate::firewall) fn former_chain_names(family: Family) -> &'static [&'static str] {
    match family {
        Family::V4 => &[],
        Family::V6 => &["GEOIP_NEIGHBOUR_V6"],
    }
}

/// What the chains do with packets that the sets match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainSpec {
    /// Whether they are dropped or counted.
    pub action: Action,
    /// Whether timed exceptions are checked. They are not checked without need, because even an empty set costs 0.1 µs
    /// per packet.
    pub checks_exempt: bool,
    /// Whether the addresses of phones are checked, which pass but to the ports of administration.
    pub keeps_phones: bool,
    /// The ports to which connections from addresses in the set `admin` are dropped, whatever the action. Without a
    /// restriction no rule asks that set.
    pub admin: Option<Ports>,
}

impl ChainSpec {
    /// All possible values with these ports of administration, and with or without phones.
    pub(in crate::firewall) fn all(keeps_phones: bool, admin: Option<Ports>) -> impl Iterator<Item = Self> {
        Action::ALL.into_iter().flat_map(move |action| {
            [false, true].map(|checks_exempt| Self { action, checks_exempt, keeps_phones, admin })
        })
    }

    /// The more permissive combination of both: it lets pass what either of them lets pass.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let counts = [self.action, other.action].contains(&Action::Count);
        Self {
            action: if counts { Action::Count } else { Action::Drop },
            checks_exempt: self.checks_exempt || other.checks_exempt,
            keeps_phones: self.keeps_phones || other.keeps_phones,
            admin: self.admin.zip(other.admin).and_then(|(ours, theirs)| ours.common(&theirs)),
        }
    }
}

/// How many of the matched packets are used to record senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) enum SenderSampling {
    /// Up to 10,000 per second. In a flood, recording every packet would cost more than the verdict.
    Limited,
    /// All, if the kernel has no limit match.
    Unlimited,
    /// None, if the kernel has no sets with counters or no SET target.
    Off,
}

/// Features of the chains that depend on the kernel. They do not affect any verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::firewall) struct ChainFeatures {
    pub(in crate::firewall) sampling: SenderSampling,
    /// Whether the bitmap of /16 blocks is checked first. IPv6 has no bitmap.
    pub(in crate::firewall) checks_slash16: bool,
}

impl ChainFeatures {
    /// All possible values, the preferred ones first.
    pub(in crate::firewall) fn all() -> impl Iterator<Item = Self> {
        [SenderSampling::Limited, SenderSampling::Unlimited, SenderSampling::Off]
            .into_iter()
            .flat_map(|sampling| [true, false].map(|checks_slash16| Self { sampling, checks_slash16 }))
    }

    /// True if the chains use exactly the optional sets that exist.
    pub(in crate::firewall) fn use_all(self, has_sender_set: bool, has_bitmap: bool) -> bool {
        (self.sampling != SenderSampling::Off) == has_sender_set && self.checks_slash16 == has_bitmap
    }
}

/// The rules of each of [`chain_names`], exactly as `iptables -S` lists them.
///
/// The first chain returns replies and related errors, so that connections opened by the PBX are never cut. It also
/// returns everything that the PBX sends to itself, from any address. A packet that the sets match goes on to the next
/// chain; any other packet returns. For IPv6 a chain follows in which neighbour discovery returns (RFC 4861, types 133
/// to 137), because a neighbour may have any address. Of the packets that the sets do not match, those to the ports of
/// administration are also looked up in the set `admin`. In the last chain, packets return that match [`exempt`], and
/// packets that match `trusted`, the rules of [`trusted`]. The rest is recorded by sender and gets the verdict. If that is
/// to count, packets that the set `admin` matches are dropped before.
pub(in crate::firewall) fn chains(
    family: Family,
    chain_spec: ChainSpec,
    features: ChainFeatures,
    trusted: &[String],
) -> Vec<Vec<String>> {
    let checks = checks(family, chain_spec.admin, features);
    let verdicts = verdicts(family, chain_spec, features.sampling, trusted);
    match family {
        Family::V4 => vec![checks, verdicts],
        Family::V6 => vec![checks, ndp(), verdicts],
    }
}

/// The rule in our chain that lets a source pass which a rule of INPUT after the jump trusts.
pub(in crate::firewall) fn trusted(family: Family, conditions: &str) -> String {
    format!("-A {} {conditions} -j RETURN", verdict_chain_name(family))
}

/// The placeholder for such a rule if the kernel refuses it, so that the chain itself records the refusal. No packet
/// matches the placeholder, because nobody has these addresses.
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

/// As [`chains`], but as lines of `iptables-restore` that set the packet count of the last rule to `packets`.
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

/// The ports of administration in the rules of the first chain.
pub(in crate::firewall) fn admin_ports(checks: &[String]) -> Option<Ports> {
    checks.iter().find_map(|rule| {
        let (_, conditions) = rule.split_once(" -p tcp -m multiport --dports ")?;
        conditions.split_once(' ')?.0.parse().ok()
    })
}

/// True if a rule of the last chain asks for phones that keep their way.
pub(in crate::firewall) fn ask_for_phones(family: Family, verdicts: &[String]) -> bool {
    verdicts.iter().any(|rule| rule.contains(&is_in(Purpose::Phones(family).name())))
}

/// The conditions of packets that may not administer the PBX.
fn may_not_administer(family: Family, ports: Ports) -> String {
    format!("-p tcp -m multiport --dports {ports} {}", is_in(set_name(SetId::admin(family))))
}

fn checks(family: Family, admin: Option<Ports>, features: ChainFeatures) -> Vec<String> {
    let check = chain_name(family);
    let [blocked, mixed, specific] = [SetId::blocked(family), SetId::mixed(family), SetId::specific(family)]
        .map(|set| is_in(set_name(set)));
    let (bitmap, next) = match family {
        Family::V4 => (Some(is_in(set_name(SetId::SLASH16))), verdict_chain_name(family)),
        Family::V6 => (None, NDP_CHAIN),
    };
    let bitmap = bitmap.filter(|_| features.checks_slash16);
    let matched = bitmap.into_iter().chain([blocked, format!("{mixed} {specific}")]);
    let mut rules = vec![format!("-A {check} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    rules.push(format!("-A {check} -i lo -j RETURN"));
    rules.extend(matched.map(|matches| format!("-A {check} {matches} -g {next}")));
    let admin = admin.map(|ports| may_not_administer(family, ports));
    rules.extend(admin.map(|matches| format!("-A {check} {matches} -g {}", verdict_chain_name(family))));
    // Rules that somebody appends to this chain have no effect.
    rules.push(format!("-A {check} -j RETURN"));
    rules
}

fn ndp() -> Vec<String> {
    let verdict = verdict_chain_name(Family::V6);
    // Finding the protocol of an IPv6 packet means walking through its headers. Most packets need it only once.
    let mut rules = vec![format!("-A {NDP_CHAIN} ! -p ipv6-icmp -g {verdict}")];
    rules.extend(
        (133..=137)
            .map(|kind| format!("-A {NDP_CHAIN} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN")),
    );
    rules.push(format!("-A {NDP_CHAIN} -g {verdict}"));
    rules
}

/// The rules that let those pass who do for a while: timed exceptions and hosts everywhere, phones but to the ports of
/// administration.
pub(in crate::firewall) fn exempt(family: Family, chain_spec: ChainSpec) -> Vec<String> {
    let everywhere = chain_spec.checks_exempt.then(|| is_in(Purpose::Exempt(family).name()));
    let phones = is_in(Purpose::Phones(family).name());
    let phones = match (chain_spec.keeps_phones, chain_spec.admin) {
        (false, _) => Vec::new(),
        (true, None) => vec![phones],
        // A rule with ports matches packets of one protocol alone.
        (true, Some(ports)) => {
            vec![format!("! -p tcp {phones}"), format!("-p tcp -m multiport ! --dports {ports} {phones}")]
        }
    };
    everywhere.into_iter().chain(phones).map(|conditions| trusted(family, &conditions)).collect()
}

fn verdicts(
    family: Family,
    chain_spec: ChainSpec,
    sampling: SenderSampling,
    trusted: &[String],
) -> Vec<String> {
    let verdict = verdict_chain_name(family);
    let senders = Purpose::Senders(family).name();
    let bound = match sampling {
        SenderSampling::Limited => Some("-m limit --limit 10000/sec --limit-burst 10000 "),
        SenderSampling::Unlimited => Some(""),
        SenderSampling::Off => None,
    };
    // Adding a sender again would reset its counter. For known senders, the match itself counts the packet.
    let record = bound.map(|bound| {
        format!("-A {verdict} {bound}-m set ! --match-set {senders} src -j SET --add-set {senders} src")
    });
    let through = exempt(family, chain_spec).into_iter().chain(trusted.iter().cloned());
    let admin = chain_spec.admin.filter(|_| !chain_spec.action.is_drop());
    let admin = admin.map(|ports| format!("-A {verdict} {} -j DROP", may_not_administer(family, ports)));
    through.chain(admin).chain(record).chain([verdict_rule(family, chain_spec.action)]).collect()
}

/// The rule that drops or counts, the last one of its chain.
pub(in crate::firewall) fn verdict_rule(family: Family, action: Action) -> String {
    let verdict = verdict_chain_name(family);
    let target = match action {
        Action::Drop => "DROP",
        Action::Count => "RETURN",
    };
    format!("-A {verdict} -j {target}")
}

/// The rule in INPUT that jumps to our chain.
pub(in crate::firewall) fn jump(family: Family) -> String {
    format!("-j {}", chain_name(family))
}
