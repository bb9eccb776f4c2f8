//! What a rule backend offers: whoever reads and changes the rules of one family.

use std::fmt::Debug;

use super::input::Listing;
use crate::error::{Code, Result};

/// How often a transaction is tried while others change the rules between our look at them and it.
const ATTEMPTS: usize = 5;

/// The rules of one family in this network namespace.
pub(crate) trait RuleBackend: Debug + Send + Sync {
    /// What the tool that lists and changes single rules is called.
    fn name(&self) -> &'static str;

    /// True if it takes a lock, for which that of the other family has to wait.
    fn takes_lock(&self) -> bool;

    /// The filter table.
    fn rules(&self) -> Result<Listing>;

    /// The rules of one chain as [`Self::rules`] lists them, each with the number of packets that it met.
    fn counted_rules(&self, chain: &str) -> Result<Vec<(String, u64)>>;

    /// The rules of all tables, as far as they can be listed.
    fn rules_of_all_tables(&self) -> Vec<String>;

    /// Commits these lines of `iptables-restore` to the filter table, all or none.
    fn commit(&self, lines: &[String]) -> Result<()>;

    /// Makes a single change, in the words of `iptables`. Returns false if there is no such rule or chain.
    fn change(&self, words: &[&str]) -> Result<bool>;
}

impl dyn RuleBackend + '_ {
    /// As [`RuleBackend::commit`]; lines that are refused are made anew by `read_again`, for they may name a rule or a place
    /// that others had removed, if only for a moment, since the rules were read. Returns false if there was nothing to do.
    pub(in crate::firewall) fn commit_until_it_fits(
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
                // Somebody else did it.
                Ok(again) if again.is_empty() => return Ok(true),
                Ok(again) if refused.code() == Code::FirewallCommand => lines = again,
                _ => return Err(refused),
            }
        }
        self.commit(&lines).map(|()| true)
    }
}
