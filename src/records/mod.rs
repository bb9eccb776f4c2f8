//! What the helper remembers between runs, as records in the state directory.

mod applied;
pub mod certificates;
pub mod drift;
pub mod editions;
mod in_force;
pub mod passing;
pub mod plan_files;
pub mod publisher_notes;
mod trial;

pub use applied::Applied;
pub use in_force::InForce;
pub use trial::{ConfirmWithin, Token, Trial, TrialState, Window};

/// Records of earlier versions. They are removed after an upgrade.
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
