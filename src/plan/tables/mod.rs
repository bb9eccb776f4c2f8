//! The lookup tables of one address family, as small as few prefix lengths allow.

mod lengths;
mod ortc;
mod slash16;
mod split;

pub use lengths::chosen_lengths;
use ortc::{Ballot, every_length};
pub use ortc::{confined_table, minimal_table};
pub use slash16::BLOCK_LENGTH;
pub(super) use slash16::{BITMAP_BYTES, count_blocks, dropped_blocks};
pub use split::routed_length;
use split::specifics_of;

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};
use crate::net::{Address, IpBits, Prefix, PrefixTable, RangeSet, TableEntry};
use crate::storage::columns::Cell;

/// A set of addresses as three tables. An address matches if it is in `blocked`, or in both `mixed` and `specific`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables<A> {
    blocked: PrefixTable<A>,
    mixed: PrefixTable<A>,
    specific: PrefixTable<A>,
}

impl<A: IpBits> Tables<A> {
    /// Builds tables that match exactly `set`, with few prefix lengths and few entries.
    ///
    /// # Errors
    /// `plan.too_large`.
    pub fn of(set: &RangeSet<A>) -> Result<Self> {
        // Every range needs at least one entry, so the number of ranges is a lower bound.
        refuse_too_many(set.ranges().len() as u128)?;
        let routed = routed_length(A::FAMILY);
        let specific = specifics_of(set, routed);
        let blocks = set.difference(&specific);
        let blocked = economical_table(&blocks, &chosen_lengths(&blocks), 1)?;
        let finer = chosen_lengths(&specific).into_iter().filter(|length| *length > routed);
        let lengths: Vec<u8> = finer.chain([routed]).collect();
        Ok(Self::deciding(blocked, economical_table(&specific, &lengths, routed)?))
    }

    /// Tables from `blocked` and `specific`; `mixed` follows from them. `None` if an entry of `specific` is shorter
    /// than the routed length.
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

    /// The blocks in which all addresses are in the set.
    pub fn blocked(&self) -> &PrefixTable<A> {
        &self.blocked
    }

    /// The blocks of routed length in which some addresses are in the set and others are not.
    pub fn mixed(&self) -> &PrefixTable<A> {
        &self.mixed
    }

    /// The addresses of the set in mixed blocks.
    pub fn specific(&self) -> &PrefixTable<A> {
        &self.specific
    }

    /// Number of entries of all three tables.
    pub fn entries(&self) -> u64 {
        [&self.blocked, &self.mixed, &self.specific].map(|table| table.len() as u64).iter().sum()
    }

    /// True if `address` matches, looked up the way the kernel does.
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

/// SHA-256 over `blocked`, `specific` and `admin`. `mixed` follows from them.
pub(super) fn digest_of<A: IpBits + Cell>(tables: &Tables<A>, admin: &PrefixTable<A>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hash_table(&tables.blocked, &mut hasher);
    hash_table(&tables.specific, &mut hasher);
    hash_table(admin, &mut hasher);
    hasher.finalize().into()
}

fn hash_table<A: IpBits + Cell>(table: &PrefixTable<A>, hasher: &mut Sha256) {
    /// Entries that are hashed at once.
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

/// The smallest table with these lengths. If it is far too large, the smallest one with all lengths from `shortest` on.
fn economical_table<A: Address>(set: &RangeSet<A>, lengths: &[u8], shortest: u8) -> Result<PrefixTable<A>> {
    // Real data needs less than two entries per range. The lengths were chosen by an estimate. If the estimate is wrong
    // for some data, slower packets are better than exhausted kernel memory.
    let sane = 8 * (set.ranges().len() as u128 + 16);
    let mut ballot = Ballot::of(set, lengths);
    if ballot.entries() > sane {
        ballot = Ballot::of(set, &(shortest..=A::WIDTH).rev().collect::<Vec<u8>>());
    }
    refuse_too_many(ballot.entries())?;
    Ok(ballot.table())
}

/// The smallest table of a set, with all lengths.
///
/// # Errors
/// `plan.too_large`.
pub(super) fn smallest_table<A: Address>(set: &RangeSet<A>) -> Result<PrefixTable<A>> {
    refuse_too_many(set.ranges().len() as u128)?;
    let ballot = Ballot::of(set, &every_length::<A>());
    refuse_too_many(ballot.entries())?;
    Ok(ballot.table())
}

/// The most entries of a plan: four times as many as any policy needs on real data, in less than 256 MiB of kernel
/// memory. Data that needs more is an attack or a mistake.
pub const MOST_ENTRIES: u64 = 2_000_000;

/// Refuses a plan that is larger than any policy needs.
///
/// # Errors
/// `plan.too_large`.
pub(super) fn refuse_too_many(entries: u128) -> Result<()> {
    if entries <= MOST_ENTRIES.into() {
        return Ok(());
    }
    let message = format!("the plan has more than {MOST_ENTRIES} entries, which is too many for the kernel");
    Err(Error::new(Code::PlanTooLarge, message))
}

/// The blocks that are mixed in the sets in force, but of which the new `blocked` covers all addresses.
///
/// Sets are replaced one by one: first `specific`, then `mixed`, then `blocked`. Without special care, an address in
/// such a block would be in no set until `blocked` is replaced. So the new `specific` and `mixed` keep the block until
/// then.
pub fn newly_complete<A: IpBits>(blocked: &PrefixTable<A>, mixed: &[IpNet]) -> Vec<IpNet> {
    let becomes_complete = |block: &&IpNet| {
        let prefix = A::prefix_of(**block).filter(|prefix| prefix.length() == routed_length(A::FAMILY));
        prefix.is_some_and(|prefix| blocked.matches(prefix.base()))
    };
    mixed.iter().filter(becomes_complete).copied().collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::net::AddressRange;
    use crate::plan::minimal_table;

    /// Sets with range ends near the ends of a few neighbouring /24 blocks.
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
            // Holes of any size within the blocks, like exceptions.
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
            // A range touches at most two mixed blocks, one at each end.
            prop_assert!(tables.specific.len() <= 2 * sane);
        }

        #[test]
        fn an_address_with_the_same_verdict_before_and_after_keeps_it_during_the_swap(old in sets(), new in sets()) {
            let tables = [&old, &new].map(|set| Tables::of(set).unwrap());
            let net = |entry: &TableEntry<u32>| IpNet::new_assert(entry.prefix.base().to_ip(), 24);
            let mixed: Vec<IpNet> = tables[0].mixed.entries().iter().map(net).collect();
            let turning = newly_complete(&tables[1].blocked, &mixed);
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
