//! Helpers for tests of the INPUT model.

use super::listing::Listing;
use super::walk::Table;

pub(super) const JUMP: &str = "-j GEOIP_CHECK";

/// A listing of rules given as `CHAIN CONDITIONS`. The chains `a` and `b` always exist.
pub(super) fn listing(policy: &str, rules: &[&str]) -> Listing {
    let rules = rules.join("\n-A ");
    let rules = if rules.is_empty() { rules } else { format!("-A {rules}\n") };
    Listing::read(&format!("-P INPUT {policy}\n-N a\n-N b\n{rules}")).unwrap()
}

pub(super) fn table(policy: &str, rules: &[&str]) -> Table {
    Table::of(&listing(policy, rules), JUMP)
}
