//! What the kernel must hold for a policy. Pure computation: no files, no clock, no kernel.

mod admin;
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

pub use admin::Admin;
pub use exception::{
    Excepted, Exception, ExceptionField, MOST_HOSTS, MOST_PHONES, TimedException, refuse_too_many_names,
};
pub use explain::{Explanation, countries_of, explain};
pub use judge::{Holders, Judge, PassingAddress, Reason, Verdict};
pub use policy::{Action, Mode, Policy, Unknown};
pub use set_id::{Role, SetId};
pub use shortfall::{on_admin, on_the_unknown, shortfalls};
pub use size::hash_size;
use size::memory_estimate;
use tables::{BITMAP_BYTES, count_blocks, digest_of, dropped_blocks, refuse_too_many, smallest_table};
pub use tables::{
    BLOCK_LENGTH, MOST_ENTRIES, Tables, chosen_lengths, confined_table, minimal_table, newly_complete,
    routed_length,
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
    admin: PrefixTable<u32>,
}

/// The IPv6 part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanV6 {
    tables: Tables<u128>,
    admin: PrefixTable<u128>,
    digest: [u8; 32],
}

/// The tables of both families, and the bitmap that speeds up IPv4 lookups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    v4: PlanV4,
    v6: PlanV6,
    digest: String,
}

impl PlanV4 {
    /// Builds tables that match exactly the addresses that `judge` drops, by the country data in `ranges`.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `ranges`.
    pub fn new(ranges: &impl CountryRanges, judge: &Judge) -> Result<Self> {
        let dropped = dropped_addresses(ranges, judge)?;
        let (tables, slash16) = (Tables::of(&dropped)?, dropped_blocks(&dropped));
        let plan = Self { tables, slash16, admin: admin_table(ranges, judge)? };
        refuse_too_many(plan.size().into())?;
        Ok(plan)
    }

    fn of(tables: Tables<u32>, admin: PrefixTable<u32>) -> Self {
        Self { slash16: dropped_blocks(&tables.blocked().matching()), tables, admin }
    }

    fn size(&self) -> u64 {
        self.tables.entries() + self.admin.len() as u64
    }
}

impl PlanV6 {
    /// As [`PlanV4::new`].
    ///
    /// # Errors
    /// As [`PlanV4::new`].
    pub fn new(ranges: &impl CountryRanges, judge: &Judge) -> Result<Self> {
        let tables = Tables::of(&dropped_addresses(ranges, judge)?)?;
        Ok(Self::of(tables, admin_table(ranges, judge)?))
    }

    fn of(tables: Tables<u128>, admin: PrefixTable<u128>) -> Self {
        Self { digest: digest_of(&tables, &admin), tables, admin }
    }

    fn size(&self) -> u64 {
        self.tables.entries() + self.admin.len() as u64
    }
}

impl Plan {
    /// Builds tables that match exactly the addresses that `judge` drops, both families in parallel.
    ///
    /// # Errors
    /// `plan.too_large`, and those of `ranges`.
    pub fn new(ranges: &impl CountryRanges, judge: &Judge) -> Result<Self> {
        std::thread::scope(|scope| {
            let v6 = scope.spawn(|| PlanV6::new(ranges, judge));
            let v4 = PlanV4::new(ranges, judge)?;
            Self::join(v4, v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
        })
    }

    /// Joins the plans of both families.
    ///
    /// # Errors
    /// `plan.too_large`.
    pub fn join(v4: PlanV4, v6: PlanV6) -> Result<Self> {
        refuse_too_many((v4.size() + v6.size()).into())?;
        Ok(Self::of(v4, v6))
    }

    fn of(v4: PlanV4, v6: PlanV6) -> Self {
        Self { digest: joint_digest([digest_of(&v4.tables, &v4.admin), v6.digest]), v4, v6 }
    }

    /// The tables of IPv4 addresses to drop.
    pub fn v4(&self) -> &Tables<u32> {
        &self.v4.tables
    }

    /// The tables of IPv6 addresses to drop.
    pub fn v6(&self) -> &Tables<u128> {
        &self.v6.tables
    }

    /// The IPv4 addresses that may not administer the PBX.
    pub fn admin_v4(&self) -> &PrefixTable<u32> {
        &self.v4.admin
    }

    /// The IPv6 addresses that may not administer the PBX.
    pub fn admin_v6(&self) -> &PrefixTable<u128> {
        &self.v6.admin
    }

    /// The /16 blocks in which every IPv4 address is dropped.
    pub fn slash16_v4(&self) -> &RangeSet<u32> {
        &self.v4.slash16
    }

    /// Number of entries of a set.
    pub fn entries(&self, set: SetId) -> u64 {
        SetContents::entries(self, set)
    }

    /// Expected kernel memory of a set in bytes, counted as the kernel counts it (`Size in memory` of `ipset list`).
    pub fn memory_estimate(&self, set: SetId) -> u64 {
        match self.content(set) {
            Content::V4(table) => memory_estimate(Family::V4, table.len()),
            Content::V6(table) => memory_estimate(Family::V6, table.len()),
            Content::Blocks(_) => BITMAP_BYTES,
        }
    }

    /// SHA-256 over the `blocked`, `specific` and `admin` tables of both families, in hex. Equal only for equal plans.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Something that knows what its sets contain.
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
    /// An IPv4 plan has no IPv6 sets: only the role of `set` is looked at.
    fn content(&self, set: SetId) -> Content<'_> {
        match set.role {
            Role::Slash16 => Content::Blocks(&self.slash16),
            Role::Specific => Content::V4(self.tables.specific()),
            Role::Mixed => Content::V4(self.tables.mixed()),
            Role::Blocked => Content::V4(self.tables.blocked()),
            Role::Admin => Content::V4(&self.admin),
        }
    }
}

impl SetContents for PlanV6 {
    /// As that of an IPv4 plan. There is no bitmap of IPv6; `blocked` stands for it.
    fn content(&self, set: SetId) -> Content<'_> {
        Content::V6(match set.role {
            Role::Specific => self.tables.specific(),
            Role::Mixed => self.tables.mixed(),
            Role::Blocked | Role::Slash16 => self.tables.blocked(),
            Role::Admin => &self.admin,
        })
    }
}

impl SetContents for Plan {
    fn content(&self, set: SetId) -> Content<'_> {
        match set.family {
            Family::V4 => self.v4.content(set),
            Family::V6 => self.v6.content(set),
        }
    }
}

/// What the kernel must hold in a set.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// IPv4 prefixes; the longest one around an address decides.
    V4(&'a PrefixTable<u32>),
    /// IPv6 prefixes; the longest one around an address decides.
    V6(&'a PrefixTable<u128>),
    /// IPv4 ranges made of whole /16 blocks.
    Blocks(&'a RangeSet<u32>),
}

/// The addresses of a family that the policy drops. If the data has nothing for a family, none of that family is
/// dropped but those on lists and of networks: missing data must not lock everybody out.
///
/// # Errors
/// Those of `ranges`.
pub fn dropped_addresses<A: DatabaseFamily>(
    ranges: &impl CountryRanges,
    judge: &Judge,
) -> Result<RangeSet<A>> {
    let mut dropped = A::of(ranges, &|countries| judge.by_countries(countries).0 == Verdict::Drop)?;
    let is_closed = dropped.ranges() == [AddressRange::ALL];
    if is_closed && A::of(ranges, &|countries| !countries.is_empty())?.ranges().is_empty() {
        dropped = RangeSet::default();
    }
    dropped.extend(judge.named_addresses());
    Ok(dropped.difference(&judge.never_dropped()))
}

/// The smallest table of the addresses that may not administer the PBX, empty if all may.
fn admin_table<A: DatabaseFamily>(ranges: &impl CountryRanges, judge: &Judge) -> Result<PrefixTable<A>> {
    let dropped = judge.of_admin().map(|of_admin| dropped_addresses(ranges, of_admin)).transpose()?;
    smallest_table(&dropped.unwrap_or_default())
}

fn joint_digest(families: [[u8; 32]; 2]) -> String {
    hex(&Sha256::digest(families.as_flattened()))
}
