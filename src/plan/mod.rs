//! What the kernel must hold for a policy: pure computation, without files, clock or kernel.

mod by_net;
mod division;
mod effect;
mod explain;
mod format;
mod judge;
mod kernel_set;
mod lengths;
mod memory;
mod moment;
mod policy;
mod table;
mod tables;
mod whole;

pub use division::routed_length;
pub use effect::{on_the_unknown, shortfalls};
pub use explain::{Explanation, explain};
pub use judge::{Judge, Reason, Verdict};
pub use kernel_set::KernelSet;
pub use lengths::chosen_lengths;
pub use memory::hash_size;
use memory::memory_estimate;
pub use policy::{Action, Mode, Pass, Policy, Subnet, Unknown};
pub use table::{confined_table, minimal_table};
pub use tables::{MOST_ENTRIES, Tables};
use tables::{digest_of, refuse_too_many};
pub use whole::BLOCK_LENGTH;
use whole::{BITMAP_BYTES, count_blocks, whole_blocks};

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::codec::hex;
use crate::database::{DatabaseFamily, Holdings};
use crate::error::Result;
use crate::net::{AddressRange, Family, PrefixTable, RangeSet};

/// The tables of both families, and what shortens the way through those of IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    v4: Tables<u32>,
    v6: Tables<u128>,
    whole_v4: RangeSet<u32>,
    digest: String,
}

impl Plan {
    /// Tables that drop exactly what `policy` wants dropped by `holdings`.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `holdings`.
    pub fn new(holdings: &impl Holdings, policy: &Policy) -> Result<Self> {
        Self::new_with(holdings, policy, |_| Ok(()))
    }

    /// As [`Self::new`]; `early` gets the plan as soon as its IPv4 part is known, which takes less time, with no
    /// IPv6 tables and no digest.
    ///
    /// # Errors
    /// `plan.too_large`, those of `holdings` and those of `early`.
    pub fn new_with(
        holdings: &impl Holdings,
        policy: &Policy,
        early: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Self> {
        let judge = Judge::new(policy);
        std::thread::scope(|scope| {
            let v6 = scope.spawn(|| {
                let tables = Tables::of(&dropped_addresses(holdings, &judge)?)?;
                let digest = digest_of(&tables);
                Ok((tables, digest))
            });
            let dropped = dropped_addresses(holdings, &judge)?;
            let (v4, whole_v4) = (Tables::of(&dropped)?, whole_blocks(&dropped));
            let plan = Self { v4, v6: Tables::none(), whole_v4, digest: String::new() };
            plan.refuse_too_large()?;
            early(&plan)?;
            let (v6, v6_digest) = v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let plan = Self { digest: joint_digest([digest_of(&plan.v4), v6_digest]), v6, ..plan };
            plan.refuse_too_large()?;
            Ok(plan)
        })
    }

    fn refuse_too_large(&self) -> Result<()> {
        let entries = |family| KernelSet::count_entries(family, |set| self.entries(set));
        refuse_too_many(Family::ALL.into_iter().map(entries).map(u128::from).sum())
    }

    fn from_tables(v4: Tables<u32>, v6: Tables<u128>) -> Self {
        let digest = joint_digest([digest_of(&v4), digest_of(&v6)]);
        Self { whole_v4: whole_blocks(&v4.blocked().matching()), v4, v6, digest }
    }

    /// IPv4 addresses to drop.
    pub fn v4(&self) -> &Tables<u32> {
        &self.v4
    }

    /// IPv6 addresses to drop.
    pub fn v6(&self) -> &Tables<u128> {
        &self.v6
    }

    /// Blocks of /16 in which every IPv4 address is to be dropped.
    pub fn whole_v4(&self) -> &RangeSet<u32> {
        &self.whole_v4
    }

    /// What a set holds.
    pub fn content(&self, set: KernelSet) -> Content<'_> {
        match set {
            KernelSet::PartsV4 => Content::V4(self.v4.parts()),
            KernelSet::DividedV4 => Content::V4(self.v4.divided()),
            KernelSet::BlockedV4 => Content::V4(self.v4.blocked()),
            KernelSet::WholeV4 => Content::Blocks(&self.whole_v4),
            KernelSet::PartsV6 => Content::V6(self.v6.parts()),
            KernelSet::DividedV6 => Content::V6(self.v6.divided()),
            KernelSet::BlockedV6 => Content::V6(self.v6.blocked()),
        }
    }

    /// Number of entries of a set.
    pub fn entries(&self, set: KernelSet) -> u64 {
        match self.content(set) {
            Content::V4(table) => table.len() as u64,
            Content::V6(table) => table.len() as u64,
            Content::Blocks(blocks) => count_blocks(blocks),
        }
    }

    /// Expected kernel memory of a set in bytes, in the kernel's own accounting.
    pub fn memory_estimate(&self, set: KernelSet) -> u64 {
        match self.content(set) {
            Content::V4(table) => memory_estimate(Family::V4, table.len()),
            Content::V6(table) => memory_estimate(Family::V6, table.len()),
            Content::Blocks(_) => BITMAP_BYTES,
        }
    }

    /// Of blocks that the sets in force divide, those that this plan drops whole: `divided` and parts go on holding them
    /// until all sets of their family are replaced.
    pub fn leaving(&self, divided: &[IpNet]) -> Vec<IpNet> {
        let mut leaving = self.v4.leaving(divided);
        leaving.extend(self.v6.leaving(divided));
        leaving
    }

    /// SHA-256 over all tables that decide, in hex: equal for equal plans only.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// What the kernel is to hold in a set.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Prefixes of IPv4, the longest decides.
    V4(&'a PrefixTable<u32>),
    /// Prefixes of IPv6, the longest decides.
    V6(&'a PrefixTable<u128>),
    /// Ranges of whole blocks.
    Blocks(&'a RangeSet<u32>),
}

/// The addresses of a family that new connections may not come from. A family that the source has no data of is not
/// closed for that: none of its addresses is dropped.
///
/// # Errors
/// Those of `holdings`.
pub fn dropped_addresses<A: DatabaseFamily>(holdings: &impl Holdings, judge: &Judge) -> Result<RangeSet<A>> {
    let blocked = A::of(holdings, &|countries| judge.by_holders(countries).0 == Verdict::Drop)?;
    let is_closed = blocked.ranges() == [AddressRange::ALL];
    if is_closed && A::of(holdings, &|countries| !countries.is_empty())?.ranges().is_empty() {
        return Ok(RangeSet::default());
    }
    Ok(blocked.difference(&judge.never_dropped()))
}

fn joint_digest(families: [[u8; 32]; 2]) -> String {
    hex(&Sha256::digest(families.as_flattened()))
}
