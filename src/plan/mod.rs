//! What the kernel must hold for a policy: pure computation, without files, clock or kernel.

mod by_net;
mod exception;
mod explain;
mod file;
mod judge;
mod moment;
mod policy;
mod set_id;
mod shortfall;
mod size;
mod tables;

pub use exception::{Exception, TimedException};
pub use explain::{Explanation, explain};
pub use judge::{Judge, Reason, Verdict};
pub use policy::{Action, Mode, Policy, Unknown};
pub use set_id::{Role, SetId};
pub use shortfall::{on_the_unknown, shortfalls};
pub use size::hash_size;
use size::memory_estimate;
use tables::{BITMAP_BYTES, count_blocks, digest_of, dropped_blocks, refuse_too_many};
pub use tables::{
    BLOCK_LENGTH, MOST_ENTRIES, Tables, chosen_lengths, confined_table, minimal_table, routed_length,
    turning_whole,
};

use sha2::{Digest, Sha256};

use crate::database::{CountryRanges, DatabaseFamily};
use crate::error::Result;
use crate::net::{AddressRange, Family, PrefixTable, RangeSet};
use crate::storage::columns::hex;

/// The IPv4 part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanV4 {
    tables: Tables<u32>,
    slash16: RangeSet<u32>,
}

/// The IPv6 part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanV6 {
    tables: Tables<u128>,
    digest: [u8; 32],
}

/// The tables of both families, and what shortens the way through those of IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    v4: PlanV4,
    v6: PlanV6,
    digest: String,
}

impl PlanV4 {
    /// Tables that drop exactly what `judge` wants dropped by `ranges`.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `ranges`.
    pub fn new(ranges: &impl CountryRanges, judge: &Judge) -> Result<Self> {
        let dropped = dropped_addresses(ranges, judge)?;
        let plan = Self { tables: Tables::of(&dropped)?, slash16: dropped_blocks(&dropped) };
        refuse_too_many(plan.tables.entries().into())?;
        Ok(plan)
    }
}

impl PlanV6 {
    /// As [`PlanV4::new`].
    ///
    /// # Errors
    /// As [`PlanV4::new`].
    pub fn new(ranges: &impl CountryRanges, judge: &Judge) -> Result<Self> {
        let tables = Tables::of(&dropped_addresses(ranges, judge)?)?;
        let digest = digest_of(&tables);
        Ok(Self { tables, digest })
    }
}

impl Plan {
    /// Tables that drop exactly what `policy` wants dropped by `ranges`, both families side by side.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `ranges`.
    pub fn new(ranges: &impl CountryRanges, policy: &Policy) -> Result<Self> {
        let judge = Judge::new(policy);
        std::thread::scope(|scope| {
            let v6 = scope.spawn(|| PlanV6::new(ranges, &judge));
            let v4 = PlanV4::new(ranges, &judge)?;
            Self::join(v4, v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
        })
    }

    /// A plan of its parts.
    ///
    /// # Errors
    /// `plan.too_large`.
    pub fn join(v4: PlanV4, v6: PlanV6) -> Result<Self> {
        refuse_too_many((v4.tables.entries() + v6.tables.entries()).into())?;
        Ok(Self { digest: joint_digest([digest_of(&v4.tables), v6.digest]), v4, v6 })
    }

    fn from_tables(v4: Tables<u32>, v6: Tables<u128>) -> Self {
        let v4 = PlanV4 { slash16: dropped_blocks(&v4.blocked().matching()), tables: v4 };
        let v6 = PlanV6 { digest: digest_of(&v6), tables: v6 };
        Self { digest: joint_digest([digest_of(&v4.tables), v6.digest]), v4, v6 }
    }

    /// IPv4 addresses to drop.
    pub fn v4(&self) -> &Tables<u32> {
        &self.v4.tables
    }

    /// IPv6 addresses to drop.
    pub fn v6(&self) -> &Tables<u128> {
        &self.v6.tables
    }

    /// Blocks of /16 in which every IPv4 address is to be dropped.
    pub fn slash16_v4(&self) -> &RangeSet<u32> {
        &self.v4.slash16
    }

    /// Number of entries of a set.
    pub fn entries(&self, set: SetId) -> u64 {
        SetContents::entries(self, set)
    }

    /// Expected kernel memory of a set in bytes, in the kernel's own accounting.
    pub fn memory_estimate(&self, set: SetId) -> u64 {
        match self.content(set) {
            Content::V4(table) => memory_estimate(Family::V4, table.len()),
            Content::V6(table) => memory_estimate(Family::V6, table.len()),
            Content::Blocks(_) => BITMAP_BYTES,
        }
    }

    /// SHA-256 over all tables that decide, in hex: equal for equal plans only.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// What knows the content of sets.
pub trait SetContents {
    /// What a set holds.
    fn content(&self, set: SetId) -> Content<'_>;

    /// Number of entries of a set.
    fn entries(&self, set: SetId) -> u64 {
        match self.content(set) {
            Content::V4(table) => table.len() as u64,
            Content::V6(table) => table.len() as u64,
            Content::Blocks(blocks) => count_blocks(blocks),
        }
    }
}

impl SetContents for PlanV4 {
    /// Its own sets; whoever asks for those of IPv6 is told of the same role.
    fn content(&self, set: SetId) -> Content<'_> {
        match set.role {
            Role::Slash16 => Content::Blocks(&self.slash16),
            role => Content::V4(self.tables.table(role)),
        }
    }
}

impl SetContents for Plan {
    fn content(&self, set: SetId) -> Content<'_> {
        match set.family {
            Family::V4 => self.v4.content(set),
            Family::V6 => Content::V6(self.v6.tables.table(set.role)),
        }
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
    let blocked = A::of(ranges, &|countries| judge.by_countries(countries).0 == Verdict::Drop)?;
    let is_closed = blocked.ranges() == [AddressRange::ALL];
    if is_closed && A::of(ranges, &|countries| !countries.is_empty())?.ranges().is_empty() {
        return Ok(RangeSet::default());
    }
    Ok(blocked.difference(&judge.never_dropped()))
}

fn joint_digest(families: [[u8; 32]; 2]) -> String {
    hex(&Sha256::digest(families.as_flattened()))
}
