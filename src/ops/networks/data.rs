//! The reply of `networks`.

use serde::Serialize;

use crate::asn::Head;
use crate::enforcement::KernelData;
use crate::ops::Text;
use crate::ops::parts::ask::DataOrigin;
use crate::protocol::Problem;

/// Data of `networks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NetworksData {
    /// Where the data comes from now.
    pub origin: DataOrigin,
    /// True if other files are kept than before.
    pub is_changed: bool,
    /// What is kept; null if nothing is.
    pub kept: Option<Head>,
    /// Why nothing newer could be taken; null if it could, or if there is nothing newer.
    pub failure: Option<Problem>,
    /// What the kernel holds, if the applied policy names a network that changed; null if not.
    pub applied: Option<KernelData>,
}

impl Text for NetworksData {
    fn text(&self) -> String {
        let kept = self.kept.as_ref().map_or_else(
            || "nothing is kept\n".to_owned(),
            |kept| {
                let release = kept.release.as_deref().unwrap_or(&kept.read_at);
                let Head { source, networks, v4_addresses, v6_networks, .. } = kept;
                format!("{source} {release}: {networks} networks, {v4_addresses} IPv4 addresses, {v6_networks} IPv6 /64\n")
            },
        );
        let failure =
            self.failure.as_ref().map(|failure| format!("  {}: {}\n", failure.code, failure.message));
        kept + &failure.unwrap_or_default() + &self.applied.as_ref().map(Text::text).unwrap_or_default()
    }
}
