//! How much kernel memory a set takes, and how large its hash table must be.
//!
//! The model follows `net/netfilter/ipset/ip_set_hash_gen.h`. A set is an array of buckets. A used bucket is a header
//! with room for entries, which grows two entries at a time. The kernel counts the header again at every growth step,
//! and the estimate does the same so that it compares with `ipset list`. Entries spread over the buckets by a Poisson
//! distribution, because the kernel hashes them with a random seed for each set.

use crate::net::Family;

/// How many buckets may be expected to overflow. One overflow makes the kernel double the whole hash table.
const ACCEPTED_OVERFLOWS: f64 = 0.1;
const SMALLEST_HASH: usize = 64;
const BUCKET_HEADER_BYTES: f64 = 32.0;
/// Entries by which a bucket grows.
const BUCKET_STEP: u32 = 2;
/// The most entries that a bucket can hold.
const BUCKET_LIMIT: u32 = 12;

/// The `hashsize` with which to create a set of `entries`: the smallest that the kernel will rarely need to double
/// while the set is loaded. A larger one would cost memory, and cache misses on every packet.
pub fn hash_size(entries: usize) -> usize {
    let mut size = SMALLEST_HASH;
    while overflows(entries, size) > ACCEPTED_OVERFLOWS {
        size *= 2;
    }
    size
}

/// Expected kernel memory of a `hash:net` set in bytes, counted as the kernel counts it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate of a positive number far below 2^53"
)]
pub(super) fn memory_estimate(family: Family, entries: usize) -> u64 {
    let (empty_set_bytes, entry_bytes) = match family {
        Family::V4 => (456.0, 8.0),
        Family::V6 => (1240.0, 20.0),
    };
    let step_bytes = BUCKET_HEADER_BYTES + f64::from(BUCKET_STEP) * entry_bytes;
    let steps: f64 = (0_u32..)
        .zip(buckets_by_entries(entries, hash_size(entries)))
        .map(|(held, buckets)| f64::from(held.div_ceil(BUCKET_STEP)) * buckets)
        .sum();
    (empty_set_bytes + steps * step_bytes).round() as u64
}

/// Expected number of buckets that would need more entries than the limit.
fn overflows(entries: usize, buckets: usize) -> f64 {
    let within_limit: f64 = buckets_by_entries(entries, buckets).sum();
    as_float(buckets) - within_limit
}

/// Expected number of buckets with no entry, with one, with two, and so on up to the limit.
fn buckets_by_entries(entries: usize, buckets: usize) -> impl Iterator<Item = f64> {
    let mean = as_float(entries) / as_float(buckets);
    let empty = as_float(buckets) * (-mean).exp();
    (0..=BUCKET_LIMIT).scan(empty, move |expected, held| {
        if held > 0 {
            *expected *= mean / f64::from(held);
        }
        Some(*expected)
    })
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn as_float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_sizes_are_powers_of_two_with_room() {
        assert!((1..200_000).step_by(97).all(|entries| hash_size(entries).is_power_of_two()));
        assert_eq!([0, 1, 211, 40_000].map(hash_size), [64, 64, 64, 16_384]);
    }

    #[test]
    fn the_largest_allowed_plan_takes_less_than_256_mib() {
        let most = usize::try_from(crate::plan::MOST_ENTRIES).unwrap();
        for family in Family::ALL {
            assert!(memory_estimate(family, most) < 256 << 20, "{family}: {}", memory_estimate(family, most));
        }
    }

    #[test]
    fn an_empty_set_has_its_fixed_cost() {
        assert_eq!(memory_estimate(Family::V4, 0), 456);
        assert_eq!(memory_estimate(Family::V6, 0), 1240);
    }
}
