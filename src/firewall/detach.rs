//! Switches the filter off, even if some steps fail: first it removes the jumps, then chains and sets. What other rules
//! still use is emptied, so that it filters nobody, and reported.

use std::thread;
use std::time::Duration;

use super::kernel::Kernel;
use super::rules::RuleBackend;
use super::rules::chains;
use super::sets::{OwnedName, SetLoader, all_owned};
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::warning::{Warning, WarningCode};

/// The most jumps to remove one by one, so that the loop ends even if a tool always finds another one.
const MAX_JUMPS: usize = 100;
/// Milliseconds to wait before each attempt to remove sets. The kernel may use a set for a moment after its last rule
/// is gone.
const RETRY_DELAYS: [u64; 7] = [0, 5, 20, 50, 100, 200, 400];

/// The removal of the filter, in progress.
#[derive(Debug)]
pub struct Detachment {
    /// The families whose rules can be changed.
    families: Vec<(Family, Box<dyn RuleBackend>)>,
    sets: Option<SetLoader>,
    changed: bool,
    is_off: bool,
    warnings: Vec<Warning>,
    failures: Vec<Error>,
}

/// The result of the removal.
#[derive(Debug)]
pub struct Detached {
    /// True if anything of ours was in the kernel.
    pub changed: bool,
    /// What remains, because it is not ours or other rules use it.
    pub warnings: Vec<Warning>,
}

/// Removes jump, chains and sets of both families.
///
/// # Errors
/// As [`Detachment::clean_up`].
pub(crate) fn detach(kernel: &dyn Kernel) -> Result<Detached> {
    switch_off(kernel).clean_up()
}

/// Removes the jump from INPUT, in each family even if the other one fails. If that fails the sets are emptied, so that
/// people who were locked out get in nevertheless.
pub(crate) fn switch_off(kernel: &dyn Kernel) -> Detachment {
    let opened = kernel.sets().and_then(SetLoader::open);
    let mut detachment = Detachment {
        families: Vec::new(),
        changed: false,
        is_off: true,
        warnings: Vec::new(),
        // Without ip_set there is nothing of ours.
        failures: opened.as_ref().err().filter(|error| !is_missing(error)).cloned().into_iter().collect(),
        sets: opened.ok(),
    };
    for family in Family::ALL {
        detachment.take_out_of_input(family, kernel.rules(family));
    }
    detachment
}

fn is_missing(error: &Error) -> bool {
    matches!(error.code(), Code::FirewallIpsetMissing | Code::FirewallIptablesMissing)
}

impl Detachment {
    /// True if no packet reaches our chains any more, except through rules of others.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    fn take_out_of_input(&mut self, family: Family, found: Result<Box<dyn RuleBackend>>) {
        let tools = match found {
            Ok(tools) => tools,
            Err(missing) => return self.cannot_switch_off(family, &missing),
        };
        let removed = remove_jumps(family, &*tools);
        // If another program holds the lock of the tools, every further command would wait for it again.
        let is_locked = removed.as_ref().is_err_and(|error| error.code() == Code::FirewallTimeout);
        match removed {
            Ok(removed) => self.changed |= removed,
            Err(error) => self.cannot_switch_off(family, &error),
        }
        if !is_locked {
            self.families.push((family, tools));
        }
    }

    fn cannot_switch_off(&mut self, family: Family, error: &Error) {
        let tables = all_owned().filter(|set| set.family == family && set.decides);
        let found: Vec<OwnedName> = tables.filter(|set| self.holds(set)).collect();
        // A system that cannot filter a family has no sets of ours for it.
        if found.is_empty() && (family == Family::V6 || is_missing(error)) {
            log::info!("nothing to remove for {family}: {error}");
            return;
        }
        self.is_off = false;
        for set in found {
            let emptied = self.sets.as_ref().map_or(Ok(()), |sets| sets.empty(set.name));
            emptied.unwrap_or_else(|error| self.failures.push(error));
        }
        let message = format!("INPUT may still lead {family} packets into the filter: {}", error.message());
        let hint = "Its sets are emptied as far as possible, so that nobody is dropped. Run `detach` again.";
        self.failures.push(Error::new(error.code(), message).with_hint(hint));
    }

    fn holds(&self, set: &OwnedName) -> bool {
        self.sets.as_ref().is_some_and(|sets| sets.has(set))
    }

    /// Removes chains and sets, as far as no other rules use them.
    ///
    /// # Errors
    /// The first error of the tools or the kernel. Everything that could be removed is removed nevertheless.
    pub fn clean_up(mut self) -> Result<Detached> {
        self.clear_chains();
        self.clear_sets();
        self.failures
            .into_iter()
            .next()
            .map_or(Ok(Detached { changed: self.changed, warnings: self.warnings }), Err)
    }

    fn clear_chains(&mut self) {
        for (family, tools) in &self.families {
            // Empty all chains before removing the first one, because they refer to each other.
            let mut there = Vec::new();
            let former = chains::former_chain_names(*family).iter().copied();
            for chain in chains::chain_names(*family).into_iter().chain(former) {
                match tools.change(&["-F", chain]) {
                    Ok(true) => there.push(chain),
                    Ok(false) => {}
                    // If the family cannot be filtered at all, that is reported already.
                    Err(error) => log::warn!("cannot empty {chain}: {error}"),
                }
            }
            self.changed |= !there.is_empty();
            for chain in there {
                let Err(error) = tools.change(&["-X", chain]) else { continue };
                let users = self.users(|rule| leads_to(rule, chain));
                if users.is_empty() {
                    self.failures.push(error);
                } else {
                    let held = stays(Code::FirewallChainInUse, chain, &users, "jump to it");
                    self.warnings.push((&held).into());
                }
            }
        }
    }

    fn clear_sets(&mut self) {
        let Some(sets) = &self.sets else { return };
        let named = all_owned().filter(|set| sets.found().named(set.name).is_some());
        let (mut left, foreign): (Vec<OwnedName>, Vec<OwnedName>) = named.partition(|set| sets.has(set));
        for set in foreign {
            let message = format!("{} is a set of another type than ours, so it is left alone", set.name);
            self.warnings.push(Warning::new(WarningCode::ForeignSet, message));
        }
        for delay in RETRY_DELAYS {
            thread::sleep(Duration::from_millis(delay));
            left.retain(|set| match sets.try_to_remove(set.name) {
                Ok(()) => {
                    self.changed = true;
                    false
                }
                Err(error) if error.code() == Code::FirewallSetInUse => {
                    sets.empty(set.name).unwrap_or_else(|error| log::warn!("{error}"));
                    true
                }
                Err(error) => {
                    self.failures.push(error);
                    false
                }
            });
            if left.is_empty() {
                return;
            }
        }
        for set in left {
            let users = self.users(|rule| names(rule, set.name));
            let held = stays(Code::FirewallSetInUse, set.name, &users, "use it");
            self.warnings.push((&held).into());
        }
    }

    /// The rules in all tables, other than ours, that use something of ours.
    fn users(&self, holds: impl Fn(&str) -> bool) -> Vec<String> {
        let listings = self.families.iter().map(|(_, tools)| (tools.name(), tools.rules_of_all_tables()));
        let users = listings.flat_map(|(tool, rules)| {
            let held = rules.into_iter().filter(|rule| holds(rule));
            held.map(|rule| format!("\"{tool} {rule}\"")).collect::<Vec<_>>()
        });
        users.collect()
    }
}

/// Removes our jumps from INPUT and nothing else. Returns true if there were any.
fn remove_jumps(family: Family, tools: &dyn RuleBackend) -> Result<bool> {
    let jump = chains::jump(family);
    let lines = || -> Result<Vec<String>> {
        let (listed, removal) = (format!("-A INPUT {jump}"), format!("-D INPUT {jump}"));
        let listing = tools.rules()?;
        let rules = listing.chain("INPUT").unwrap_or_default().iter();
        Ok(rules.filter(|rule| **rule == listed).map(|_| removal.clone()).collect())
    };
    let error = match lines().and_then(|first| tools.commit_with_retries(first, lines)) {
        Err(error) if error.code() != Code::FirewallTimeout => error,
        done => return done,
    };
    // Even if the listing cannot be parsed or the transaction is refused, stop dropping packets.
    for removed in 0..MAX_JUMPS {
        match tools.change(&["-D", "INPUT", "-j", chains::chain_name(family)]) {
            Ok(true) => {}
            Ok(false) => return Ok(removed > 0),
            Err(_) => return Err(error),
        }
    }
    Err(error)
}

/// True if the rule jumps to the chain. `-S` lists the target last.
fn leads_to(rule: &str, chain: &str) -> bool {
    ["-j", "-g"].iter().any(|how| rule.ends_with(&format!(" {how} {chain}")))
}

/// True if the rule matches the set or adds to it.
fn names(rule: &str, set: &str) -> bool {
    let words: Vec<&str> = rule.split_whitespace().collect();
    words.windows(2).any(|pair| pair[0].ends_with("-set") && pair[1] == set)
}

fn stays(code: Code, name: &str, users: &[String], what_they_do: &str) -> Error {
    let message = if users.is_empty() {
        format!("{name} is emptied but remains: it is in use, but by no rule that can be listed")
    } else {
        format!("{name} is emptied but remains, because other rules {what_they_do}: {}", users.join(", "))
    };
    Error::new(code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_use_a_chain_or_a_set_are_recognised_and_mere_comments_are_not() {
        for (rule, leads) in [
            ("-A FORWARD -i eth0 -j GEOIP_CHECK", true),
            ("-A INPUT -m comment --comment x -g GEOIP_CHECK", true),
            ("-A FORWARD -j GEOIP_CHECK_V6", false),
            ("-A FORWARD -m comment --comment \"-j GEOIP_CHECK\" -j ACCEPT", false),
        ] {
            assert_eq!(leads_to(rule, "GEOIP_CHECK"), leads, "{rule}");
        }
        for (rule, is_named) in [
            ("-A INPUT -m set --match-set geoip_blocked_v4 src -j LOG", true),
            ("-A INPUT -m set ! --match-set geoip_blocked_v4 src,dst -j LOG", true),
            ("-A INPUT -j SET --add-set geoip_blocked_v4 src", true),
            ("-A INPUT -m set --match-set geoip_blocked_v4_of_mine src -j LOG", false),
            ("-A INPUT -m comment --comment geoip_blocked_v4 -j LOG", false),
        ] {
            assert_eq!(names(rule, "geoip_blocked_v4"), is_named, "{rule}");
        }
    }
}
