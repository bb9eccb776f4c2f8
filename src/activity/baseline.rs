//! Where the kernel's counters stood when they were last read.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::Tally;
use crate::error::{Error, Result};
use crate::firewall::VerdictCount;
use crate::net::Family;
use crate::protocol::Version;
use crate::records::trial::this_boot;
use crate::storage::{self, LockKind, StateDir, write_atomically};

const RECORD: &str = "activity.json";

/// The counters of the chains as they were last read. Those of another boot began at zero since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    v: Version,
    boot: String,
    packets: BTreeMap<Family, u64>,
}

impl Baseline {
    /// Reads the record; one that is missing, damaged or of another boot counts from zero.
    pub fn load(state: &StateDir) -> Self {
        let boot = this_boot();
        let read = storage::read(&state.file(RECORD)).ok().flatten();
        let found: Option<Self> = read.and_then(|json| serde_json::from_slice(&json).ok());
        found.filter(|found| found.boot == boot).unwrap_or_else(|| Self { boot, ..Self::default() })
    }

    /// What was judged since, by family; the counters now become the baseline. A chain that was made anew by somebody
    /// else counts from zero.
    pub fn advance(&mut self, counts: &[VerdictCount]) -> BTreeMap<Family, Tally> {
        let mut judged = BTreeMap::new();
        for VerdictCount { family, action, packets } in counts {
            let before = self.packets.insert(*family, *packets).unwrap_or_default();
            let since = packets.checked_sub(before).unwrap_or(*packets);
            judged.insert(*family, Tally::of(*action, since));
        }
        judged
    }

    /// Makes this the record.
    ///
    /// # Errors
    /// `state.io`.
    pub fn save(&self, state: &StateDir) -> Result<()> {
        write_atomically(&state.file(RECORD), LockKind::Firewall, |file| {
            file.write_all(&storage::json(self)?)
        })
    }

    /// Forgets the counters, whose chains are gone.
    ///
    /// # Errors
    /// `state.io`.
    pub fn forget(state: &StateDir) -> Result<(), Error> {
        storage::remove(&state.file(RECORD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;

    fn judged(baseline: &mut Baseline, packets: u64) -> u64 {
        let count = VerdictCount { family: Family::V4, action: Action::Drop, packets };
        baseline.advance(&[count])[&Family::V4].dropped
    }

    #[test]
    fn only_what_came_since_counts_and_a_chain_made_anew_counts_from_zero() {
        let mut baseline = Baseline::default();
        assert_eq!([5, 5, 12, 3].map(|packets| judged(&mut baseline, packets)), [5, 0, 7, 3]);
    }

    #[test]
    fn counters_of_another_boot_are_no_baseline() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let mut baseline = Baseline::load(&state);
        judged(&mut baseline, 100);
        baseline.save(&state).unwrap();
        assert_eq!(Baseline::load(&state), baseline);
        Baseline { boot: "another".into(), ..baseline }.save(&state).unwrap();
        assert_eq!(judged(&mut Baseline::load(&state), 7), 7);
    }
}
