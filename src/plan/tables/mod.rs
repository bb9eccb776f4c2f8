//! The tables that a family's addresses are looked up in.

mod lengths;
mod ortc;
mod slash16;
mod split;

pub use lengths::chosen_lengths;
use ortc::Ballot;
pub use ortc::{confined_table, minimal_table};
pub use slash16::BLOCK_LENGTH;
pub(super) use slash16::{BITMAP_BYTES, count_blocks, dropped_blocks};
pub use split::routed_length;
use split::specifics_of;

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use super::Role;
use crate::error::{Code, Error, Result};
use crate::net::{Address, IpBits, Prefix, PrefixTable, RangeSet, TableEntry};
use crate::storage::columns::Cell;

/// A set of addresses in three tables: what is in `blocked`, and of what is in `mixed` that which is in `specific`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables<A> {
    blocked: PrefixTable<A>,
    mixed: PrefixTable<A>,
    specific: PrefixTable<A>,
}

impl<A: IpBits> Tables<A> {
    /// Tables of exactly these addresses, with as few entries as few lengths allow.
    ///
    /// # Errors
    /// `plan.too_large`.
    pub fn of(set: &RangeSet<A>) -> Result<Self> {
        // A range ends where an entry does, and each entry has two ends: there is no table of fewer entries.
        refuse_too_many(set.ranges().len() as u128)?;
        let routed = routed_length(A::FAMILY);
        let specific = specifics_of(set, routed);
        let blocks = set.difference(&specific);
        let blocked = economical_table(&blocks, &chosen_lengths(&blocks), 1)?;
        let finer = chosen_lengths(&specific).into_iter().filter(|length| *length > routed);
        let lengths: Vec<u8> = finer.chain([routed]).collect();
        Ok(Self::deciding(blocked, economical_table(&specific, &lengths, routed)?))
    }

    /// The tables of which two decide; none if an entry of `specific` is larger than the blocks that can be mixed.
    pub(super) fn new(blocked: PrefixTable<A>, specific: PrefixTable<A>) -> Option<Self> {
        let routed = routed_length(A::FAMILY);
        let fit = specific.entries().iter().all(|entry| entry.prefix.length() >= routed);
        fit.then(|| Self::deciding(blocked, specific))
    }

    fn deciding(blocked: PrefixTable<A>, specific: PrefixTable<A>) -> Self {
        let around = |entry: &TableEntry<A>| Prefix::around(entry.prefix.base(), routed_length(A::FAMILY));
        let mut blocks: Vec<Prefix<A>> = specific.entries().iter().filter_map(around).collect();
        blocks.dedup();
        let mixed = blocks.into_iter().map(|prefix| TableEntry { prefix, nomatch: false }).collect();
        Self { blocked, mixed: PrefixTable::from_ordered(mixed), specific }
    }

    /// The table of a role; that of [`Role::Slash16`] follows from `blocked` and is not kept here.
    pub fn table(&self, role: Role) -> &PrefixTable<A> {
        match role {
            Role::Specific => &self.specific,
            Role::Mixed => &self.mixed,
            Role::Blocked | Role::Slash16 => &self.blocked,
        }
    }

    /// The blocks of which all addresses are in the set.
    pub fn blocked(&self) -> &PrefixTable<A> {
        &self.blocked
    }

    /// The blocks, of a routed length, that hold addresses of the set and others.
    pub fn mixed(&self) -> &PrefixTable<A> {
        &self.mixed
    }

    /// The addresses of the set in mixed blocks.
    pub fn specific(&self) -> &PrefixTable<A> {
        &self.specific
    }

    /// Number of entries of all tables.
    pub fn entries(&self) -> u64 {
        [&self.blocked, &self.mixed, &self.specific].map(|table| table.len() as u64).iter().sum()
    }

    /// True if `address` matches, found as the kernel finds it.
    pub fn matches(&self, address: A) -> bool {
        self.blocked.matches(address) || (self.mixed.matches(address) && self.specific.matches(address))
    }

    /// The addresses that match.
    pub fn matching(&self) -> RangeSet<A> {
        let mut matching = self.blocked.matching();
        matching.extend(self.specific.matching().ranges().iter().copied());
        matching
    }
}

/// SHA-256 over the tables that decide: `mixed` follows from them.
pub(super) fn digest_of<A: IpBits + Cell>(tables: &Tables<A>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hash_table(&tables.blocked, &mut hasher);
    hash_table(&tables.specific, &mut hasher);
    hasher.finalize().into()
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

/// The smallest table of these lengths, unless it is larger by far than others of lengths from `shortest` on.
fn economical_table<A: Address>(set: &RangeSet<A>, lengths: &[u8], shortest: u8) -> Result<PrefixTable<A>> {
    // Real data stays below two entries a range. The lengths rest on an estimate: should it fail on some data, a
    // packet may cost more rather than the kernel's memory.
    let sane = 8 * (set.ranges().len() as u128 + 16);
    let mut ballot = Ballot::of(set, lengths);
    if ballot.entries() > sane {
        ballot = Ballot::of(set, &(shortest..=A::WIDTH).rev().collect::<Vec<u8>>());
    }
    refuse_too_many(ballot.entries())?;
    Ok(ballot.table())
}

/// No plan has more entries: four times as many as any policy needs on real data, in less than 256 MiB of the kernel's
/// memory. Beyond it data is an attack or a mistake.
pub const MOST_ENTRIES: u64 = 2_000_000;

/// Refuses a number of entries that is beyond what any policy needs.
///
/// # Errors
/// `plan.too_large`.
pub(super) fn refuse_too_many(entries: u128) -> Result<()> {
    if entries <= MOST_ENTRIES.into() {
        return Ok(());
    }
    let message = format!("the plan has more than {MOST_ENTRIES} entries: the kernel is not to hold as many");
    Err(Error::new(Code::PlanTooLarge, message))
}

/// Of blocks that the sets in force call mixed, those of which `blocked` holds all addresses.
///
/// Sets are replaced one by one, first `specific`, then `mixed`, then `blocked`. What was dropped in such a block would be
/// in none of them before the last is replaced: so the new `specific` and `mixed` go on holding the block until then.
pub fn turning_whole<A: IpBits>(blocked: &PrefixTable<A>, mixed: &[IpNet]) -> Vec<IpNet> {
    let is_whole = |block: &&IpNet| {
        let prefix = A::prefix_of(**block).filter(|prefix| prefix.length() == routed_length(A::FAMILY));
        prefix.is_some_and(|prefix| blocked.matches(prefix.base()))
    };
    mixed.iter().filter(is_whole).copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::net::AddressRange;
    use crate::plan::minimal_table;

    /// Sets around the ends of a few blocks of /24, next to each other and apart.
    fn sets() -> impl Strategy<Value = RangeSet<u32>> {
        let host = prop_oneof![0..3_u32, 0x7e..0x82_u32, 0xfd..=0xff_u32];
        let address = (0..5_u32, host).prop_map(|(block, host)| 0x0200_00fe + (block << 8) + host);
        vec((address.clone(), address), 0..8).prop_map(|pairs| {
            pairs.into_iter().map(|(a, b)| AddressRange::new(a.min(b), a.max(b)).unwrap()).collect()
        })
    }

    proptest! {
        #[test]
        fn whatever_lengths_are_chosen_the_tables_are_exact_and_small(
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
            let tables = Tables::of(&set).unwrap();
            prop_assert_eq!(tables.matching(), set.clone());
            prop_assert_eq!(&Tables::new(tables.blocked.clone(), tables.specific.clone()).unwrap(), &tables);
            let routed = routed_length(u128::FAMILY);
            prop_assert!(tables.blocked.entries().iter().all(|entry| entry.prefix.length() <= routed));
            let sane = 8 * (set.ranges().len() + 16);
            prop_assert!(tables.blocked.len() <= sane || tables.blocked.len() <= minimal_table(&set).len());
            // A range has at most two specific, one at each end.
            prop_assert!(tables.specific.len() <= 2 * sane);
        }

        #[test]
        fn while_tables_are_replaced_one_by_one_no_agreed_verdict_changes(old in sets(), new in sets()) {
            let tables = [&old, &new].map(|set| Tables::of(set).unwrap());
            let net = |entry: &TableEntry<u32>| IpNet::new_assert(entry.prefix.base().to_ip(), 24);
            let mixed: Vec<IpNet> = tables[0].mixed.entries().iter().map(net).collect();
            let turning = turning_whole(&tables[1].blocked, &mixed);
            let ends = [&old, &new].into_iter().flat_map(RangeSet::ranges).flat_map(|range| {
                [range.first(), range.last(), range.first().wrapping_sub(1), range.last().wrapping_add(1)]
            });
            let agreed = |address: &u32| old.contains(*address) == new.contains(*address);
            for address in ends.filter(agreed) {
                let dropped = new.contains(address);
                let is_turning = turning.iter().any(|block| block.contains(&address.to_ip()));
                let interim = (
                    tables[1].mixed.matches(address) || is_turning,
                    tables[1].specific.matches(address) || is_turning,
                );
                let whole = |tables: &Tables<u32>| {
                    (tables.mixed.matches(address), tables.specific.matches(address), tables.blocked.matches(address))
                };
                let [(mixed, _, blocked), after] = [&tables[0], &tables[1]].map(whole);
                for (mixed, specific, blocked) in [
                    (mixed, interim.1, blocked),
                    (interim.0, interim.1, blocked),
                    (interim.0, interim.1, after.2),
                    (interim.0, after.1, after.2),
                    after,
                ] {
                    prop_assert_eq!(blocked || (mixed && specific), dropped, "{:?}", address);
                }
            }
        }
    }
}
