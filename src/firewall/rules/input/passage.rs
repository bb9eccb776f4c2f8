//! Follows a new connection through INPUT.

use std::collections::BTreeSet;

use serde::Serialize;

use super::certainty::{Certainty, System};
use super::conditions::Conditions;
use super::rule::{Rule, Target};
use super::{INPUT, Input};
use crate::net::{Connection, Connections, DroppedConnections};

/// What happens to a new connection.
///
/// The order is that of how open they are, the most open first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Outcome {
    /// It is accepted.
    Accepted,
    /// The deciding rule cannot be evaluated.
    Unknown,
    /// It is dropped.
    Dropped,
}

/// The part of INPUT that decides about a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Decider {
    /// A rule before the filter.
    RuleBefore,
    /// The filter.
    Filter,
    /// A rule after the filter.
    RuleBehind,
    /// The policy of INPUT, because no rule decides.
    Policy,
}

/// What happens to a new connection, and which part of INPUT decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Passage {
    /// What happens to it.
    pub outcome: Outcome,
    /// The part that decides.
    pub decided_by: Decider,
    /// The deciding rule as `iptables -S` lists it. Left out if no rule of INPUT decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// The most rules that are evaluated. No real table has nearly as many.
const STEPS: usize = 1_000_000;
const DEPTH: usize = 64;

impl Input {
    /// What happens to the one of these connections that fares worst: to the lowest of the ports that are the least open.
    /// `dropped` says which of them the sets match.
    pub(in crate::firewall) fn passage_of_all(
        &self,
        connections: &Connections,
        dropped: DroppedConnections,
        let_through: &[String],
        system: &dyn System,
    ) -> Passage {
        let returning = readings(let_through);
        let to = |port| {
            let connection = connections.to(port);
            self.passage(&connection, dropped.concerns(&connection), &returning, system)
        };
        let (begin, end) = (*connections.ports.start(), *connections.ports.end());
        let first = to(begin);
        if begin == end {
            return first;
        }
        let mut turning = self.turning_ports(&returning);
        turning.extend(dropped.turning_ports());
        let others = turning.into_iter().filter(|port| (begin + 1..=end).contains(port));
        others.map(to).fold(first, |worst, other| if other.outcome > worst.outcome { other } else { worst })
    }

    /// The ports at which what happens may change: the first of each range that a rule names, and the first behind it.
    fn turning_ports(&self, returning: &[Rule]) -> BTreeSet<u16> {
        let rules = self.table.input.iter().chain(self.table.chains.values().flatten());
        rules.chain(returning).flat_map(|rule| rule.conditions.turning_ports()).collect()
    }

    /// What happens to a new connection, with the filter at its proper place. The filter lets a connection pass that
    /// meets the conditions of one of the rules `returning`. `against` says whether the sets match the source.
    fn passage(
        &self,
        connection: &Connection,
        against: bool,
        returning: &[Rule],
        system: &dyn System,
    ) -> Passage {
        let mut walk = Walk { input: self, connection, system, steps: 0, possible_accept: None };
        let (before, behind) = self.table.input.split_at(self.jumps.place);
        let is_let_through = if against { walk.lets_pass(returning) } else { Certainty::Yes };
        let decision = match walk.through(before, Decider::RuleBefore) {
            Some(decision) => decision,
            None if is_let_through == Certainty::No => (Outcome::Dropped, Decider::Filter, None),
            None => {
                let decision = walk.through(behind, Decider::RuleBehind);
                let decision = decision.unwrap_or_else(|| (self.at_the_end(), Decider::Policy, None));
                let depends_on_filter = is_let_through == Certainty::Maybe && decision.0 == Outcome::Accepted;
                if depends_on_filter { (Outcome::Unknown, Decider::Filter, None) } else { decision }
            }
        };
        let (outcome, decided_by, rule) = match (decision, walk.possible_accept) {
            // An earlier rule may have accepted it.
            ((Outcome::Dropped, ..), Some((decider, rule))) => (Outcome::Unknown, decider, Some(rule)),
            (decision, _) => decision,
        };
        Passage { outcome, decided_by, rule: rule.map(str::to_owned) }
    }

    fn at_the_end(&self) -> Outcome {
        if self.table.accepts_by_policy { Outcome::Accepted } else { Outcome::Dropped }
    }
}

/// The rules with which our chain lets pass what meets the conditions.
fn readings(let_through: &[String]) -> Vec<Rule> {
    let_through.iter().map(|conditions| reading(conditions)).collect()
}

fn reading(conditions: &str) -> Rule {
    Rule::read(&format!("-A {INPUT} {conditions}"))
}

type Decision<'a> = (Outcome, Decider, Option<&'a str>);

/// The result of following a connection through a chain.
enum End<'a> {
    Decided(Outcome, &'a str),
    /// It continues with the next rule.
    Continues,
    /// It returns to the calling chain.
    Returns,
}

struct Walk<'a> {
    input: &'a Input,
    connection: &'a Connection,
    system: &'a dyn System,
    steps: usize,
    /// The first rule that may accept it.
    possible_accept: Option<(Decider, &'a str)>,
}

impl<'a> Walk<'a> {
    /// Follows it through rules of INPUT. If it returns from there, the policy decides.
    fn through(&mut self, rules: &'a [Rule], decider: Decider) -> Option<Decision<'a>> {
        match self.chain(rules, Certainty::Yes, decider, 0) {
            End::Decided(outcome, rule) => Some((outcome, decider, Some(rule))),
            End::Returns => Some((self.input.at_the_end(), Decider::Policy, None)),
            End::Continues => None,
        }
    }

    /// Whether the filter lets it pass, given that the sets match its source.
    fn lets_pass(&self, returning: &[Rule]) -> Certainty {
        if self.system.sends(self.connection) {
            return Certainty::Yes;
        }
        returning.iter().fold(Certainty::No, |so_far, rule| !((!so_far).and(!self.meets(&rule.conditions))))
    }

    fn meets(&self, conditions: &Conditions) -> Certainty {
        conditions.hold(self.connection, self.system)
    }

    /// Follows it through a chain that it reaches for sure or maybe. A rule that it only may reach cannot decide.
    fn chain(
        &mut self,
        rules: &'a [Rule],
        mut reached: Certainty,
        decider: Decider,
        depth: usize,
    ) -> End<'a> {
        for rule in rules {
            self.steps += 1;
            if self.steps > STEPS || depth > DEPTH {
                self.may_accept(rule, decider);
                break;
            }
            let meets = self.meets(&rule.conditions).and(reached);
            if meets == Certainty::No {
                continue;
            }
            let is_sure = meets == Certainty::Yes;
            match &rule.target {
                Target::Accept if is_sure => return End::Decided(Outcome::Accepted, &rule.text),
                Target::Drop if is_sure => return End::Decided(Outcome::Dropped, &rule.text),
                Target::Return if is_sure => return End::Returns,
                Target::Queue if is_sure => return End::Decided(Outcome::Unknown, &rule.text),
                Target::Continue | Target::Drop => {}
                Target::Accept | Target::Queue => self.may_accept(rule, decider),
                Target::Return => {
                    if depth == 0 {
                        self.returns_from_input(rule, decider);
                    } else {
                        // The following rules are only reached if the packet does not return here.
                        reached = Certainty::Maybe;
                    }
                }
                Target::Jump(name) | Target::Goto(name) => {
                    let goes = matches!(rule.target, Target::Goto(_));
                    let Some(inner) = self.input.table.chains.get(name) else {
                        self.may_accept(rule, decider);
                        continue;
                    };
                    match self.chain(inner, meets, decider, depth + 1) {
                        End::Decided(outcome, rule) => return End::Decided(outcome, rule),
                        End::Returns | End::Continues if goes && is_sure => return End::Returns,
                        End::Returns | End::Continues if goes && depth == 0 => {
                            self.returns_from_input(rule, decider);
                        }
                        End::Returns | End::Continues if goes => reached = Certainty::Maybe,
                        End::Returns | End::Continues => {}
                    }
                }
            }
        }
        End::Continues
    }

    fn may_accept(&mut self, rule: &'a Rule, decider: Decider) {
        self.possible_accept.get_or_insert((decider, &rule.text));
    }

    /// Notes that a rule of INPUT may send it to the policy.
    fn returns_from_input(&mut self, rule: &'a Rule, decider: Decider) {
        if self.input.at_the_end() == Outcome::Accepted {
            self.may_accept(rule, decider);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::super::testing::{JUMP, listing};
    use super::*;
    use crate::net::Transport;

    struct TestSystem(Vec<String>);

    impl System for TestSystem {
        fn set_holds(&self, set: &str, address: IpAddr) -> Option<bool> {
            (set == "phones").then(|| address.to_string() == "1.0.0.3")
        }

        fn interfaces(&self) -> &[String] {
            &self.0
        }

        fn is_own(&self, address: IpAddr) -> bool {
            address.to_string() == "10.0.0.9"
        }
    }

    /// What happens to a new connection under these rules, which each start with the name of a chain.
    fn passage(rules: &[&str], source: &str, (protocol, port): (Transport, u16), against: bool) -> Passage {
        let connection = Connection { source: source.parse().unwrap(), protocol, port };
        let system = TestSystem(vec!["eth0".to_owned(), "tun0".to_owned()]);
        let input = Input::read(&listing("DROP", rules), JUMP);
        input.passage(&connection, against, &readings(&input.returns), &system)
    }

    const WEB: (Transport, u16) = (Transport::Tcp, 443);
    const SIP: (Transport, u16) = (Transport::Udp, 5060);
    const TRUNK: [&str; 5] = [
        "INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "INPUT -s 1.0.1.0/24 -p udp -m multiport --dports 5060,10000:10200 -j ACCEPT",
        "INPUT ! -s 1.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT",
        "INPUT -p tcp -m tcp --dport 443 -j ACCEPT",
        "INPUT -j DROP",
    ];

    #[test]
    fn a_source_trusted_for_one_port_is_not_trusted_for_another() {
        let of = |source, to, against| {
            let passage = passage(&TRUNK, source, to, against);
            (passage.outcome, passage.decided_by)
        };
        assert_eq!(of("1.0.1.1", SIP, true), (Outcome::Accepted, Decider::RuleBefore));
        assert_eq!(of("1.0.1.1", WEB, true), (Outcome::Dropped, Decider::Filter));
        assert_eq!(of("1.0.2.1", (Transport::Tcp, 22), false), (Outcome::Dropped, Decider::RuleBehind));
        assert_eq!(of("9.9.9.9", WEB, false), (Outcome::Accepted, Decider::RuleBehind));
        assert_eq!(of("9.9.9.9", SIP, false), (Outcome::Dropped, Decider::RuleBehind));
        assert_eq!(
            passage(&TRUNK, "9.9.9.9", WEB, false).rule.unwrap(),
            "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT"
        );
        assert_eq!(passage(&TRUNK[..1], "9.9.9.9", WEB, false).decided_by, Decider::Policy);
    }

    #[test]
    fn a_range_is_as_open_as_the_port_of_it_that_is_the_least_open() {
        let system = TestSystem(vec!["eth0".to_owned()]);
        let of = |rules: &[&str], ports| {
            let input = Input::read(&listing("DROP", rules), JUMP);
            let source = "1.0.1.1".parse().unwrap();
            let connections = Connections { source, protocol: Transport::Udp, ports };
            let all = input.passage_of_all(&connections, DroppedConnections::All, &input.returns, &system);
            let each = connections.ports.clone().map(|port| {
                input.passage(&connections.to(port), true, &readings(&input.returns), &system).outcome
            });
            assert_eq!(each.max(), Some(all.outcome), "{rules:?}");
            all.outcome
        };
        assert_eq!(of(&TRUNK, 10_000..=10_200), Outcome::Accepted);
        assert_eq!(of(&TRUNK, 10_000..=10_201), Outcome::Dropped);
        assert_eq!(of(&TRUNK, 9_999..=10_200), Outcome::Dropped);
        let open = "INPUT -s 1.0.1.0/24 -p udp -j ACCEPT";
        for (exception, outcome) in [
            ("INPUT -p udp -m udp --dport 10100 -j DROP", Outcome::Dropped),
            ("INPUT -p udp -m multiport --dports 1:9999,10201:65535 -j DROP", Outcome::Accepted),
            ("INPUT -p udp -m multiport ! --dports 10000:10150 -j DROP", Outcome::Dropped),
            ("INPUT -p udp -m multiport --ports 10100 -m mark --mark 0x1 -j DROP", Outcome::Accepted),
            ("INPUT -p udp -m udp --dport 10100 -j NFQUEUE --queue-num 1", Outcome::Unknown),
        ] {
            assert_eq!(of(&[exception, open, "INPUT -j DROP"], 10_000..=10_200), outcome, "{exception}");
        }
        let behind =
            ["INPUT -p udp -j ACCEPT", "INPUT -s 1.0.1.1/32 -p udp -m udp --dport 10000:10100 -j ACCEPT"];
        assert_eq!(of(&behind, 10_000..=10_100), Outcome::Accepted, "the filter lets it pass");
        assert_eq!(of(&behind, 10_000..=10_101), Outcome::Dropped);
    }

    #[test]
    fn a_rule_that_only_may_match_decides_nothing() {
        let open = |rule| passage(&[rule, "INPUT -p tcp -j ACCEPT"], "1.0.0.1", WEB, false).outcome;
        for rule in [
            "INPUT -m hashlimit --hashlimit-above 10/sec --hashlimit-name x -j DROP",
            "INPUT -m set --match-set unknown src -j DROP",
            "INPUT -m set --match-set phones src -j DROP",
            "INPUT -i tun0 -j DROP",
        ] {
            assert_eq!(open(rule), Outcome::Accepted, "{rule}");
        }
        let closed = |rule| passage(&[rule, "INPUT -j DROP"], "1.0.0.1", WEB, false).outcome;
        for rule in [
            "INPUT -m set --match-set unknown src -j ACCEPT",
            "INPUT -i tun0 -j ACCEPT",
            "INPUT -s 1.0.0.0/24 -m mark --mark 0x1 -j ACCEPT",
            "INPUT -p tcp -j NFQUEUE --queue-num 1",
        ] {
            assert_eq!(closed(rule), Outcome::Unknown, "{rule}");
        }
        for rule in [
            "INPUT -i lo -j ACCEPT",
            "INPUT -m set --match-set phones src -j ACCEPT",
            "INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
        ] {
            assert_eq!(closed(rule), Outcome::Dropped, "{rule}");
        }
        let rule = "INPUT ! -i lo -d 10.0.0.9/32 -p tcp -m tcp --dport 443 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT";
        assert_eq!(closed(rule), Outcome::Accepted);
    }

    #[test]
    fn connections_from_the_machine_itself_use_lo_and_are_not_filtered() {
        let rules = ["INPUT -i eth+ -p tcp -j DROP", "INPUT ! -i lo -j DROP", "INPUT -i lo -j ACCEPT"];
        for source in ["127.0.0.1", "10.0.0.9", "::1"] {
            let found = passage(&rules, source, WEB, true);
            let decided = (found.outcome, found.rule.as_deref());
            assert_eq!(decided, (Outcome::Accepted, Some("-A INPUT -i lo -j ACCEPT")), "{source}");
        }
        assert_eq!(passage(&["INPUT -p tcp -j ACCEPT"], "10.0.0.9", WEB, true).outcome, Outcome::Accepted);
    }

    #[test]
    fn the_outcome_is_unknown_if_the_filter_may_let_a_connection_pass() {
        let rules = |behind| ["INPUT -p tcp -j ACCEPT", behind, "INPUT -j DROP"];
        for behind in
            ["INPUT -m set --match-set unknown src -j ACCEPT", "INPUT -s 1.0.0.1/32 -m u32 --u32 x -j ACCEPT"]
        {
            for to in [WEB, SIP] {
                assert_eq!(
                    passage(&rules(behind), "1.0.0.1", to, true).outcome,
                    Outcome::Unknown,
                    "{behind}"
                );
            }
        }
        let behind = "INPUT -s 1.0.0.2/32 -m u32 --u32 x -j ACCEPT";
        assert_eq!(passage(&rules(behind), "1.0.0.1", WEB, true).outcome, Outcome::Dropped);
    }

    #[test]
    fn chains_are_followed_and_the_returns_of_the_filter_are_honoured() {
        let rules = [
            "INPUT -j bans",
            "INPUT -p tcp -j ACCEPT",
            "INPUT -m set --match-set phones src -j ACCEPT",
            "INPUT -j DROP",
            "bans -s 1.0.0.1/32 -j DROP",
            "bans -m mark --mark 0x1 -j RETURN",
            "bans -p udp -m udp --dport 9 -j REJECT --reject-with icmp-port-unreachable",
            "bans -j RETURN",
        ];
        let of = |source, to, against| {
            let passage = passage(&rules, source, to, against);
            (passage.outcome, passage.decided_by, passage.rule)
        };
        let banned = Some("-A bans -s 1.0.0.1/32 -j DROP".to_owned());
        assert_eq!(of("1.0.0.1", WEB, true), (Outcome::Dropped, Decider::RuleBefore, banned));
        assert_eq!(of("1.0.0.2", WEB, true), (Outcome::Dropped, Decider::Filter, None));
        assert_eq!(
            (of("1.0.0.3", WEB, true).0, of("1.0.0.3", SIP, true).0),
            (Outcome::Accepted, Outcome::Accepted)
        );
        assert_eq!(of("1.0.0.2", SIP, false).0, Outcome::Dropped);
    }
}
