//! Puts policies in force in small steps, none of which filters less than both the old and the new policy.

mod apply;
pub(crate) mod counting;
pub(crate) mod drift_report;
mod enforcer;
mod exempt;
mod hosts;
mod kernel_data;
mod lock;
pub(crate) mod passing;
mod phones;
pub(crate) mod plan_at_hand;
pub(crate) mod rollback;
pub(crate) mod trial;
pub(crate) mod watcher;
mod watcher_process;

pub(crate) use apply::apply;
pub(crate) use enforcer::Enforcer;
pub use kernel_data::KernelData;
pub(crate) use lock::FirewallLock;
pub(crate) use watcher_process::WatcherProcess;
