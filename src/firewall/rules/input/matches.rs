//! The match modules of iptables: what their options mean for the source of a packet.

use std::ops::RangeInclusive;

use super::block::{Block, number};

/// The conditions of a match module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) module: String,
    pub(super) settings: Vec<Setting>,
}

/// An option of a match module with its values, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) negated: bool,
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// What a match says about the source of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing: every packet meets it.
    Always,
    /// Only existing connections, and packets related to them.
    Existing,
    /// Only the sources that it names.
    Names,
    /// Some packets, of any source.
    Some,
    /// Unknown.
    Unclear,
}

/// Modules whose options concern the packet, the time or a rate, but not the source, except for [`OF_SOURCES`].
const NOT_ABOUT_SOURCES: [&str; 51] = [
    "addrtype",
    "ah",
    "cluster",
    "connbytes",
    "connlimit",
    "conntrack",
    "cpu",
    "dccp",
    "devgroup",
    "dscp",
    "dst",
    "ecn",
    "esp",
    "frag",
    "hashlimit",
    "hbh",
    "helper",
    "hl",
    "icmp",
    "icmp6",
    "iprange",
    "ipv6header",
    "length",
    "limit",
    "mac",
    "mh",
    "multiport",
    "nfacct",
    "nth",
    "osf",
    "physdev",
    "pkttype",
    "policy",
    "quota",
    "random",
    "rateest",
    "recent",
    "rpfilter",
    "rt",
    "sctp",
    "set",
    "socket",
    "state",
    "statistic",
    "string",
    "tcp",
    "tcpmss",
    "time",
    "tos",
    "ttl",
    "udp",
];
/// Options of these modules that concern the source and are evaluated here, or that name no specific source.
const OF_SOURCES: [&str; 12] = [
    "--connlimit-saddr",
    "--ctorigsrc",
    "--ctorigsrcport",
    "--ctreplsrc",
    "--ctreplsrcport",
    "--hashlimit-srcmask",
    "--mac-source",
    "--rsource",
    "--src-group",
    "--src-range",
    "--src-type",
    "--tunnel-src",
];
/// The states of packets that belong to existing connections.
const EXISTING: [&str; 2] = ["ESTABLISHED", "RELATED"];
/// Values among the states that mean address translation. They can occur together with a real state.
const TRANSLATED: [&str; 2] = ["DNAT", "SNAT"];

impl Match {
    /// What it says about the source of a packet.
    pub(super) fn meaning(&self) -> Meaning {
        if self.module == "comment" {
            return Meaning::Always;
        }
        if !NOT_ABOUT_SOURCES.contains(&self.module.as_str()) || self.settings.iter().any(Setting::is_unclear)
        {
            return Meaning::Unclear;
        }
        if self.settings.iter().any(Setting::is_for_existing) {
            return Meaning::Existing;
        }
        let names = match self.module.as_str() {
            "recent" => self.is_of_recent_sources(),
            "policy" => self.has("--dir", "in") && self.has("--pol", "ipsec"),
            _ => self.settings.iter().any(Setting::names_sources),
        };
        if names { Meaning::Names } else { Meaning::Some }
    }

    /// The same match without side effects: `recent` may remove the source from a list or count the packet.
    pub(super) fn without_effects(mut self) -> Self {
        for setting in self.settings.iter_mut().filter(|_| self.module == "recent") {
            if ["--update", "--remove"].contains(&setting.name.as_str()) {
                "--rcheck".clone_into(&mut setting.name);
            }
        }
        self
    }

    /// The option with this name, negated or not.
    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.setting(name).is_some_and(|setting| !setting.negated && setting.values == [value])
    }

    /// True if `recent` checks for sources that were recorded before.
    fn is_of_recent_sources(&self) -> bool {
        let asks = ["--rcheck", "--update", "--remove"]
            .iter()
            .any(|name| self.setting(name).is_some_and(|setting| !setting.negated));
        let all_alike =
            self.setting("--mask").is_some_and(|mask| mask.values == ["0.0.0.0"] || mask.values == ["::"]);
        asks && !all_alike && self.setting("--rdest").is_none()
    }

    /// True if no packet meets both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let pairs = self.settings.iter().flat_map(|one| other.settings.iter().map(move |other| (one, other)));
        let mut pairs = pairs.filter(|(one, other)| !one.negated && !other.negated);
        pairs.any(|(one, other)| {
            let ports = |setting: &Setting| setting.destination_ports();
            if let (Some(one), Some(other)) = (ports(one), ports(other)) {
                return one.iter().all(|one| {
                    other.iter().all(|other| one.start().max(other.start()) > one.end().min(other.end()))
                });
            }
            let (Some(one), Some(other)) = (one.states(), other.states()) else { return false };
            // A connection with translated addresses also has one of the other states.
            let is_alone = |state: &&str| !TRANSLATED.contains(state);
            let are_alone = one.iter().chain(&other).all(is_alone);
            are_alone && !one.iter().any(|state| other.contains(state))
        })
    }
}

impl Setting {
    /// The states that the option lists, if it is about states.
    pub(super) fn states(&self) -> Option<Vec<&str>> {
        let is_of_states = ["--state", "--ctstate"].contains(&self.name.as_str());
        is_of_states.then(|| self.values.first().map(|list| list.split(',').collect()).unwrap_or_default())
    }

    /// True for words that belong to no option, and for options that concern the source and are not evaluated here.
    fn is_unclear(&self) -> bool {
        let speaks_of_source = self.name.contains("src") || self.name.contains("source");
        self.name.is_empty() || speaks_of_source && !OF_SOURCES.contains(&self.name.as_str())
    }

    fn is_for_existing(&self) -> bool {
        let only_existing =
            |states: Vec<&str>| !states.is_empty() && states.iter().all(|state| EXISTING.contains(state));
        !self.negated && self.states().is_some_and(only_existing)
    }

    fn names_sources(&self) -> bool {
        let value = self.values.first().map(String::as_str).unwrap_or_default();
        let names = match self.name.as_str() {
            "--src-range" => range(value).is_none_or(Range::names_somebody),
            "--ctorigsrc" => Block::read(value).is_none_or(Block::names_somebody),
            "--match-set" => {
                self.set().is_some_and(|(_, directions)| directions.split(',').next() == Some("src"))
            }
            "--mac-source" => true,
            "--src-type" => value == "LOCAL",
            _ => false,
        };
        names && !self.negated
    }

    /// The name of the set and the fields of the packet that are looked up in it.
    pub(super) fn set(&self) -> Option<(&str, &str)> {
        match &self.values[..] {
            [name, directions] if self.name == "--match-set" => Some((name, directions)),
            _ => None,
        }
    }

    /// The ports, if the option is about destination ports, only or too.
    pub(super) fn named_ports(&self) -> Option<Vec<RangeInclusive<u16>>> {
        self.ports_of(&["--dport", "--dports", "--ports"])
    }

    /// The destination ports, if the option is about these only.
    pub(super) fn destination_ports(&self) -> Option<Vec<RangeInclusive<u16>>> {
        self.ports_of(&["--dport", "--dports"])
    }

    fn ports_of(&self, names: &[&str]) -> Option<Vec<RangeInclusive<u16>>> {
        names.contains(&self.name.as_str()).then(|| ports(self.values.first()?)).flatten()
    }
}

/// Parses ports such as `80`, `80,443,1000:2000` or `1024:`.
pub(super) fn ports(list: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let end = |text: &str, default: u16| if text.is_empty() { Some(default) } else { text.parse().ok() };
    let one = |part: &str| match part.split_once(':') {
        Some((first, last)) => Some(end(first, 0)?..=end(last, u16::MAX)?),
        None => part.parse().ok().map(|port| port..=port),
    };
    list.split(',').map(one).collect()
}

/// A range of addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    first: u128,
    last: u128,
    highest: u128,
}

impl Range {
    /// True if it has less than an eighth of all addresses; see [`Block::names_somebody`].
    fn names_somebody(self) -> bool {
        self.last.saturating_sub(self.first) < self.highest / 8
    }

    /// True if the range contains `address`, which must be of the same family.
    pub(super) fn holds(self, address: std::net::IpAddr) -> bool {
        (self.first..=self.last).contains(&number(address))
    }
}

/// Parses `FIRST-LAST`.
pub(super) fn range(text: &str) -> Option<Range> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (std::net::IpAddr, std::net::IpAddr) = (first.parse().ok()?, last.parse().ok()?);
    let highest = if first.is_ipv4() { u32::MAX.into() } else { u128::MAX };
    Some(Range { first: number(first), last: number(last), highest })
}
