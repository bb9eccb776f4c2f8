//! The interface to the rules of one family, and how a transaction is repeated if others change the rules.

use std::fmt::Debug;

use super::input::Listing;
use crate::error::{Code, Result};

/// How often a transaction is tried if other programs change the rules between our reading and our commit.
const ATTEMPTS: usize = 5;

/// The rules of one family in this network namespace.
pub(crate) trait RuleBackend: Debug + Send + Sync {
    /// The name of the tool that lists and changes single rules.
    fn name(&self) -> &'static str;

    /// True if the tools use a lock that both families share.
    fn takes_lock(&self) -> bool;

    /// The filter table.
    fn rules(&self) -> Result<Listing>;

    /// The rules of one chain in the form of [`Self::rules`], each with its packet count.
    fn counted_rules(&self, chain: &str) -> Result<Vec<(String, u64)>>;

    /// The rules of all tables, as far as they can be listed.
    fn rules_of_all_tables(&self) -> Vec<String>;

    /// Commits lines of `iptables-restore` to the filter table, all or none.
    fn commit(&self, lines: &[String]) -> Result<()>;

    /// Makes a single change, given as arguments of `iptables`. Returns false if the rule or chain does not exist.
    fn change(&self, words: &[&str]) -> Result<bool>;
}

impl dyn RuleBackend + '_ {
    /// As [`RuleBackend::commit`]. If the lines are refused, `read_again` computes them again: they may refer to a rule
    /// or a position that another program has changed since. Returns false if there was nothing to do.
    pub(in crate::firewall) fn commit_with_retries(
        &self,
        mut lines: Vec<String>,
        mut read_again: impl FnMut() -> Result<Vec<String>>,
    ) -> Result<bool> {
        if lines.is_empty() {
            return Ok(false);
        }
        for _ in 1..ATTEMPTS {
            let Err(refused) = self.commit(&lines) else { return Ok(true) };
            match read_again() {
                // Another program has made the change.
                Ok(again) if again.is_empty() => return Ok(true),
                Ok(again) if refused.code() == Code::FirewallCommand => lines = again,
                _ => return Err(refused),
            }
        }
        self.commit(&lines).map(|()| true)
    }
}
