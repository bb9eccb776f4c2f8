//! What the helper remembers from one run to the next.

mod applied;
pub mod certificates;
pub mod drift;
pub mod editions;
mod in_force;
pub mod plan_files;
mod trial;

pub use applied::Applied;
pub use in_force::InForce;
pub use trial::{ConfirmWithin, Token, Trial, TrialState, Window};

/// Records of earlier versions, which an upgrade removes.
const FORMER: [&str; 8] = [
    "applied.json",
    "change.json",
    "change-undone.json",
    "change-former.json",
    "healed.json",
    "drift.json",
    "certificates.json",
    "activity.json",
];
