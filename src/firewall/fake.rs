//! A kernel in memory, so that tests can check the order of steps and the failure of each, quickly and without root.
//!
//! It stores sets and rules as the real kernel lists them, refuses what the kernel refuses, and decides about packets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use ipnet::IpNet;

use super::kernel::Kernel;
use super::rules::RuleBackend;
use super::rules::input::Listing;
use super::sets::backend::{Change, Counted, SetBackend, Step, Stopped};
use super::sets::spec::{Listed, Member, SetHeader, SetKind, SetSpec};
use crate::error::{Code, Error, Result};
use crate::net::{Connection, Family, Ports, Transport};

const BUILT_IN: [&str; 3] = ["INPUT", "FORWARD", "OUTPUT"];

/// Called after each change of the kernel.
type Observer = Box<dyn Fn(&State) + Send>;

/// The kernel. Its clones share their state.
#[derive(Clone, Default)]
pub(crate) struct FakeKernel(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    state: State,
    /// Number of changes so far.
    changes: usize,
    /// Numbers of the changes that fail, counted from 0.
    failing: std::ops::Range<usize>,
    observer: Option<Observer>,
}

/// The content of the kernel.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct State {
    sets: BTreeMap<String, FakeSet>,
    /// The rules of each chain, with their packet counts.
    v4: BTreeMap<String, Vec<(String, u64)>>,
    v6: BTreeMap<String, Vec<(String, u64)>>,
}

#[derive(Clone, PartialEq, Debug)]
struct FakeSet {
    kind: &'static str,
    family: Family,
    options: String,
    members: Vec<Listed>,
}

impl fmt::Debug for FakeKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeKernel")
    }
}

impl FakeKernel {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// A copy of its current content.
    pub(crate) fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// Calls `observer` after each change from now on.
    pub(crate) fn observe(&self, observer: impl Fn(&State) + Send + 'static) {
        self.lock().observer = Some(Box::new(observer));
    }

    /// Lets these of the following changes fail, counted from 0.
    pub(crate) fn fail(&self, failing: std::ops::Range<usize>) {
        let mut inner = self.lock();
        (inner.changes, inner.failing) = (0, failing);
    }

    /// Lets no more changes fail. Returns true if one has failed.
    pub(crate) fn recover(&self) -> bool {
        let mut inner = self.lock();
        let has_failed = inner.changes > inner.failing.start && !inner.failing.is_empty();
        (inner.failing, inner.observer) = (0..0, None);
        has_failed
    }

    /// Removes everything, as a reboot does.
    pub(crate) fn reboot(&self) {
        self.lock().state = State::default();
    }

    /// Changes the content behind the helper's back.
    pub(crate) fn meddle(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock().state);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut inner = self.lock();
        let number = inner.changes;
        inner.changes += 1;
        if inner.failing.contains(&number) {
            return Err(refused("injected failure"));
        }
        let done = change(&mut inner.state)?;
        if let Some(observer) = &inner.observer {
            observer(&inner.state);
        }
        Ok(done)
    }
}

fn refused(why: &str) -> Error {
    Error::new(Code::FirewallCommand, format!("the kernel refuses: {why}"))
}

impl Kernel for FakeKernel {
    fn sets(&self) -> Result<Box<dyn SetBackend>> {
        Ok(Box::new(self.clone()))
    }

    fn rules(&self, family: Family) -> Result<Box<dyn RuleBackend>> {
        Ok(Box::new(FakeRules { kernel: self.clone(), family }))
    }
}

impl State {
    fn chains(&self, family: Family) -> &BTreeMap<String, Vec<(String, u64)>> {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn chains_mut(&mut self, family: Family) -> &mut BTreeMap<String, Vec<(String, u64)>> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Adds a block to a set.
    pub(crate) fn add_member(&mut self, name: &str, block: &str) {
        let block: IpNet = block.parse().unwrap();
        let member = Listed { address: block.network(), length: block.prefix_len(), nomatch: false };
        self.sets.get_mut(name).expect("the set exists").members.push(member);
    }

    /// Replaces a member of a set by another block, so that their number stays.
    pub(crate) fn exchange_member(&mut self, name: &str, block: &str) {
        self.sets.get_mut(name).expect("the set exists").members.remove(0);
        self.add_member(name, block);
    }

    /// Inserts a rule at the start of a chain.
    pub(crate) fn insert_rule(&mut self, family: Family, chain: &str, rule: &str) {
        let rules = self.chains_mut(family).entry(chain.to_owned()).or_default();
        rules.insert(0, (format!("-A {chain} {rule}"), 0));
    }

    /// The names of all sets.
    pub(crate) fn set_names(&self) -> Vec<&str> {
        self.sets.keys().map(String::as_str).collect()
    }

    /// The names of all chains except the built-in ones.
    pub(crate) fn chain_names(&self) -> Vec<&str> {
        let names = self.v4.keys().chain(self.v6.keys()).map(String::as_str);
        names.filter(|name| !BUILT_IN.contains(name)).collect()
    }

    /// All rules of a family.
    pub(crate) fn all_rules(&self, family: Family) -> Vec<&str> {
        self.chains(family).values().flatten().map(|(rule, _)| rule.as_str()).collect()
    }

    /// The rules of INPUT.
    pub(crate) fn input(&self, family: Family) -> Vec<&str> {
        let rules = self.chains(family).get("INPUT").into_iter().flatten();
        rules.map(|(rule, _)| rule.as_str()).collect()
    }

    /// True if a new TCP connection from this address to the port of SIP is accepted.
    pub(crate) fn lets_in(&self, address: &str) -> bool {
        self.lets_in_to(address, 5060)
    }

    /// True if a new TCP connection from this address to this port is accepted.
    pub(crate) fn lets_in_to(&self, address: &str, port: u16) -> bool {
        let source: IpAddr = address.parse().unwrap();
        let connection = Connection { source, protocol: Transport::Tcp, port };
        self.walk(Family::of(source.into()), "INPUT", &connection).unwrap_or(true)
    }

    /// Whether a chain accepts or drops. `None` if the packet returns from it.
    fn walk(&self, family: Family, chain: &str, connection: &Connection) -> Option<bool> {
        for (rule, _) in self.chains(family).get(chain)? {
            let (conditions, target) = split_target(rule);
            if !self.meets(conditions, connection) {
                continue;
            }
            match target {
                ("-j", "ACCEPT") => return Some(true),
                ("-j", "DROP") => return Some(false),
                ("-j", "RETURN") => return None,
                ("-j", "SET") => {}
                ("-g", chain) => return self.walk(family, chain, connection),
                ("-j", chain) => match self.walk(family, chain, connection) {
                    None => {}
                    decided => return decided,
                },
                other => unreachable!("{other:?} in {rule}"),
            }
        }
        None
    }

    /// True if a new connection from another machine meets these conditions.
    fn meets(&self, conditions: &str, connection: &Connection) -> bool {
        let address = connection.source;
        let asks_for_others = ["-i lo", "RELATED,ESTABLISHED"].iter().any(|words| conditions.contains(words));
        let is_other_protocol = conditions.contains("! -p tcp");
        let is_icmp = conditions.contains("-p ipv6-icmp") && !conditions.contains("! -p ipv6-icmp");
        let words: Vec<&str> = conditions.split(' ').collect();
        let mut in_sets =
            asked_sets(&words).into_iter().map(|(set, is_negated)| self.holds(set, address) != is_negated);
        let source =
            words.windows(2).find(|pair| pair[0] == "-s").map(|pair| pair[1].parse::<IpNet>().unwrap());
        let place = words.iter().position(|word| *word == "--dports");
        let is_port = place.is_none_or(|place| {
            let ports: Ports = words[place + 1].parse().unwrap();
            ports.contains(connection.port) != (words[place - 1] == "!")
        });
        let is_sender = source.is_none_or(|source| source.contains(&address));
        !asks_for_others
            && !is_icmp
            && !is_other_protocol
            && is_port
            && is_sender
            && in_sets.all(|is_met| is_met)
    }

    fn holds(&self, set: &str, address: IpAddr) -> bool {
        let set = self.sets.get(set).expect("every set that a rule names exists");
        let around = set
            .members
            .iter()
            .filter(|member| IpNet::new(member.address, member.length).unwrap().contains(&address));
        around.max_by_key(|member| member.length).is_some_and(|member| !member.nomatch)
    }

    fn references(&self, set: &str) -> usize {
        let rules = self.v4.values().chain(self.v6.values()).flatten();
        rules.filter(|(rule, _)| rule.split(' ').any(|word| word == set)).count()
    }

    fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Swap(one, other) => {
                let both = (self.sets.get(one).cloned(), self.sets.get(other).cloned());
                let (Some(first), Some(second)) = both else { return Err(refused("no such set")) };
                if (first.kind, first.family) != (second.kind, second.family) {
                    return Err(refused("the sets have different types"));
                }
                self.sets.insert(one.to_owned(), second);
                self.sets.insert(other.to_owned(), first);
            }
            Step::Rename(from, to) => {
                if self.sets.contains_key(to) || self.references(from) > 0 {
                    return Err(refused("the name is taken, or the set in use"));
                }
                let set = self.sets.remove(from).ok_or_else(|| refused("no such set"))?;
                self.sets.insert(to.to_owned(), set);
            }
        }
        Ok(())
    }
}

/// The sets that a rule asks, and whether the sender must be missing from each.
fn asked_sets<'a>(words: &[&'a str]) -> Vec<(&'a str, bool)> {
    let pairs = words.windows(2).enumerate().filter(|(_, pair)| pair[0] == "--match-set");
    pairs.map(|(place, pair)| (pair[1], place > 0 && words[place - 1] == "!")).collect()
}

/// Splits a rule into its conditions and its target.
fn split_target(rule: &str) -> (&str, (&str, &str)) {
    let body = rule.splitn(3, ' ').nth(2).unwrap_or_default();
    let place = body.rfind("-j ").max(body.rfind("-g ")).expect("a rule has a target");
    let target = body[place..].split_once(' ').unwrap();
    // Options may follow the name of the target.
    let name = target.1.split(' ').next().unwrap();
    (body[..place].trim_end(), (target.0, name))
}

impl SetBackend for FakeKernel {
    fn headers(&self) -> Result<Vec<SetHeader>> {
        let state = self.state();
        Ok(state.sets.iter().map(|(name, set)| header(&state, name, set)).collect())
    }

    fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        let state = self.state();
        Ok(state.sets.get(name).map(|set| header(&state, name, set)))
    }

    fn members(&self, name: &str, _: SetKind) -> Result<Vec<Listed>> {
        Ok(self.state().sets.get(name).map(|set| set.members.clone()).unwrap_or_default())
    }

    fn counted(&self, _: &str) -> Result<Vec<Counted>> {
        Ok(Vec::new())
    }

    fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        Ok(self.state().holds(name, address))
    }

    fn load(&self, set: &SetSpec<'_>) -> Result<()> {
        let new = FakeSet {
            kind: set.kind.type_name(),
            family: set.kind.family(),
            options: set.options(),
            members: set.members.listed(),
        };
        self.change(|state| match state.sets.insert(set.next_name.to_owned(), new) {
            None => Ok(()),
            Some(_) => Err(refused("the name is taken")),
        })
    }

    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()> {
        let listed = members.iter().map(|member| match member {
            Member::Prefix { address, length, nomatch } => {
                Listed { address: *address, length: *length, nomatch: *nomatch }
            }
            other => unreachable!("{other:?} is never added to a set in force"),
        });
        let listed: Vec<Listed> = listed.collect();
        Self::change(self, |state| {
            let set = state.sets.get_mut(name).ok_or_else(|| refused("no such set"))?;
            match change {
                Change::Add => set.members.extend(listed),
                Change::Remove => set.members.retain(|member| !listed.contains(member)),
            }
            Ok(())
        })
    }

    fn take(&self, steps: &[Step]) -> Result<(), Stopped> {
        for (taken, step) in steps.iter().enumerate() {
            Self::change(self, |state| state.step(*step)).map_err(|error| Stopped { taken, error })?;
        }
        Ok(())
    }

    fn flush(&self, name: &str) -> Result<()> {
        Self::change(self, |state| {
            state.sets.get_mut(name).into_iter().for_each(|set| set.members.clear());
            Ok(())
        })
    }

    fn destroy(&self, name: &str) -> Result<()> {
        Self::change(self, |state| {
            if state.references(name) > 0 {
                return Err(Error::new(Code::FirewallSetInUse, format!("{name} is in use")));
            }
            state.sets.remove(name);
            Ok(())
        })
    }
}

fn header(state: &State, name: &str, set: &FakeSet) -> SetHeader {
    SetHeader {
        name: name.to_owned(),
        kind: set.kind.to_owned(),
        family: set.family,
        options: set.options.clone(),
        entries: set.members.len() as u64,
        references: u32::try_from(state.references(name)).unwrap(),
        memory_bytes: 0,
    }
}

/// The rules of one family.
#[derive(Debug)]
struct FakeRules {
    kernel: FakeKernel,
    family: Family,
}

impl RuleBackend for FakeRules {
    fn name(&self) -> &'static str {
        "iptables"
    }

    fn takes_lock(&self) -> bool {
        false
    }

    fn rules(&self) -> Result<Listing> {
        let state = self.kernel.state();
        let chains = state.chains(self.family);
        let policies = BUILT_IN.iter().map(|chain| format!("-P {chain} ACCEPT\n"));
        let own = chains.keys().filter(|chain| !BUILT_IN.contains(&chain.as_str()));
        let own = own.map(|chain| format!("-N {chain}\n"));
        let rules = chains.values().flatten().map(|(rule, _)| format!("{rule}\n"));
        Ok(Listing::read(&policies.chain(own).chain(rules).collect::<String>()).unwrap())
    }

    fn counted_rules(&self, chain: &str) -> Result<Vec<(String, u64)>> {
        Ok(self.kernel.state().chains(self.family).get(chain).cloned().unwrap_or_default())
    }

    fn rules_of_all_tables(&self) -> Vec<String> {
        let state = self.kernel.state();
        state.chains(self.family).values().flatten().map(|(rule, _)| rule.clone()).collect()
    }

    fn commit(&self, lines: &[String]) -> Result<()> {
        self.kernel.change(|state| {
            let mut next = state.clone();
            lines.iter().try_for_each(|line| edit(next.chains_mut(self.family), line))?;
            let rules = next.chains(self.family).values().flatten();
            let words = rules.map(|(rule, _)| rule.split(' ').collect::<Vec<_>>());
            let mut named = words.flat_map(|words| asked_sets(&words));
            if let Some((name, _)) = named.find(|(name, _)| !next.sets.contains_key(*name)) {
                return Err(refused(&format!("there is no set {name}")));
            }
            *state = next;
            Ok(())
        })
    }

    fn change(&self, words: &[&str]) -> Result<bool> {
        let line = words.join(" ");
        self.kernel.change(|state| Ok(edit(state.chains_mut(self.family), &line).is_ok()))
    }
}

/// Executes one line of `iptables-restore`.
fn edit(chains: &mut BTreeMap<String, Vec<(String, u64)>>, line: &str) -> Result<()> {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    let missing = || refused(&format!("no such chain or rule: {line}"));
    match words[..] {
        ["-A", chain, rule] => {
            let rule = counted(chain, rule);
            chains.get_mut(chain).ok_or_else(missing)?.push(rule);
        }
        ["-I", chain, rule] => {
            let (place, rule) = rule.split_once(' ').unwrap();
            let rules = chains.entry(chain.to_owned()).or_default();
            rules.insert(place.parse::<usize>().unwrap() - 1, counted(chain, rule));
        }
        ["-D", chain, rule] => {
            let rule = format!("-A {chain} {rule}");
            let rules = chains.get_mut(chain).ok_or_else(missing)?;
            let place = rules.iter().position(|(other, _)| *other == rule).ok_or_else(missing)?;
            rules.remove(place);
        }
        ["-F", chain] => chains.get_mut(chain).ok_or_else(missing)?.clear(),
        ["-X", chain] => drop(chains.remove(chain).ok_or_else(missing)?),
        [chain, ..] if chain.starts_with(':') => drop(chains.insert(chain[1..].to_owned(), Vec::new())),
        _ => unreachable!("{line:?}"),
    }
    Ok(())
}

/// A rule with the packet count that ` -c PACKETS BYTES` sets.
fn counted(chain: &str, rule: &str) -> (String, u64) {
    let Some((before, behind)) = rule.split_once("-c ") else { return (format!("-A {chain} {rule}"), 0) };
    let mut words = behind.splitn(3, ' ');
    let packets = words.next().unwrap().parse().unwrap();
    (format!("-A {chain} {before}{}", words.nth(1).unwrap()), packets)
}
