//! What the match modules of iptables say of a packet's source.

use std::ops::RangeInclusive;

use super::block::{Block, number};

/// The conditions of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) module: String,
    pub(super) settings: Vec<Setting>,
}

/// An option of a module with its values, as they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) negated: bool,
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// What a match means for who may come through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing: everybody meets it.
    Always,
    /// Only connections that exist already, and what belongs to them.
    Existing,
    /// Only sources that it names.
    Names,
    /// Some packets, of whomever they are.
    Some,
    /// It cannot be told.
    Unclear,
}

/// Modules whose options all say something of a packet, a moment or a number, but nothing of whose packet it is.
const IMPERSONAL: [&str; 51] = [
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
/// Options of such modules that speak of the source and are read here, or name nobody by it.
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
/// The states of packets that belong to something that exists.
const EXISTING: [&str; 2] = ["ESTABLISHED", "RELATED"];
/// What is asked for like a state, but says whether addresses are translated.
const TRANSLATED: [&str; 2] = ["DNAT", "SNAT"];

impl Match {
    /// What it means for who may come.
    pub(super) fn meaning(&self) -> Meaning {
        if self.module == "comment" {
            return Meaning::Always;
        }
        if !IMPERSONAL.contains(&self.module.as_str()) || self.settings.iter().any(Setting::is_unclear) {
            return Meaning::Unclear;
        }
        if self.settings.iter().any(Setting::is_of_what_exists) {
            return Meaning::Existing;
        }
        let names = match self.module.as_str() {
            "recent" => self.is_of_recent_sources(),
            "policy" => self.has("--dir", "in") && self.has("--pol", "ipsec"),
            _ => self.settings.iter().any(Setting::names_sources),
        };
        if names { Meaning::Names } else { Meaning::Some }
    }

    /// The same question without what it does besides: `recent` may forget whom it is asked for, or count the question.
    pub(super) fn without_effects(mut self) -> Self {
        for setting in self.settings.iter_mut().filter(|_| self.module == "recent") {
            if ["--update", "--remove"].contains(&setting.name.as_str()) {
                "--rcheck".clone_into(&mut setting.name);
            }
        }
        self
    }

    /// The option of this name, negated or not.
    pub(super) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.setting(name).is_some_and(|setting| !setting.negated && setting.values == [value])
    }

    /// True for `recent` if it asks for sources that something remembered before.
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
            // Whose addresses are translated is in one of the other states besides.
            let is_alone = |state: &&str| !TRANSLATED.contains(state);
            let are_alone = one.iter().chain(&other).all(is_alone);
            are_alone && !one.iter().any(|state| other.contains(state))
        })
    }
}

impl Setting {
    /// The states that it asks for, if it is about states.
    pub(super) fn states(&self) -> Option<Vec<&str>> {
        let is_of_states = ["--state", "--ctstate"].contains(&self.name.as_str());
        is_of_states.then(|| self.values.first().map(|list| list.split(',').collect()).unwrap_or_default())
    }

    /// True for words that belong to no option, and for options that name sources in a way that is not read here.
    fn is_unclear(&self) -> bool {
        let speaks_of_source = self.name.contains("src") || self.name.contains("source");
        self.name.is_empty() || speaks_of_source && !OF_SOURCES.contains(&self.name.as_str())
    }

    fn is_of_what_exists(&self) -> bool {
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

    /// The set that it asks and by what of a packet.
    pub(super) fn set(&self) -> Option<(&str, &str)> {
        match &self.values[..] {
            [name, directions] if self.name == "--match-set" => Some((name, directions)),
            _ => None,
        }
    }

    /// The ports that a packet must come to, if it is about these alone.
    pub(super) fn destination_ports(&self) -> Option<Vec<RangeInclusive<u16>>> {
        let is_of_destination = ["--dport", "--dports"].contains(&self.name.as_str());
        is_of_destination.then(|| ports(self.values.first()?)).flatten()
    }
}

/// Ports as `80`, `80,443,1000:2000` or `1024:`; none for what is no list of ports.
pub(super) fn ports(list: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let end = |text: &str, default: u16| if text.is_empty() { Some(default) } else { text.parse().ok() };
    let one = |part: &str| match part.split_once(':') {
        Some((first, last)) => Some(end(first, 0)?..=end(last, u16::MAX)?),
        None => part.parse().ok().map(|port| port..=port),
    };
    list.split(',').map(one).collect()
}

/// Addresses from one to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    first: u128,
    last: u128,
    highest: u128,
}

impl Range {
    /// True if these are fewer than an eighth of all addresses, as with [`Block::names_somebody`].
    fn names_somebody(self) -> bool {
        self.last.saturating_sub(self.first) < self.highest / 8
    }

    /// True if `address`, of the same family, is one of them.
    pub(super) fn holds(self, address: std::net::IpAddr) -> bool {
        (self.first..=self.last).contains(&number(address))
    }
}

/// Reads `FIRST-LAST`.
pub(super) fn range(text: &str) -> Option<Range> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (std::net::IpAddr, std::net::IpAddr) = (first.parse().ok()?, last.parse().ok()?);
    let highest = if first.is_ipv4() { u32::MAX.into() } else { u128::MAX };
    Some(Range { first: number(first), last: number(last), highest })
}
