//! How large a set becomes in the kernel.
//!
//! The layout is that of `net/netfilter/ipset/ip_set_hash_gen.h`: an array of buckets, each of which, once it
//! holds anything, is a header with room for entries that grows by two. With every step the kernel books the header
//! again; the estimate does so too, to be comparable with what `ipset list` says.

use crate::net::Family;

/// Entries that ten buckets share, at most. Up to here a bucket hardly ever exceeds its twelve places, on which the
/// kernel would double the whole hash.
const ENTRIES_PER_TEN_BUCKETS: usize = 33;
const SMALLEST_HASH: usize = 64;
const BUCKET_HEADER_BYTES: f64 = 32.0;
/// A bucket grows by so many places.
const BUCKET_STEP: u32 = 2;
/// No bucket has more places.
const BUCKET_LIMIT: u32 = 12;

/// The `hashsize` with which a set of `entries` is created: a power of two that the kernel need not grow while
/// the set is loaded. A larger one would cost memory and cache misses on every packet.
pub fn hash_size(entries: usize) -> usize {
    (10 * entries).div_ceil(ENTRIES_PER_TEN_BUCKETS).next_power_of_two().max(SMALLEST_HASH)
}

/// Expected kernel memory of a `hash:net` set in bytes, in the kernel's own accounting.
///
/// Entries fall into buckets like Poisson's events into intervals.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "an estimate of positive numbers far below 2^53"
)]
pub(super) fn memory_estimate(family: Family, entries: usize) -> u64 {
    let (empty_set_bytes, entry_bytes) = match family {
        Family::V4 => (456.0, 8.0),
        Family::V6 => (1240.0, 20.0),
    };
    let step_bytes = BUCKET_HEADER_BYTES + f64::from(BUCKET_STEP) * entry_bytes;
    let buckets = hash_size(entries) as f64;
    let mean = entries as f64 / buckets;
    let mut probability = (-mean).exp();
    let mut bucket_bytes = 0.0;
    for held in 1..=BUCKET_LIMIT {
        probability *= mean / f64::from(held);
        bucket_bytes += probability * f64::from(held.div_ceil(BUCKET_STEP)) * step_bytes;
    }
    (empty_set_bytes + buckets * bucket_bytes).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_powers_of_two_with_room() {
        assert_eq!([0, 1, 211, 212, 44_914].map(hash_size), [64, 64, 64, 128, 16_384]);
    }

    #[test]
    fn an_empty_set_has_its_fixed_cost() {
        assert_eq!(memory_estimate(Family::V4, 0), 456);
        assert_eq!(memory_estimate(Family::V6, 0), 1240);
    }
}
