//! The conditions of a rule, and the joined conditions of several rules.

use std::fmt;

use super::block::Block;
use super::matches::{Match, Meaning, Setting};

/// All conditions that a packet must meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) basics: Vec<Basic>,
    pub(super) matches: Vec<Match>,
    /// True if no single rule can express the exact conditions, and these are wider.
    pub(super) are_approximate: bool,
}

/// A condition that needs no match module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Basic {
    pub(super) flag: Flag,
    pub(super) negated: bool,
    pub(super) value: String,
}

/// The options that need no match module, in the order in which they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flag {
    Source,
    Destination,
    In,
    Out,
    Protocol,
    Fragment,
}

/// The sources that a path accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Openness {
    /// Only existing connections, and packets related to them.
    Existing,
    /// Only the sources that it names.
    Trusting,
    /// Unknown.
    Unclear,
    /// Any source, even if only to some port.
    Open,
}

impl Flag {
    const ALL: [(Self, &str); 6] = [
        (Self::Source, "-s"),
        (Self::Destination, "-d"),
        (Self::In, "-i"),
        (Self::Out, "-o"),
        (Self::Protocol, "-p"),
        (Self::Fragment, "-f"),
    ];

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(flag, text)| (text == word).then_some(flag))
    }
}

impl Basic {
    /// True if every packet meets the condition.
    fn holds_always(&self) -> bool {
        let is_all = || Block::read(&self.value).is_some_and(Block::is_all);
        !self.negated && matches!(self.flag, Flag::Source | Flag::Destination) && is_all()
    }

    fn names_sources(&self) -> bool {
        let names = match self.flag {
            Flag::Source => Block::read(&self.value).is_none_or(Block::names_somebody),
            Flag::In => self.value == "lo",
            _ => false,
        };
        names && !self.negated
    }
}

impl Conditions {
    /// True if every packet meets the conditions.
    pub(super) fn are_none(&self) -> bool {
        self.basics.iter().all(Basic::holds_always)
            && self.matches.iter().all(|found| found.meaning() == Meaning::Always)
    }

    /// True if only packets from this machine to itself meet the conditions.
    pub(super) fn are_loopback(&self) -> bool {
        self.basics.iter().any(|basic| basic.flag == Flag::In && basic.names_sources())
    }

    /// True if the conditions check marks, which other rules set.
    pub(super) fn ask_for_marks(&self) -> bool {
        self.matches.iter().any(|found| ["mark", "connmark"].contains(&found.module.as_str()))
    }

    /// The ports from which on the conditions may hold that did not before, or no longer.
    pub(super) fn turning_ports(&self) -> Vec<u16> {
        let settings = self.matches.iter().flat_map(|found| &found.settings);
        let ranges = settings.filter_map(Setting::named_ports).flatten();
        ranges.flat_map(|range| [Some(*range.start()), range.end().checked_add(1)]).flatten().collect()
    }

    /// The same conditions without side effects.
    pub(super) fn without_effects(self) -> Self {
        Self { matches: self.matches.into_iter().map(Match::without_effects).collect(), ..self }
    }

    /// The sources that a path with these conditions accepts.
    pub(super) fn openness(&self) -> Openness {
        let mean = |meaning| self.matches.iter().any(|found| found.meaning() == meaning);
        if mean(Meaning::Existing) {
            Openness::Existing
        } else if self.basics.iter().any(Basic::names_sources) || mean(Meaning::Names) {
            Openness::Trusting
        } else if mean(Meaning::Unclear) {
            Openness::Unclear
        } else {
            Openness::Open
        }
    }

    /// The conditions of a rule that is reached through these conditions. `None` if no packet can meet both.
    pub(super) fn and(&self, inner: &Self) -> Option<Self> {
        let mut both = self.clone();
        both.are_approximate |= inner.are_approximate;
        for basic in inner.basics.iter().filter(|basic| !basic.holds_always()) {
            both.add(basic)?;
        }
        for found in &inner.matches {
            if self.matches.iter().any(|other| other.excludes(found)) {
                return None;
            }
            if !both.matches.contains(found) {
                both.matches.push(found.clone());
            }
        }
        both.basics.sort_by_key(|basic| basic.flag);
        Some(both)
    }

    fn add(&mut self, new: &Basic) -> Option<()> {
        let Some(place) = self.basics.iter().position(|old| old.flag == new.flag) else {
            self.basics.push(new.clone());
            return Some(());
        };
        let old = &self.basics[place];
        match relation(old, new) {
            Relation::Excluding => return None,
            Relation::OldIsNarrower => {}
            Relation::NewIsNarrower => self.basics[place] = new.clone(),
            Relation::Overlapping => {
                self.are_approximate = true;
                // A condition that names sources is more specific than one that excludes some.
                if old.negated && !new.negated {
                    self.basics[place] = new.clone();
                }
            }
        }
        Some(())
    }
}

/// The relation between the packets that two conditions of the same option match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Excluding,
    OldIsNarrower,
    NewIsNarrower,
    Overlapping,
}

fn relation(old: &Basic, new: &Basic) -> Relation {
    if old == new {
        return Relation::OldIsNarrower;
    }
    let (covers, is_covered, are_apart) = match old.flag {
        Flag::Source | Flag::Destination => match (Block::read(&old.value), Block::read(&new.value)) {
            (Some(old), Some(new)) => (old.covers(new), new.covers(old), old.is_apart_from(new)),
            _ => (false, false, false),
        },
        Flag::In | Flag::Out => {
            let (covers, is_covered) =
                (interface_covers(&old.value, &new.value), interface_covers(&new.value, &old.value));
            (covers, is_covered, !covers && !is_covered)
        }
        Flag::Protocol | Flag::Fragment => {
            (old.value == new.value, old.value == new.value, old.value != new.value)
        }
    };
    match (old.negated, new.negated) {
        (false, false) if are_apart => Relation::Excluding,
        (false, false) if covers => Relation::NewIsNarrower,
        (false, false) if is_covered => Relation::OldIsNarrower,
        (false, true) if is_covered => Relation::Excluding,
        (false, true) if are_apart => Relation::OldIsNarrower,
        (true, false) if covers => Relation::Excluding,
        (true, false) if are_apart => Relation::NewIsNarrower,
        (true, true) if covers => Relation::OldIsNarrower,
        (true, true) if is_covered => Relation::NewIsNarrower,
        _ => Relation::Overlapping,
    }
}

/// True if the pattern matches the name or pattern. `eth+` matches every name that starts with `eth`.
pub(super) fn interface_covers(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('+') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}

impl fmt::Display for Conditions {
    /// As `iptables` lists them, without comments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for basic in &self.basics {
            words.extend(basic.negated.then_some("!"));
            words.extend(Flag::ALL.iter().find(|(flag, _)| *flag == basic.flag).map(|(_, word)| *word));
            words.push(&basic.value);
        }
        for found in self.matches.iter().filter(|found| found.module != "comment") {
            words.extend(["-m", &found.module]);
            for setting in &found.settings {
                words.extend(setting.negated.then_some("!"));
                words.push(&setting.name);
                words.extend(setting.values.iter().map(String::as_str));
            }
        }
        words.retain(|word| !word.is_empty());
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Rule;
    use super::*;

    fn conditions(rule: &str) -> Conditions {
        Rule::read(&format!("-A INPUT {rule} -j ACCEPT")).conditions
    }

    fn both(outer: &str, inner: &str) -> Option<String> {
        let both = conditions(outer).and(&conditions(inner))?;
        Some(if both.are_approximate { "approximate".to_owned() } else { both.to_string() })
    }

    #[test]
    fn conditions_along_a_path_are_joined() {
        for (outer, inner, joined) in [
            ("", "-s 1.2.3.4/32", "-s 1.2.3.4/32"),
            (
                "-p udp",
                "-s 1.2.3.4/32 -p udp -m udp --dport 5060",
                "-s 1.2.3.4/32 -p udp -m udp --dport 5060",
            ),
            ("-s 10.0.0.0/8", "-s 10.1.0.0/16 -i eth0", "-s 10.1.0.0/16 -i eth0"),
            ("-s 10.1.0.0/16", "-s 10.0.0.0/8", "-s 10.1.0.0/16"),
            ("-i eth+", "-i eth0", "-i eth0"),
            ("-p tcp", "! -p udp", "-p tcp"),
            ("! -s 10.0.0.0/8", "-s 11.0.0.1/32", "-s 11.0.0.1/32"),
            ("! -s 10.0.0.0/8", "! -s 10.1.0.0/16", "! -s 10.0.0.0/8"),
            (
                "-m set --match-set a src",
                "-m set --match-set b src",
                "-m set --match-set a src -m set --match-set b src",
            ),
            ("-m mark --mark 0x1", "-m mark --mark 0x1", "-m mark --mark 0x1"),
            ("-s 10.0.0.0/8", "! -s 10.1.0.0/16", "approximate"),
            ("! -i eth0", "! -i eth1", "approximate"),
        ] {
            assert_eq!(both(outer, inner).as_deref(), Some(joined), "{outer} and {inner}");
        }
    }

    #[test]
    fn contradicting_conditions_have_no_path() {
        for (outer, inner) in [
            ("-p tcp", "-p udp -m udp --dport 53"),
            ("-p tcp", "! -p tcp"),
            ("-s 10.0.0.0/8", "-s 11.0.0.0/8"),
            ("! -s 10.0.0.0/8", "-s 10.1.0.0/16"),
            ("-s 10.1.0.0/16", "! -s 10.0.0.0/8"),
            ("-i lo", "-i eth0"),
            ("-p tcp -m tcp --dport 80", "-p tcp -m tcp --dport 443"),
            ("-m conntrack --ctstate NEW", "-m state --state RELATED,ESTABLISHED"),
        ] {
            assert_eq!(both(outer, inner), None, "{outer} and {inner}");
        }
    }

    #[test]
    fn a_path_that_names_sources_with_exceptions_is_trusting() {
        for (outer, inner) in [("-s 10.0.0.0/8", "! -s 10.1.0.0/16"), ("! -s 10.1.0.0/16", "-s 10.0.0.0/8")] {
            let both = conditions(outer).and(&conditions(inner)).unwrap();
            assert_eq!(
                (both.are_approximate, both.openness()),
                (true, Openness::Trusting),
                "{outer} and {inner}"
            );
        }
    }

    #[test]
    fn a_connection_with_translated_addresses_may_be_new() {
        for (outer, inner) in [("NEW", "DNAT"), ("NEW,RELATED", "SNAT"), ("DNAT", "NEW,UNTRACKED")] {
            let [outer, inner] = [outer, inner].map(|states| format!("-m conntrack --ctstate {states}"));
            assert_eq!(both(&outer, &inner), Some(format!("{outer} {inner}")));
        }
    }

    #[test]
    fn a_very_large_block_names_no_specific_source() {
        for (rule, openness) in [
            ("-s 0.0.0.0/1", Openness::Open),
            ("-s 192.0.0.0/3", Openness::Open),
            ("-s 2000::/3 -p udp", Openness::Open),
            ("-m iprange --src-range 0.0.0.1-255.255.255.254", Openness::Open),
            ("-m conntrack --ctorigsrc 128.0.0.0/1", Openness::Open),
            ("-s 10.0.0.0/8", Openness::Trusting),
            ("-s 2001::/16", Openness::Trusting),
            ("-s 0.0.0.0/1 -s 10.0.0.1/32", Openness::Trusting),
            ("-m iprange --src-range 10.0.0.0-10.255.255.255", Openness::Trusting),
        ] {
            assert_eq!(conditions(rule).openness(), openness, "{rule}");
        }
    }

    #[test]
    fn only_conditions_that_every_packet_meets_count_as_none() {
        for rule in ["", "-m comment --comment \"-s 1.2.3.4\"", "-s 0.0.0.0/0"] {
            assert!(conditions(rule).are_none(), "{rule}");
        }
        for rule in ["-p tcp", "-m limit --limit 3/sec", "-m foo --bar", "! -s 0.0.0.0/0"] {
            assert!(!conditions(rule).are_none(), "{rule}");
        }
    }
}
