//! What helps against a problem or a warning, so that no caller has to keep a list of codes.

use serde::Serialize;

use crate::error::Code;

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
    /// Run `update` with `force`, if the loss is real.
    Force,
    /// Change a firewall rule that is not ours.
    Firewall,
}

impl Code {
    /// What helps, if one step does.
    pub fn remedy(self) -> Option<Remedy> {
        match self {
            Self::StatePlanUnusable
            | Self::FirewallSetsDrifted
            | Self::FirewallSetOptionsDrifted
            | Self::FirewallChainDrifted
            | Self::FirewallNotAttached => Some(Remedy::Heal),
            Self::PolicyNone | Self::PolicyPending | Self::StateDamaged => Some(Remedy::Apply),
            Self::DatabaseMissing | Self::DatabaseCorrupt | Self::DatabaseVersion => Some(Remedy::Update),
            Self::SourceShrunk => Some(Remedy::Force),
            Self::FirewallAcceptedBefore | Self::FirewallSetInUse | Self::FirewallChainInUse => {
                Some(Remedy::Firewall)
            }
            _ => None,
        }
    }
}
