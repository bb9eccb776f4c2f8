//! The verdict on one address and its reason, decided by the same code that builds the plan.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{Judge, Reason, Verdict};
use crate::blocklist::ListId;
use crate::country::CountryCode;
use crate::database::{DatabaseFamily, Excerpt, Segment};
use crate::net::{AddressRange, IpBits};

/// What happens to an address, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The country that decides the verdict, or `None` if no country holds the address.
    pub country: Option<CountryCode>,
    /// The block list that decides the verdict, if one does.
    pub list: Option<ListId>,
    /// What becomes of new connections.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The deciding entry as text: an exception, a host, a phone, a special-purpose block, or a range of the list,
    /// the network or the source.
    pub entry: Option<String>,
    /// When the deciding exception ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// What happens to connections to the ports of administration by the restriction on them, if there is one; for a phone
    /// that keeps its way, also by its country.
    pub of_admin: Option<(Verdict, Reason)>,
}

/// Explains the verdict on `address`. Without a database or without a policy it explains what is known.
pub fn explain(excerpt: Option<&Excerpt>, judge: Option<&Judge>, address: IpAddr) -> Explanation {
    let explain_by = |judge| match address.to_canonical() {
        // On the network, an IPv4-mapped IPv6 address is the IPv4 address.
        IpAddr::V4(address) => explain_bits(excerpt, judge, address.to_bits()),
        IpAddr::V6(address) => explain_bits(excerpt, judge, address.to_bits()),
    };
    let of_admin = judge.and_then(Judge::of_admin).map(|of_admin| explain_by(Some(of_admin)));
    let of_admin = of_admin.map(|Explanation { verdict, reason, .. }| (verdict, reason));
    let explanation = explain_by(judge);
    let of_admin = match (of_admin, explanation.of_admin) {
        (Some((Verdict::Pass, _)), Some((Verdict::Drop, reason))) => Some((Verdict::Drop, reason)),
        (of_admin, _) => of_admin,
    };
    Explanation { of_admin, ..explanation }
}

/// The countries that hold `address` by the data. `None` if it has nothing for the family, or was not asked for the address.
pub fn countries_of(excerpt: &Excerpt, address: IpAddr) -> Option<Vec<CountryCode>> {
    fn of<A: DatabaseFamily>(excerpt: &Excerpt, address: A) -> Option<Vec<CountryCode>> {
        let (segment, countries) = excerpt.lookup(address)?;
        has_family(segment, countries).then(|| countries.to_vec())
    }
    match address.to_canonical() {
        IpAddr::V4(address) => of(excerpt, address.to_bits()),
        IpAddr::V6(address) => of(excerpt, address.to_bits()),
    }
}

/// False if the data has nothing for the family of this segment. Then nothing of that family is dropped.
fn has_family<A: IpBits>(segment: Segment<A>, countries: &[CountryCode]) -> bool {
    !countries.is_empty() || segment.range != AddressRange::ALL
}

fn explain_bits<A: DatabaseFamily>(
    excerpt: Option<&Excerpt>,
    judge: Option<&Judge>,
    address: A,
) -> Explanation {
    let found = excerpt.and_then(|excerpt| excerpt.lookup(address));
    let (segment, countries) = found.map_or((None, &[][..]), |(segment, countries)| {
        (Some(segment).filter(|_| !countries.is_empty()), countries)
    });
    let country = judge.map_or(countries.first().copied(), |judge| judge.deciding(countries));
    let held_range = segment.map(|segment| segment.range.to_string());
    let explained = |verdict, reason, entry| {
        let (list, expires_at, of_admin) = (None, None, None);
        Explanation { country, list, verdict, reason, entry, expires_at, of_admin }
    };
    let pass = |reason, entry| explained(Verdict::Pass, reason, entry);

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
    let has_data = found.is_none_or(|(segment, countries)| has_family(segment, countries));
    let (verdict, reason) =
        if has_data { judge.by_countries(countries) } else { (Verdict::Pass, Reason::UnknownPasses) };
    let named = (verdict == Verdict::Pass).then(|| Named::of(judge, address)).flatten();
    let (verdict, reason) = named.as_ref().map_or((verdict, reason), |named| (Verdict::Drop, named.reason));
    // As in the kernel, timed exceptions are checked last, and only for addresses that would be dropped.
    if let Some(valid) = judge.timed_exception(address).filter(|_| verdict == Verdict::Drop) {
        let explanation = pass(Reason::TimedException, Some(valid.excepted.to_string()));
        return Explanation { expires_at: Some(valid.expires_at), ..explanation };
    }
    if let Some(passing) = judge.passing(address).filter(|_| verdict == Verdict::Drop) {
        let is_phone = passing.whose.phone().is_some();
        let by = if is_phone { Reason::PhoneException } else { Reason::HostException };
        let explanation = pass(by, Some(passing.name()));
        // A phone keeps no way to the ports of administration: its country decides about them, too.
        let of_admin = is_phone.then(|| (judge.verdict_against(), reason));
        return Explanation { expires_at: passing.expires_at, of_admin, ..explanation };
    }
    let verdict = if verdict == Verdict::Drop { judge.verdict_against() } else { verdict };
    let (list, entry) = named.map_or((None, held_range), |named| (named.list, Some(named.entry)));
    Explanation { list, ..explained(verdict, reason, entry) }
}

/// What drops an address although its country does not: a list, or else a network.
struct Named {
    reason: Reason,
    list: Option<ListId>,
    /// The range around the address.
    entry: String,
}

impl Named {
    fn of<A: IpBits>(judge: &Judge, address: A) -> Option<Self> {
        if let Some((list, range)) = judge.listed(address) {
            let (list, entry) = (Some(list.clone()), range.to_string());
            return Some(Self { reason: Reason::Listed, list, entry });
        }
        let (_, range) = judge.network(address)?;
        Some(Self { reason: Reason::Network, list: None, entry: range.to_string() })
    }
}
