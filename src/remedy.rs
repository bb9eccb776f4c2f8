//! What helps against a problem or a warning, so that no caller has to keep a list of codes.

use serde::Serialize;

/// What an administrator can do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Remedy {
    /// Run `heal`.
    Heal,
    /// Run `apply` with the wanted policy.
    Apply,
    /// Run `update` for the source.
    Update,
    /// Run `lists` for the lists of the policy, then `apply`.
    Lists,
    /// Run `update` with `force`, if the loss is real.
    Force,
    /// Change a firewall rule that is not ours.
    Firewall,
}
