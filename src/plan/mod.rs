//! What the kernel must hold for a policy: pure computation, without files, clock or kernel.

mod explain;
mod format;
mod judge;
mod kernel_set;
mod lengths;
mod memory;
mod policy;
mod shortcuts;
mod table;

pub use explain::{Explanation, explain};
pub use judge::{Judge, Reason, Verdict};
pub use kernel_set::KernelSet;
pub use lengths::chosen_lengths;
pub use memory::hash_size;
use memory::memory_estimate;
pub use policy::{Action, Mode, Pass, Policy, Subnet, Unknown};
use shortcuts::count_blocks;
pub use shortcuts::{BLOCK_LENGTH, Shortcuts};
use table::Ballot;
pub use table::{confined_table, minimal_table};

use sha2::{Digest, Sha256};

use crate::codec::{Cell, hex};
use crate::database::{DatabaseFamily, Holdings};
use crate::error::Result;
use crate::net::{Address, Family, IpBits, PrefixTable, RangeSet};

/// The tables of both families, and what shortens the way to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    v4: PrefixTable<u32>,
    v6: PrefixTable<u128>,
    shortcuts: Shortcuts,
}

impl Plan {
    /// Tables that drop exactly what `policy` wants dropped by `holdings`.
    ///
    /// # Errors
    /// Those of `holdings`.
    pub fn new(holdings: &impl Holdings, policy: &Policy) -> Result<Self> {
        Self::new_with(holdings, policy, |_| Ok(()))
    }

    /// As [`Self::new`]; `early` gets the plan as soon as its IPv4 part is known, which takes less time, and an empty
    /// IPv6 table.
    ///
    /// # Errors
    /// Those of `holdings` and those of `early`.
    pub fn new_with(
        holdings: &impl Holdings,
        policy: &Policy,
        early: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Self> {
        let judge = Judge::new(policy);
        std::thread::scope(|scope| {
            let v6 = scope.spawn(|| Ok(economical_table(&dropped_addresses(holdings, &judge)?)));
            let dropped = dropped_addresses(holdings, &judge)?;
            let (v4, shortcuts) = (economical_table(&dropped), Shortcuts::of(&dropped));
            let mut plan = Self { v4, v6: PrefixTable::from_ordered(Vec::new()), shortcuts };
            early(&plan)?;
            plan.v6 = v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok(plan)
        })
    }

    fn from_tables(v4: PrefixTable<u32>, v6: PrefixTable<u128>) -> Self {
        Self { shortcuts: Shortcuts::of(&v4.matching()), v4, v6 }
    }

    /// IPv4 addresses to drop.
    pub fn v4(&self) -> &PrefixTable<u32> {
        &self.v4
    }

    /// IPv6 addresses to drop.
    pub fn v6(&self) -> &PrefixTable<u128> {
        &self.v6
    }

    /// What the first bits of an IPv4 address decide alone.
    pub fn shortcuts(&self) -> &Shortcuts {
        &self.shortcuts
    }

    /// Number of entries of a set.
    pub fn entries(&self, set: KernelSet) -> u64 {
        match set {
            KernelSet::BlockedV4 => self.v4.len() as u64,
            KernelSet::TouchedV4 => count_blocks(&self.shortcuts.touched),
            KernelSet::WholeV4 => count_blocks(&self.shortcuts.whole),
            KernelSet::BlockedV6 => self.v6.len() as u64,
        }
    }

    /// Expected kernel memory of a set in bytes, in the kernel's own accounting.
    pub fn memory_estimate(&self, set: KernelSet) -> u64 {
        match set {
            KernelSet::BlockedV4 => memory_estimate(Family::V4, self.v4.len()),
            KernelSet::TouchedV4 | KernelSet::WholeV4 => shortcuts::BITMAP_BYTES,
            KernelSet::BlockedV6 => memory_estimate(Family::V6, self.v6.len()),
        }
    }

    /// SHA-256 over both tables, in hex: equal for equal plans only.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        hash_table(&self.v4, &mut hasher);
        hash_table(&self.v6, &mut hasher);
        hex(&hasher.finalize())
    }
}

/// A table of a set with as few entries as few lengths allow.
fn economical_table<A: Address>(set: &RangeSet<A>) -> PrefixTable<A> {
    // Real data stays below two entries a range. The lengths rest on an estimate: should it fail on some data, a
    // packet may cost more rather than the kernel's memory.
    let sane = 8 * (set.ranges().len() as u128 + 16);
    let ballot = Ballot::of(set, &chosen_lengths(set));
    if ballot.entries() <= sane { ballot.table() } else { minimal_table(set) }
}

/// The addresses of a family that new connections may not come from.
///
/// # Errors
/// Those of `holdings`.
pub fn dropped_addresses<A: DatabaseFamily>(holdings: &impl Holdings, judge: &Judge) -> Result<RangeSet<A>> {
    let blocked = A::of(holdings, &|countries| judge.by_holders(countries).0 == Verdict::Drop)?;
    Ok(blocked.difference(&judge.never_dropped()))
}

fn hash_table<A: IpBits + Cell>(table: &PrefixTable<A>, hasher: &mut Sha256) {
    /// Entries that are hashed in one go.
    const CHUNK: usize = 256;
    hasher.update((table.len() as u64).to_le_bytes());
    let mut bytes = Vec::with_capacity(CHUNK * (A::SIZE + 2));
    for chunk in table.entries().chunks(CHUNK) {
        bytes.clear();
        for entry in chunk {
            let base = bytes.len();
            bytes.resize(base + A::SIZE, 0);
            entry.prefix.base().put(&mut bytes[base..]);
            bytes.extend([entry.prefix.length(), u8::from(entry.nomatch)]);
        }
        hasher.update(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::net::Prefix;

    proptest! {
        #[test]
        fn whatever_lengths_are_chosen_the_table_is_exact_and_small(
            blocks in vec((any::<u128>(), 1_u8..=128), 0..40),
            holes in vec((any::<u128>(), any::<prop::sample::Index>(), 1_u8..=128), 0..20),
        ) {
            let range = |base, length| Prefix::around(base, length).unwrap().into();
            let set: RangeSet<u128> = blocks.iter().map(|(base, length)| range(*base, *length)).collect();
            // Holes of any size within the blocks, as exceptions are.
            let hole = |(bits, block, length): &(u128, prop::sample::Index, u8)| {
                let (base, around) = blocks.get(block.index(blocks.len().max(1))).copied().unwrap_or_default();
                range(base ^ bits & u128::MAX.checked_shr(around.into()).unwrap_or(0), around.max(*length).max(1))
            };
            let set = set.difference(&holes.iter().map(hole).collect());
            let table = economical_table(&set);
            prop_assert_eq!(table.matching(), set.clone());
            prop_assert!(table.len() <= 8 * (set.ranges().len() + 16) || table == minimal_table(&set));
        }
    }
}
