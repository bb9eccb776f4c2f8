//! The verdict on a single address with its reason, from the same judge that the plan is made by.

use std::net::IpAddr;

use super::{Judge, Reason, Verdict};
use crate::country::CountryCode;
use crate::database::{DatabaseFamily, Excerpt};
use crate::net::AddressRange;

/// What happens to an address, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The country that decides; none if none holds the address.
    pub country: Option<CountryCode>,
    /// What becomes of new connections.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The entry that decides, in words: an exception, a special-purpose block, or a range of the source.
    pub entry: Option<String>,
}

/// Explains `address` by what a database says of it and by a policy; either may be missing.
pub fn explain(excerpt: Option<&Excerpt>, judge: Option<&Judge>, address: IpAddr) -> Explanation {
    // A mapped address is the IPv4 one to the network.
    match address.to_canonical() {
        IpAddr::V4(address) => explain_bits(excerpt, judge, address.to_bits()),
        IpAddr::V6(address) => explain_bits(excerpt, judge, address.to_bits()),
    }
}

fn explain_bits<A: DatabaseFamily>(
    excerpt: Option<&Excerpt>,
    judge: Option<&Judge>,
    address: A,
) -> Explanation {
    let found = excerpt.and_then(|excerpt| excerpt.lookup(address));
    let (segment, holders) = found.map_or((None, &[][..]), |(segment, holders)| {
        (Some(segment).filter(|_| !holders.is_empty()), holders)
    });
    let country = judge.map_or(holders.first().copied(), |judge| judge.deciding(holders));
    let held_range = segment.map(|segment| segment.range.to_string());
    let pass = |reason, entry| Explanation { country, verdict: Verdict::Pass, reason, entry };

    let special = A::special_blocks()
        .into_iter()
        .find(|block| AddressRange::from(block.prefix).contains(address))
        .map(|block| format!("{} {}", block.prefix, block.purpose));
    if special.is_some() {
        return pass(Reason::SpecialPurpose, special);
    }
    let Some(judge) = judge else { return pass(Reason::NoPolicy, held_range) };
    if let Some(exception) = judge.exception(address) {
        return pass(Reason::Exception, Some(exception.to_string()));
    }
    // Of a family without any data nothing is dropped.
    let has_data =
        found.is_none_or(|(segment, holders)| !holders.is_empty() || segment.range != AddressRange::ALL);
    let (verdict, reason) =
        if has_data { judge.by_countries(holders) } else { (Verdict::Pass, Reason::UnknownPasses) };
    // As in the kernel: timed exceptions are asked for last, by what would be dropped without them.
    if let Some(valid) = judge.timed_exception(address).filter(|_| verdict == Verdict::Drop) {
        return pass(Reason::TimedException, Some(valid.to_string()));
    }
    let verdict = if verdict == Verdict::Drop { judge.verdict_against() } else { verdict };
    Explanation { country, verdict, reason, entry: held_range }
}
