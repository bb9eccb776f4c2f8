//! The kernel's counters as they were last read, so that only new packets are added to the activity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::error::Result;
use crate::firewall::VerdictCount;
use crate::net::Family;
use crate::storage::record::{self, Record};
use crate::storage::{self, LockKind, StateDir};

const RECORD: &str = "counters.json";

/// The counters of the chains as they were last read, valid for one boot: a boot resets them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    boot: String,
    packets: BTreeMap<Family, u64>,
}

impl Record for Baseline {
    const FORMAT: u32 = 1;
}

impl Baseline {
    /// Reads the record. If it is missing, damaged or of another boot, counting starts from zero.
    pub fn load(state: &StateDir, boot: &str) -> Self {
        let found = record::load_or_forget(&state.file(RECORD));
        let found = found.filter(|found: &Self| found.boot == boot);
        found.unwrap_or_else(|| Self { boot: boot.to_owned(), ..Self::default() })
    }

    /// The packets since the last reading, by family. The counters now become the baseline. A counter that is lower
    /// than before belongs to a chain that was recreated, so all of its packets are new.
    pub fn advance(&mut self, counts: &[VerdictCount]) -> BTreeMap<Family, Tally> {
        let mut totals = BTreeMap::new();
        for VerdictCount { family, action, packets } in counts {
            let before = self.packets.insert(*family, *packets).unwrap_or_default();
            let since = packets.checked_sub(before).unwrap_or(*packets);
            totals.insert(*family, Tally::of(*action, since));
        }
        totals
    }

    /// Saves the record.
    ///
    /// # Errors
    /// `state.io`.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        record::save(&state.file(RECORD), LockKind::Firewall, self)
    }

    /// Removes the record, because the chains are removed.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<()> {
        storage::remove(&state.file(RECORD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;

    fn totals(baseline: &mut Baseline, packets: u64) -> u64 {
        let count = VerdictCount { family: Family::V4, action: Action::Drop, packets };
        baseline.advance(&[count])[&Family::V4].dropped
    }

    #[test]
    fn only_new_packets_count_and_a_recreated_chain_counts_from_zero() {
        let mut baseline = Baseline::default();
        assert_eq!([5, 5, 12, 3].map(|packets| totals(&mut baseline, packets)), [5, 0, 7, 3]);
    }

    #[test]
    fn counters_of_another_boot_are_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let mut baseline = Baseline::load(&state, "one");
        totals(&mut baseline, 100);
        baseline.save(&state).unwrap();
        assert_eq!(Baseline::load(&state, "one"), baseline);
        Baseline { boot: "another".into(), ..baseline }.save(&state).unwrap();
        assert_eq!(totals(&mut Baseline::load(&state, "one"), 7), 7);
    }
}
