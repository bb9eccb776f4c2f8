//! Property tests: the jump and our returns against a model of the kernel that follows each packet through the rules.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::testing::{JUMP, listing};
use super::{Input, Listing};

/// A packet, as far as the rules of these tests look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packet {
    source: u8,
    port: u16,
    tcp: bool,
    is_new: bool,
    by_loopback: bool,
}

/// A condition, its meaning written independently of the code, and whether it names sources.
type Condition = (&'static str, fn(Packet) -> bool, bool);

const CONDITIONS: [Condition; 17] = [
    ("", |_| true, false),
    ("-s 10.0.0.1/32", |packet| packet.source == 1, true),
    ("-s 10.0.0.2/31", |packet| packet.source / 2 == 1, true),
    ("! -s 10.0.0.1/32", |packet| packet.source != 1, false),
    ("-m iprange --src-range 10.0.0.1-10.0.0.2", |packet| (1..=2).contains(&packet.source), true),
    ("-m set --match-set phones src", |packet| packet.source == 3, true),
    ("-m set ! --match-set phones src", |packet| packet.source != 3, false),
    ("-i lo", |packet| packet.by_loopback, true),
    ("! -i lo", |packet| !packet.by_loopback, false),
    ("-i eth+", |packet| !packet.by_loopback, false),
    ("-p tcp", |packet| packet.tcp, false),
    ("-p tcp -m tcp --dport 80", |packet| packet.tcp && packet.port == 80, false),
    ("-p udp -m multiport --dports 5060,10000:20000", |packet| !packet.tcp && packet.port == 5060, false),
    ("-m conntrack --ctstate RELATED,ESTABLISHED", |packet| !packet.is_new, false),
    ("-m state --state NEW", |packet| packet.is_new, false),
    ("-m conntrack ! --ctstate RELATED,ESTABLISHED", |packet| packet.is_new, false),
    (
        "-s 10.0.0.1/32 -p udp -m udp --dport 5060",
        |packet| packet.source == 1 && !packet.tcp && packet.port == 5060,
        true,
    ),
];
const TARGETS: [&str; 10] = [
    "-j ACCEPT",
    "-j ACCEPT",
    "-j ACCEPT",
    "-j DROP",
    "-j RETURN",
    "-j LOG --log-prefix \"-j ACCEPT\"",
    "-j a",
    "-j b",
    "-g a",
    "-g b",
];

type TestRule = (Condition, &'static str);

/// The rules of INPUT and of the chains `a`, which may jump to `b`, and `b`.
#[derive(Debug, Clone)]
struct Tables {
    chains: HashMap<&'static str, Vec<TestRule>>,
    accepts_by_policy: bool,
}

fn rules(targets: Vec<&'static str>, number: usize) -> impl Strategy<Value = Vec<TestRule>> {
    proptest::collection::vec((select(CONDITIONS.to_vec()), select(targets)), 0..number)
}

fn tables() -> impl Strategy<Value = Tables> {
    let without =
        |targets: &[&str]| TARGETS.into_iter().filter(|target| !targets.contains(target)).collect::<Vec<_>>();
    let (of_a, of_b) = (without(&["-j a", "-g a"]), without(&["-j a", "-g a", "-j b", "-g b"]));
    (rules(TARGETS.to_vec(), 9), rules(of_a, 5), rules(of_b, 4), any::<bool>()).prop_map(
        |(input, a, b, accepts_by_policy)| Tables {
            chains: HashMap::from([("INPUT", input), ("a", a), ("b", b)]),
            accepts_by_policy,
        },
    )
}

impl Tables {
    fn listing(&self) -> Listing {
        let rules: Vec<String> = ["INPUT", "a", "b"]
            .iter()
            .flat_map(|chain| {
                let words = move |((conditions, ..), target): &TestRule| {
                    format!("{chain} {conditions} {target}").replace("  ", " ")
                };
                self.chains[chain].iter().map(words)
            })
            .collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        listing(if self.accepts_by_policy { "ACCEPT" } else { "DROP" }, &rules)
    }

    /// The rules with the jump at the position that the code chooses (as `None`), and the parsed INPUT.
    fn with_jump(&self) -> (Vec<Option<TestRule>>, Input) {
        let input = Input::read(&self.listing(), JUMP);
        let lines = input.jumps.attach(JUMP);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        let place: usize = line.split(' ').nth(2).unwrap().parse().unwrap();
        let mut rules: Vec<Option<TestRule>> = self.chains["INPUT"].iter().copied().map(Some).collect();
        rules.insert(place - 1, None);
        (rules, input)
    }

    /// Whether a packet is accepted. The filter at `None` drops all sources that are not local.
    fn accepts(&self, input: &[Option<TestRule>], returns: &[String], packet: Packet) -> bool {
        match self.walk(input, returns, packet) {
            Fate::Accepted => true,
            Fate::Dropped => false,
            Fate::Back => self.accepts_by_policy,
        }
    }

    fn walk(&self, rules: &[Option<TestRule>], returns: &[String], packet: Packet) -> Fate {
        for rule in rules {
            let Some(((_, holds, _), target)) = rule else {
                if packet.is_new
                    && !packet.by_loopback
                    && !returns.iter().any(|conditions| all_hold(conditions, packet))
                {
                    return Fate::Dropped;
                }
                continue;
            };
            if !holds(packet) {
                continue;
            }
            let inner = |chain: &str| {
                let rules: Vec<_> = self.chains[chain].iter().copied().map(Some).collect();
                self.walk(&rules, returns, packet)
            };
            match target.split(' ').collect::<Vec<_>>()[..] {
                ["-j", "ACCEPT"] => return Fate::Accepted,
                ["-j", "DROP"] => return Fate::Dropped,
                ["-j", "RETURN"] => return Fate::Back,
                ["-j", "LOG", ..] => {}
                ["-g", chain] => return inner(chain),
                [_, chain] => match inner(chain) {
                    Fate::Back => {}
                    decided => return decided,
                },
                _ => panic!("{target}"),
            }
        }
        Fate::Back
    }

    /// True if a rule that names sources matches this packet.
    fn names(&self, packet: Packet) -> bool {
        self.chains.values().flatten().any(|((_, holds, names), _)| *names && holds(packet))
    }
}

/// What a chain does with a packet.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Accepted,
    Dropped,
    Back,
}

/// True if a packet meets joined conditions, each of which is one of [`PARTS`].
fn all_hold(conditions: &str, packet: Packet) -> bool {
    let mut rest = conditions;
    while !rest.is_empty() {
        let parts =
            PARTS.iter().filter(|(words, _)| rest == *words || rest.starts_with(&format!("{words} ")));
        let (words, holds) =
            parts.max_by_key(|(words, _)| words.len()).unwrap_or_else(|| panic!("{conditions}"));
        if !holds(packet) {
            return false;
        }
        rest = rest[words.len()..].trim_start();
    }
    true
}

type Part = (&'static str, fn(Packet) -> bool);

/// The single conditions in [`CONDITIONS`] with their meaning.
const PARTS: [Part; 17] = [
    ("-s 10.0.0.1/32", |packet| packet.source == 1),
    ("-s 10.0.0.2/31", |packet| packet.source / 2 == 1),
    ("! -s 10.0.0.1/32", |packet| packet.source != 1),
    ("-i lo", |packet| packet.by_loopback),
    ("! -i lo", |packet| !packet.by_loopback),
    ("-i eth+", |packet| !packet.by_loopback),
    ("-p tcp", |packet| packet.tcp),
    ("-p udp", |packet| !packet.tcp),
    ("-m tcp --dport 80", |packet| packet.port == 80),
    ("-m udp --dport 5060", |packet| packet.port == 5060),
    ("-m multiport --dports 5060,10000:20000", |packet| packet.port == 5060),
    ("-m iprange --src-range 10.0.0.1-10.0.0.2", |packet| (1..=2).contains(&packet.source)),
    ("-m set --match-set phones src", |packet| packet.source == 3),
    ("-m set ! --match-set phones src", |packet| packet.source != 3),
    ("-m conntrack --ctstate RELATED,ESTABLISHED", |packet| !packet.is_new),
    ("-m state --state NEW", |packet| packet.is_new),
    ("-m conntrack ! --ctstate RELATED,ESTABLISHED", |packet| packet.is_new),
];

fn packets() -> impl Iterator<Item = Packet> {
    let sources = (0..5_u8).flat_map(|source| [80, 443, 5060].map(|port| (source, port)));
    let with_protocol = sources.flat_map(|(source, port)| [true, false].map(|tcp| (source, port, tcp)));
    with_protocol.flat_map(|(source, port, tcp)| {
        [(true, false), (false, false), (true, true)].map(|(is_new, by_loopback)| Packet {
            source,
            port,
            tcp,
            is_new,
            by_loopback,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_source_that_no_rule_names_does_not_get_past_the_filter(tables in tables()) {
        let (rules, input) = tables.with_jump();
        prop_assume!(!input.is_open_for_certificates);
        for packet in packets().filter(|packet| packet.is_new && !packet.by_loopback && !tables.names(*packet)) {
            prop_assert!(!tables.accepts(&rules, &input.returns, packet), "{:?} gets in: {:?}", packet, rules);
        }
    }

    #[test]
    fn sources_accepted_by_name_and_existing_connections_are_not_affected(tables in tables()) {
        let (rules, input) = tables.with_jump();
        prop_assume!(input.not_honoured.is_empty());
        let without: Vec<_> = tables.chains["INPUT"].iter().copied().map(Some).collect();
        for packet in packets() {
            let counts = !packet.is_new || packet.by_loopback || tables.accepts_by_name(packet);
            if counts && tables.accepts(&without, &[], packet) {
                prop_assert!(tables.accepts(&rules, &input.returns, packet), "{:?} is cut off: {:?}", packet, rules);
            }
        }
    }

    #[test]
    fn there_is_exactly_one_jump_afterwards_and_no_other_rule_changes(tables in tables(), strays in proptest::collection::vec(0..10_usize, 0..3)) {
        let mut with_strays: Vec<String> = tables.listing().chain("INPUT").unwrap().to_vec();
        for stray in strays {
            with_strays.insert(stray.min(with_strays.len()), format!("-A INPUT {JUMP}"));
        }
        let chains = |listing: &Listing| ["a", "b"].map(|chain| listing.chain(chain).map(<[String]>::to_vec));
        let others = tables.listing();
        let list = |input: &[String]| {
            let other = ["a", "b"].iter().flat_map(|chain| others.chain(chain).unwrap_or_default());
            let rules: Vec<&str> = input.iter().chain(other).map(|rule| rule.strip_prefix("-A ").unwrap()).collect();
            listing(if tables.accepts_by_policy { "ACCEPT" } else { "DROP" }, &rules)
        };
        let before = list(&with_strays);
        let mut rules = with_strays.clone();
        let read = Input::read(&before, JUMP);
        for line in read.jumps.attach(JUMP) {
            match line.strip_prefix("-D INPUT ") {
                Some(rule) => { rules.remove(rules.iter().position(|found| found.ends_with(rule)).unwrap()); }
                None => rules.insert(line.split(' ').nth(2).unwrap().parse::<usize>().unwrap() - 1, format!("-A INPUT {JUMP}")),
            }
        }
        let after = list(&rules);
        let again = Input::read(&after, JUMP);
        prop_assert!(again.jumps.are_right() && again.jumps.fault("").is_none(), "{:?}", rules);
        prop_assert_eq!(&again.returns, &read.returns);
        let foreign = |rules: &[String]| rules.iter().filter(|rule| !rule.ends_with(JUMP)).cloned().collect::<Vec<_>>();
        prop_assert_eq!(foreign(&rules), foreign(&with_strays));
        prop_assert_eq!(chains(&before), chains(&after));
    }

    #[test]
    fn any_listing_gives_a_valid_position(
        lines in proptest::collection::vec("(-A INPUT |-A a )?([ -~]|-j |-g |-m |ACCEPT|a|! |-s |\\PC){0,20}", 0..8),
    ) {
        let text = format!("-P INPUT DROP\n{}\n", lines.join("\n"));
        if let Some(listing) = Listing::read(&text) {
            let input = Input::read(&listing, JUMP);
            prop_assert!(input.jumps.place <= lines.len());
            prop_assert_eq!(input.jumps.fault("").is_none(), input.jumps.are_right());
        }
    }
}

impl Tables {
    /// True if this packet is accepted on a path with a rule that names its source.
    fn accepts_by_name(&self, packet: Packet) -> bool {
        self.named_way("INPUT", packet, false, self.accepts_by_policy).unwrap_or(false)
    }

    /// Whether a chain accepts a packet by name. `None` if the packet returns.
    fn named_way(&self, chain: &str, packet: Packet, named: bool, accepts_by_policy: bool) -> Option<bool> {
        let end = || if accepts_by_policy { Some(named) } else { None };
        for ((_, _, names), target) in self.chains[chain].iter().filter(|((_, holds, _), _)| holds(packet)) {
            let named = named || *names;
            match target.split(' ').collect::<Vec<_>>()[..] {
                ["-j", "ACCEPT"] => return Some(named),
                ["-j", "DROP"] => return Some(false),
                ["-j", "RETURN"] => return if accepts_by_policy { Some(named) } else { None },
                ["-j", "LOG", ..] => {}
                ["-g", chain] => return self.named_way(chain, packet, named, accepts_by_policy),
                [_, chain] => {
                    if let Some(decided) = self.named_way(chain, packet, named, false) {
                        return Some(decided);
                    }
                }
                _ => panic!("{target}"),
            }
        }
        end()
    }
}
