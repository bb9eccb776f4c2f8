//! What the kernel must hold for a policy: pure computation, without files, clock or kernel.

mod by_net;
mod explain;
mod file;
mod judge;
mod moment;
mod policy;
mod set_id;
mod shortfall;
mod size;
mod tables;

pub use explain::{Explanation, explain};
pub use judge::{Judge, Reason, Verdict};
pub use policy::{Action, Mode, Pass, Policy, Subnet, Unknown};
pub use set_id::{Role, SetId};
pub use shortfall::{on_the_unknown, shortfalls};
pub use size::hash_size;
use size::memory_estimate;
use tables::{BITMAP_BYTES, count_blocks, digest_of, dropped_blocks, refuse_too_many};
pub use tables::{
    BLOCK_LENGTH, MOST_ENTRIES, Tables, chosen_lengths, confined_table, minimal_table, routed_length,
};

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::database::{CountryRanges, DatabaseFamily};
use crate::error::Result;
use crate::net::{AddressRange, Family, PrefixTable, RangeSet};
use crate::storage::columns::hex;

/// The tables of both families, and what shortens the way through those of IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    v4: Tables<u32>,
    v6: Tables<u128>,
    slash16_v4: RangeSet<u32>,
    digest: String,
}

impl Plan {
    /// Tables that drop exactly what `policy` wants dropped by `ranges`.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `ranges`.
    pub fn new(ranges: &impl CountryRanges, policy: &Policy) -> Result<Self> {
        Self::new_with(ranges, policy, |_| Ok(()))
    }

    /// As [`Self::new`]; `early` gets the plan as soon as its IPv4 part is known, which takes less time, with no
    /// IPv6 tables and no digest.
    ///
    /// # Errors
    /// `plan.too_large`, those of `ranges` and those of `early`.
    pub fn new_with(
        ranges: &impl CountryRanges,
        policy: &Policy,
        early: impl FnOnce(&Self) -> Result<()>,
    ) -> Result<Self> {
        let judge = Judge::new(policy);
        std::thread::scope(|scope| {
            let v6 = scope.spawn(|| {
                let tables = Tables::of(&dropped_addresses(ranges, &judge)?)?;
                let digest = digest_of(&tables);
                Ok((tables, digest))
            });
            let dropped = dropped_addresses(ranges, &judge)?;
            let (v4, slash16_v4) = (Tables::of(&dropped)?, dropped_blocks(&dropped));
            let plan = Self { v4, v6: Tables::none(), slash16_v4, digest: String::new() };
            plan.refuse_too_large()?;
            early(&plan)?;
            let (v6, v6_digest) = v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let plan = Self { digest: joint_digest([digest_of(&plan.v4), v6_digest]), v6, ..plan };
            plan.refuse_too_large()?;
            Ok(plan)
        })
    }

    fn refuse_too_large(&self) -> Result<()> {
        let entries = |family| SetId::count_entries(family, |set| self.entries(set));
        refuse_too_many(Family::ALL.into_iter().map(entries).map(u128::from).sum())
    }

    fn from_tables(v4: Tables<u32>, v6: Tables<u128>) -> Self {
        let digest = joint_digest([digest_of(&v4), digest_of(&v6)]);
        Self { slash16_v4: dropped_blocks(&v4.blocked().matching()), v4, v6, digest }
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
    pub fn slash16_v4(&self) -> &RangeSet<u32> {
        &self.slash16_v4
    }

    /// What a set holds.
    pub fn content(&self, set: SetId) -> Content<'_> {
        match (set.role, set.family) {
            (Role::Slash16, _) => Content::Blocks(&self.slash16_v4),
            (role, Family::V4) => Content::V4(self.v4.table(role)),
            (role, Family::V6) => Content::V6(self.v6.table(role)),
        }
    }

    /// Number of entries of a set.
    pub fn entries(&self, set: SetId) -> u64 {
        match self.content(set) {
            Content::V4(table) => table.len() as u64,
            Content::V6(table) => table.len() as u64,
            Content::Blocks(blocks) => count_blocks(blocks),
        }
    }

    /// Expected kernel memory of a set in bytes, in the kernel's own accounting.
    pub fn memory_estimate(&self, set: SetId) -> u64 {
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
/// Those of `ranges`.
pub fn dropped_addresses<A: DatabaseFamily>(
    ranges: &impl CountryRanges,
    judge: &Judge,
) -> Result<RangeSet<A>> {
    let blocked = A::of(ranges, &|countries| judge.by_holders(countries).0 == Verdict::Drop)?;
    let is_closed = blocked.ranges() == [AddressRange::ALL];
    if is_closed && A::of(ranges, &|countries| !countries.is_empty())?.ranges().is_empty() {
        return Ok(RangeSet::default());
    }
    Ok(blocked.difference(&judge.never_dropped()))
}

fn joint_digest(families: [[u8; 32]; 2]) -> String {
    hex(&Sha256::digest(families.as_flattened()))
}
