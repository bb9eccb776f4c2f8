//! Puts policies in force, step by step, so that at no step less is in force than before.

pub(crate) mod counting;
pub(crate) mod drift_report;
pub(crate) mod enforcer;
pub(crate) mod plan_at_hand;
pub(crate) mod trial;
pub(crate) mod watcher;
