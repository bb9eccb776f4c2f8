//! The ways on which a new connection may be accepted, found by a walk through INPUT and all chains it leads to.

use std::cell::RefCell;
use std::collections::HashMap;

use super::conditions::{Conditions, Openness};
use super::rule::{Rule, Target};

/// So many rules are looked at for one rule of INPUT. A table with more ways than that counts as open: nobody is let in
/// unfiltered because we lost our way.
const STEPS: usize = 20_000;
/// No table of people is deeper.
const DEPTH: usize = 64;

/// All rules that a packet to this machine may meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Those of INPUT, without our jumps.
    pub(super) input: Vec<Rule>,
    /// Those of all other chains.
    pub(super) chains: HashMap<String, Vec<Rule>>,
    /// True if INPUT accepts what comes to its end.
    pub(super) accepts_at_the_end: bool,
}

/// A way on which connections are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// The rule of INPUT that it begins with, counted from 0.
    pub(super) begin: usize,
    /// The rule that accepts, as it is listed.
    pub(super) rule: String,
    pub(super) conditions: Conditions,
    pub(super) openness: Openness,
    /// True if it stands for more ways than can be walked.
    pub(super) is_lost: bool,
}

/// What is found on a walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ways {
    /// In the order of INPUT, without those of connections that exist.
    pub(super) ways: Vec<Way>,
    /// The first rule of INPUT behind which nobody comes; the number of rules where there is none.
    pub(super) end: usize,
}

impl Table {
    /// True if a rule sets marks that another may ask for.
    pub(super) fn marks_packets(&self) -> bool {
        let mut rules = self.input.iter().chain(self.chains.values().flatten());
        rules.any(|rule| [" -j MARK ", " -j CONNMARK "].iter().any(|target| rule.text.contains(target)))
    }

    /// All ways.
    pub(super) fn ways(&self) -> Ways {
        let facts = Facts { table: self, comes_back: RefCell::default(), accepts: RefCell::default() };
        let mut ways = Vec::new();
        for (begin, rule) in self.input.iter().enumerate() {
            let mut walk = Walk { facts: &facts, begin, steps: 0, is_lost: false, ways: &mut ways };
            walk.enter(rule, &Conditions::default(), 0, self.accepts_at_the_end);
            if walk.is_lost {
                ways.retain(|way| way.begin != begin);
                ways.push(Way::lost(begin, rule));
            }
            if facts.ends(rule, 0) {
                return Ways { ways, end: begin };
            }
        }
        Ways { ways, end: self.input.len() }
    }
}

impl Way {
    /// What stands for the ways that begin with a rule and are too many to be walked.
    fn lost(begin: usize, rule: &Rule) -> Self {
        let conditions = Conditions { are_rough: true, ..rule.conditions.clone() };
        let openness = match conditions.openness() {
            Openness::Trusting => Openness::Trusting,
            _ => Openness::Open,
        };
        Self { begin, rule: rule.text.clone(), conditions, openness, is_lost: true }
    }
}

/// What is known of whole chains.
struct Facts<'a> {
    table: &'a Table,
    comes_back: RefCell<HashMap<&'a str, bool>>,
    accepts: RefCell<HashMap<&'a str, bool>>,
}

impl<'a> Facts<'a> {
    /// True if no packet comes to the rule behind this one.
    fn ends(&self, rule: &'a Rule, depth: usize) -> bool {
        rule.conditions.are_none()
            && match &rule.target {
                Target::Accept | Target::Drop | Target::Ask | Target::Return | Target::Goto(_) => true,
                Target::GoOn => false,
                Target::Jump(chain) => !self.comes_back(chain, depth),
            }
    }

    /// True if a packet may come back from the chain.
    fn comes_back(&self, chain: &'a str, depth: usize) -> bool {
        let known = self.comes_back.borrow().get(chain).copied();
        let Some(rules) = self.table.chains.get(chain) else { return true };
        if let Some(known) = known.or((depth > DEPTH).then_some(true)) {
            return known;
        }
        // No chain leads to itself; if one did, some would come back.
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

    /// True if somebody may be accepted in the chain, or it cannot be told.
    fn accepts(&self, chain: &'a str, depth: usize) -> bool {
        let known = self.accepts.borrow().get(chain).copied();
        let Some(rules) = self.table.chains.get(chain) else { return true };
        if let Some(known) = known.or((depth > DEPTH).then_some(true)) {
            return known;
        }
        self.accepts.borrow_mut().insert(chain, false);
        let found = rules.iter().any(|rule| match &rule.target {
            Target::Accept | Target::Ask => true,
            Target::Jump(next) | Target::Goto(next) => self.accepts(next, depth + 1),
            Target::GoOn | Target::Drop | Target::Return => false,
        });
        self.accepts.borrow_mut().insert(chain, found);
        found
    }
}

/// A walk from one rule of INPUT on.
struct Walk<'a, 'w> {
    facts: &'w Facts<'a>,
    begin: usize,
    steps: usize,
    is_lost: bool,
    ways: &'w mut Vec<Way>,
}

impl<'a> Walk<'a, '_> {
    /// Looks at a rule that is come to under conditions. `accepts_behind`: who returns from here is accepted, which may
    /// be so in INPUT and in chains that it goes to without coming back.
    fn enter(&mut self, rule: &'a Rule, before: &Conditions, depth: usize, accepts_behind: bool) {
        self.steps += 1;
        self.is_lost |= self.steps > STEPS || depth > DEPTH;
        if self.is_lost {
            return;
        }
        let Some(conditions) = before.and(&rule.conditions) else { return };
        if conditions.openness() == Openness::Existing {
            return;
        }
        match &rule.target {
            Target::GoOn | Target::Drop => {}
            Target::Return if !accepts_behind => {}
            Target::Accept | Target::Ask | Target::Return => self.arrive(rule, conditions, false),
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
        self.ways.push(Way { begin: self.begin, rule, conditions, openness, is_lost: false });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::table;
    use super::*;

    /// Where ways begin, whom they are open to, and where the walk ends.
    fn ways(policy: &str, rules: &[&str]) -> (Vec<(usize, Openness)>, usize) {
        let Ways { ways, end } = table(policy, rules).ways();
        (ways.into_iter().map(|way| (way.begin, way.openness)).collect(), end)
    }

    #[test]
    fn a_chain_is_walked_through_and_come_back_from() {
        let rules =
            ["INPUT -j web", "INPUT -s 1.2.3.4/32 -j ACCEPT", "INPUT -j DROP", "web -p tcp -j ACCEPT"];
        assert_eq!(ways("DROP", &rules), (vec![(0, Openness::Open), (1, Openness::Trusting)], 2));
    }

    #[test]
    fn who_goes_to_a_chain_does_not_come_back() {
        let rules = ["INPUT -g web", "INPUT -j ACCEPT", "web -s 1.2.3.4/32 -j ACCEPT"];
        assert_eq!(ways("DROP", &rules), (vec![(0, Openness::Trusting)], 0));
        assert_eq!(ways("ACCEPT", &rules), (vec![(0, Openness::Trusting), (0, Openness::Open)], 0));
    }

    #[test]
    fn what_stands_behind_an_end_is_no_way() {
        let rules = [
            "INPUT -j a",
            "INPUT -j ACCEPT",
            "a -j b",
            "a -j ACCEPT",
            "b -p tcp -j RETURN",
            "b -j REJECT",
            "b -j ACCEPT",
        ];
        assert_eq!(ways("DROP", &rules), (vec![(0, Openness::Open)], 0));
        let without_return: Vec<&str> = rules.into_iter().filter(|rule| !rule.ends_with("RETURN")).collect();
        assert_eq!(ways("DROP", &without_return), (vec![], 0));
    }

    #[test]
    fn who_returns_from_input_meets_its_policy() {
        let rules = ["INPUT -p tcp -j RETURN", "INPUT -j DROP"];
        assert_eq!(ways("ACCEPT", &rules), (vec![(0, Openness::Open)], 1));
        assert_eq!(ways("DROP", &rules), (vec![], 1));
    }

    #[test]
    fn contradicting_conditions_are_no_way() {
        let rules = ["INPUT -p tcp -j a", "INPUT -j DROP", "a -p udp -j ACCEPT"];
        assert_eq!(ways("DROP", &rules), (vec![], 1));
    }

    #[test]
    fn what_is_unknown_is_neither_open_nor_trusting() {
        let rules = [
            "INPUT -m mark --mark 0x1 -j ACCEPT",
            "INPUT -j FANCY",
            "INPUT -s 1.2.3.4/32 -m u32 --u32 \"0=1\" -j ACCEPT",
        ];
        let kinds = [Openness::Unclear, Openness::Unclear, Openness::Trusting];
        assert_eq!(ways("DROP", &rules), (kinds.into_iter().enumerate().collect(), 3));
        assert_eq!(ways("DROP", &["INPUT -m u32 --u32 \"0=1\" -j DROP"]), (vec![], 1));
    }

    #[test]
    fn a_chain_may_bear_the_name_of_a_target() {
        let rules = ["INPUT -j ACCOUNT", "INPUT -j DROP", "ACCOUNT -p udp -j ACCEPT"];
        assert_eq!(ways("DROP", &rules), (vec![(0, Openness::Open)], 1));
        assert_eq!(ways("DROP", &rules[..2]), (vec![], 1));
    }

    #[test]
    fn chains_that_lead_to_themselves_or_fork_for_ever_hang_nobody() {
        assert_eq!(
            ways("DROP", &["INPUT -j a", "a -j b", "b -j a", "b -p tcp -j ACCEPT"]).0[0].1,
            Openness::Open
        );
        let mut rules = vec!["INPUT -s 1.2.3.4/32 -j c0".to_owned(), "c30 -j ACCEPT".to_owned()];
        for depth in 0..30 {
            let (from, to) = (format!("c{depth}"), format!("c{}", depth + 1));
            rules.extend(["-p tcp", "-p udp"].map(|matches| format!("{from} {matches} -j {to}")));
            rules.extend(["-i eth0", "-i eth1"].map(|matches| format!("{from} {matches} -g {to}")));
        }
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let (found, _) = ways("DROP", &rules);
        assert_eq!(found, [(0, Openness::Trusting)]);
    }
}
