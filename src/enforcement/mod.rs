//! Puts policies in force in small steps, none of which filters less than both the old and the new policy.

mod apply;
pub(crate) mod counting;
pub(crate) mod drift_report;
mod enforcer;
mod exempt;
mod lock;
mod outcome;
pub(crate) mod plan_at_hand;
pub(crate) mod rollback;
pub(crate) mod trial;
pub(crate) mod watcher;
mod watcher_process;

pub(crate) use apply::apply;
pub(crate) use enforcer::Enforcer;
pub(crate) use lock::FirewallLock;
pub use outcome::Enforcement;
pub(crate) use watcher_process::WatcherProcess;
