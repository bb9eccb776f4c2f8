//! The rules in the kernel: our own chains, and INPUT, which jumps to them.

mod backend;
pub(super) mod chains;
pub(super) mod commit;
mod family;
pub(super) mod input;
pub(super) mod iptables;
mod verdicts;

pub(crate) use backend::RuleBackend;
pub use chains::ChainSpec;
pub(super) use family::FamilyRules;
pub use verdicts::VerdictCount;
pub(super) use verdicts::verdict_count;
