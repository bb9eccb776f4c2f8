//! Finds the paths on which INPUT and the chains below it may accept a new connection.

use std::cell::RefCell;
use std::collections::HashMap;

use super::conditions::{Conditions, Openness};
use super::rule::{Rule, Target};

/// The most rules that are checked for one rule of INPUT. A table with more paths counts as open, so that nobody gets
/// in unfiltered because the search was incomplete.
const STEPS: usize = 20_000;
/// The deepest nesting of chains that is followed. No real table is deeper.
const DEPTH: usize = 64;

/// All rules that a packet to this machine may reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The rules of INPUT, without our jumps.
    pub(super) input: Vec<Rule>,
    /// The rules of all other chains.
    pub(super) chains: HashMap<String, Vec<Rule>>,
    /// True if the policy of INPUT is to accept.
    pub(super) accepts_by_policy: bool,
}

/// A path on which connections are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AcceptPath {
    /// The rule of INPUT at which it starts, counted from 0.
    pub(super) begin: usize,
    /// The accepting rule, as listed.
    pub(super) rule: String,
    pub(super) conditions: Conditions,
    pub(super) openness: Openness,
    /// True if it stands for more paths than can be followed.
    pub(super) is_truncated: bool,
}

/// The result of the search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AcceptPaths {
    /// In the order of INPUT, without paths for existing connections.
    pub(super) paths: Vec<AcceptPath>,
    /// The first rule of INPUT after which no packet continues, or the number of rules.
    pub(super) end: usize,
}

impl Table {
    /// True if a rule sets marks that another rule may check.
    pub(super) fn marks_packets(&self) -> bool {
        let mut rules = self.input.iter().chain(self.chains.values().flatten());
        rules.any(|rule| [" -j MARK ", " -j CONNMARK "].iter().any(|target| rule.text.contains(target)))
    }

    /// Finds all paths.
    pub(super) fn paths(&self) -> AcceptPaths {
        let facts = Facts { table: self, comes_back: RefCell::default(), accepts: RefCell::default() };
        let mut paths = Vec::new();
        for (begin, rule) in self.input.iter().enumerate() {
            let mut walk = Walk { facts: &facts, begin, steps: 0, is_truncated: false, paths: &mut paths };
            walk.enter(rule, &Conditions::default(), 0, self.accepts_by_policy);
            if walk.is_truncated {
                paths.retain(|path| path.begin != begin);
                paths.push(AcceptPath::truncated(begin, rule));
            }
            if facts.ends(rule, 0) {
                return AcceptPaths { paths, end: begin };
            }
        }
        AcceptPaths { paths, end: self.input.len() }
    }
}

impl AcceptPath {
    /// Stands for the paths from a rule that are too many to follow.
    fn truncated(begin: usize, rule: &Rule) -> Self {
        let conditions = Conditions { are_approximate: true, ..rule.conditions.clone() };
        let openness = match conditions.openness() {
            Openness::Trusting => Openness::Trusting,
            _ => Openness::Open,
        };
        Self { begin, rule: rule.text.clone(), conditions, openness, is_truncated: true }
    }
}

/// Cached properties of chains.
struct Facts<'a> {
    table: &'a Table,
    comes_back: RefCell<HashMap<&'a str, bool>>,
    accepts: RefCell<HashMap<&'a str, bool>>,
}

impl<'a> Facts<'a> {
    /// True if no packet continues after this rule.
    fn ends(&self, rule: &'a Rule, depth: usize) -> bool {
        rule.conditions.are_none()
            && match &rule.target {
                Target::Accept | Target::Drop | Target::Queue | Target::Return | Target::Goto(_) => true,
                Target::Continue => false,
                Target::Jump(chain) => !self.comes_back(chain, depth),
            }
    }

    /// True if a packet may return from the chain.
    fn comes_back(&self, chain: &'a str, depth: usize) -> bool {
        let known = self.comes_back.borrow().get(chain).copied();
        let Some(rules) = self.table.chains.get(chain) else { return true };
        if let Some(known) = known.or((depth > DEPTH).then_some(true)) {
            return known;
        }
        // A cycle of chains is not possible in the kernel. In one, assume that packets return.
        self.comes_back.borrow_mut().insert(chain, true);
        let mut found = true;
        let mut somebody_does = false;
        for rule in rules {
            match &rule.target {
                Target::Return => somebody_does = true,
                Target::Goto(next) => somebody_does |= self.comes_back(next, depth + 1),
                _ => {}
            }
            if self.ends(rule, depth + 1) {
                found = somebody_does;
                break;
            }
        }
        self.comes_back.borrow_mut().insert(chain, found);
        found
    }

    /// True if the chain may accept a packet, or if that is unknown.
    fn accepts(&self, chain: &'a str, depth: usize) -> bool {
        let known = self.accepts.borrow().get(chain).copied();
        let Some(rules) = self.table.chains.get(chain) else { return true };
        if let Some(known) = known.or((depth > DEPTH).then_some(true)) {
            return known;
        }
        self.accepts.borrow_mut().insert(chain, false);
        let found = rules.iter().any(|rule| match &rule.target {
            Target::Accept | Target::Queue => true,
            Target::Jump(next) | Target::Goto(next) => self.accepts(next, depth + 1),
            Target::Continue | Target::Drop | Target::Return => false,
        });
        self.accepts.borrow_mut().insert(chain, found);
        found
    }
}

/// The search from one rule of INPUT.
struct Walk<'a, 'w> {
    facts: &'w Facts<'a>,
    begin: usize,
    steps: usize,
    is_truncated: bool,
    paths: &'w mut Vec<AcceptPath>,
}

impl<'a> Walk<'a, '_> {
    /// Checks a rule that is reached under the conditions `before`. `accepts_behind`: a packet that returns from here
    /// is accepted by the policy, which is possible in INPUT and in chains that it enters with `-g`.
    fn enter(&mut self, rule: &'a Rule, before: &Conditions, depth: usize, accepts_behind: bool) {
        self.steps += 1;
        self.is_truncated |= self.steps > STEPS || depth > DEPTH;
        if self.is_truncated {
            return;
        }
        let Some(conditions) = before.and(&rule.conditions) else { return };
        if conditions.openness() == Openness::Existing {
            return;
        }
        match &rule.target {
            Target::Continue | Target::Drop => {}
            Target::Return if !accepts_behind => {}
            Target::Accept | Target::Queue | Target::Return => self.arrive(rule, conditions, false),
            Target::Jump(chain) | Target::Goto(chain) => {
                let goes = matches!(rule.target, Target::Goto(_));
                let returns_to_accept = goes && accepts_behind;
                let Some(rules) = self.facts.table.chains.get(chain) else {
                    self.arrive(rule, conditions, true);
                    return;
                };
                if !self.facts.accepts(chain, 0) && !returns_to_accept {
                    return;
                }
                for inner in rules {
                    self.enter(inner, &conditions, depth + 1, returns_to_accept);
                    if self.facts.ends(inner, 0) {
                        return;
                    }
                }
                if returns_to_accept {
                    self.arrive(rule, conditions, false);
                }
            }
        }
    }

    fn arrive(&mut self, rule: &Rule, conditions: Conditions, by_unknown_target: bool) {
        let openness = match conditions.openness() {
            Openness::Open if by_unknown_target => Openness::Unclear,
            openness => openness,
        };
        let rule = rule.text.clone();
        self.paths.push(AcceptPath { begin: self.begin, rule, conditions, openness, is_truncated: false });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::table;
    use super::*;

    /// The starts of all paths with their openness, and the end.
    fn paths(policy: &str, rules: &[&str]) -> (Vec<(usize, Openness)>, usize) {
        let AcceptPaths { paths, end } = table(policy, rules).paths();
        (paths.into_iter().map(|path| (path.begin, path.openness)).collect(), end)
    }

    #[test]
    fn a_chain_is_followed_and_returns() {
        let rules =
            ["INPUT -j web", "INPUT -s 1.2.3.4/32 -j ACCEPT", "INPUT -j DROP", "web -p tcp -j ACCEPT"];
        assert_eq!(paths("DROP", &rules), (vec![(0, Openness::Open), (1, Openness::Trusting)], 2));
    }

    #[test]
    fn a_goto_does_not_return() {
        let rules = ["INPUT -g web", "INPUT -j ACCEPT", "web -s 1.2.3.4/32 -j ACCEPT"];
        assert_eq!(paths("DROP", &rules), (vec![(0, Openness::Trusting)], 0));
        assert_eq!(paths("ACCEPT", &rules), (vec![(0, Openness::Trusting), (0, Openness::Open)], 0));
    }

    #[test]
    fn rules_after_an_end_are_unreachable() {
        let rules = [
            "INPUT -j a",
            "INPUT -j ACCEPT",
            "a -j b",
            "a -j ACCEPT",
            "b -p tcp -j RETURN",
            "b -j REJECT",
            "b -j ACCEPT",
        ];
        assert_eq!(paths("DROP", &rules), (vec![(0, Openness::Open)], 0));
        let without_return: Vec<&str> = rules.into_iter().filter(|rule| !rule.ends_with("RETURN")).collect();
        assert_eq!(paths("DROP", &without_return), (vec![], 0));
    }

    #[test]
    fn a_return_from_input_leads_to_its_policy() {
        let rules = ["INPUT -p tcp -j RETURN", "INPUT -j DROP"];
        assert_eq!(paths("ACCEPT", &rules), (vec![(0, Openness::Open)], 1));
        assert_eq!(paths("DROP", &rules), (vec![], 1));
    }

    #[test]
    fn contradicting_conditions_are_no_path() {
        let rules = ["INPUT -p tcp -j a", "INPUT -j DROP", "a -p udp -j ACCEPT"];
        assert_eq!(paths("DROP", &rules), (vec![], 1));
    }

    #[test]
    fn an_unknown_condition_is_neither_open_nor_trusting() {
        let rules = [
            "INPUT -m mark --mark 0x1 -j ACCEPT",
            "INPUT -j FANCY",
            "INPUT -s 1.2.3.4/32 -m u32 --u32 \"0=1\" -j ACCEPT",
        ];
        let kinds = [Openness::Unclear, Openness::Unclear, Openness::Trusting];
        assert_eq!(paths("DROP", &rules), (kinds.into_iter().enumerate().collect(), 3));
        assert_eq!(paths("DROP", &["INPUT -m u32 --u32 \"0=1\" -j DROP"]), (vec![], 1));
    }

    #[test]
    fn a_chain_may_have_the_name_of_a_target() {
        let rules = ["INPUT -j ACCOUNT", "INPUT -j DROP", "ACCOUNT -p udp -j ACCEPT"];
        assert_eq!(paths("DROP", &rules), (vec![(0, Openness::Open)], 1));
        assert_eq!(paths("DROP", &rules[..2]), (vec![], 1));
    }

    #[test]
    fn cycles_and_exponentially_many_paths_end_the_search() {
        assert_eq!(
            paths("DROP", &["INPUT -j a", "a -j b", "b -j a", "b -p tcp -j ACCEPT"]).0[0].1,
            Openness::Open
        );
        let mut rules = vec!["INPUT -s 1.2.3.4/32 -j c0".to_owned(), "c30 -j ACCEPT".to_owned()];
        for depth in 0..30 {
            let (from, to) = (format!("c{depth}"), format!("c{}", depth + 1));
            rules.extend(["-p tcp", "-p udp"].map(|matches| format!("{from} {matches} -j {to}")));
            rules.extend(["-i eth0", "-i eth1"].map(|matches| format!("{from} {matches} -g {to}")));
        }
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let (found, _) = paths("DROP", &rules);
        assert_eq!(found, [(0, Openness::Trusting)]);
    }
}
