//! Networks that are often blocked together, from `data/networks.json`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::AsNumber;

/// Networks of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Preset {
    /// Its id.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// What is in them, and what else that blocks.
    pub purpose: String,
    /// Their numbers.
    pub networks: Vec<AsNumber>,
}

/// The presets, in the order in which they are shown.
pub static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    // A test reads it, so that this cannot fail elsewhere.
    serde_json::from_str(include_str!("../../data/networks.json")).unwrap_or_default()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::asn::MOST_NETWORKS;

    #[test]
    fn a_policy_has_room_for_all_presets_and_no_network_is_in_two() {
        let presets: Vec<Preset> = serde_json::from_str(include_str!("../../data/networks.json")).unwrap();
        assert_eq!(presets, *PRESETS);
        let all: Vec<AsNumber> = presets.iter().flat_map(|preset| preset.networks.clone()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(!all.is_empty() && all.len() <= MOST_NETWORKS, "{}", all.len());
    }
}
