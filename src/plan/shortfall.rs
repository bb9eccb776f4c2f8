//! What a policy does not achieve, so that nobody relies on a filter that filters nothing.

use super::{Judge, Mode, Policy, Role, SetId, Unknown, Verdict};
use crate::database::{CountryRanges, DatabaseFamily};
use crate::error::{Code, Error, Result};
use crate::net::{AddressRange, Family, IpBits, RangeSet};
use crate::warning::{Warning, WarningCode};

/// Why a policy drops nobody, or nobody of a family, although its action is to drop. `entries` gives the size of a set.
pub fn shortfalls(policy: &Policy, entries: impl Fn(SetId) -> u64) -> Vec<Error> {
    let (drops, restricts) = (policy.action.is_drop(), policy.admin.is_some());
    if !drops && !restricts {
        return Vec::new();
    }
    let exempted: Vec<Family> =
        [(Family::V4, is_exempted::<u32>(policy)), (Family::V6, is_exempted::<u128>(policy))]
            .into_iter()
            .filter_map(|(family, is_exempted)| is_exempted.then_some(family))
            .collect();
    let mut shortfalls = Vec::new();
    if !exempted.is_empty() {
        let families: Vec<String> = exempted.iter().map(ToString::to_string).collect();
        let message =
            format!("the exceptions cover all of {}: nobody is dropped there", families.join(" and "));
        shortfalls.push(Error::new(Code::PolicyExemptsEverybody, message));
    }
    // Who lists no country may want nothing but to restrict administration.
    let lists_countries = policy.mode == Mode::Allow || !policy.countries.is_empty();
    let mut of_countries = SetId::ALL.into_iter().filter(|set| set.role != Role::Admin);
    if drops
        && (lists_countries || !restricts)
        && exempted.len() < Family::ALL.len()
        && of_countries.all(|set| entries(set) == 0)
    {
        let message = "this policy drops no address, by the present country data";
        shortfalls.push(Error::new(Code::PolicyDropsNobody, message));
    }
    shortfalls
}

/// A warning if the policy treats addresses that no country holds differently than an administrator may expect.
///
/// # Errors
/// Those of `ranges`.
pub fn on_the_unknown(policy: &Policy, ranges: &impl CountryRanges) -> Result<Option<Warning>> {
    match (policy.mode, policy.unknown) {
        (Mode::Block, Unknown::Drop) if !policy.blocks_all() => {
            let message =
                "addresses that no country holds pass: they are dropped only if all countries are blocked";
            Ok(Some(Warning::new(WarningCode::UnknownIgnored, message)))
        }
        (Mode::Block, Unknown::Pass) if policy.blocks_all() => {
            let (v4, v6) = (passing::<u32>(policy, ranges)?, passing::<u128>(policy, ranges)?);
            // The smallest network that an IPv6 site gets is a /64.
            let v6 = v6.div_ceil(1 << 64);
            let message = format!(
                "all countries are blocked, but addresses that no country holds still pass: {v4} IPv4 addresses and {v6} \
                 IPv6 blocks of /64"
            );
            Ok((v4 + v6 > 0).then(|| Warning::new(WarningCode::PassesUnknown, message)))
        }
        _ => Ok(None),
    }
}

/// A warning if countries may administer the PBX from which no connection reaches it.
pub fn on_admin(policy: &Policy) -> Option<Warning> {
    let judge = Judge::new(policy);
    let countries = policy.admin.iter().flat_map(|admin| &admin.countries).copied();
    let blocked = countries.filter(|country| judge.country(*country) == Verdict::Drop);
    let blocked: Vec<String> = blocked.map(|country| country.to_string()).collect();
    let message = format!("nobody administers the PBX from blocked countries: {}", blocked.join(", "));
    (!blocked.is_empty()).then(|| Warning::new(WarningCode::AdminBlocked, message))
}

/// The addresses from which hosts on the internet send.
fn everybody<A: IpBits>() -> RangeSet<A> {
    let all = match A::FAMILY {
        Family::V4 => AddressRange::new(A::MIN, A::MAX),
        // 2000::/3, global unicast.
        Family::V6 => "2000::/3".parse().ok().and_then(A::prefix_of).map(AddressRange::from),
    };
    let special = A::special_blocks().into_iter().map(|block| AddressRange::from(block.prefix));
    all.into_iter().collect::<RangeSet<A>>().difference(&special.collect())
}

/// True if the exceptions, timed ones included, cover all senders of a family.
fn is_exempted<A: IpBits>(policy: &Policy) -> bool {
    let exceptions = policy.exceptions.iter().filter_map(|exception| exception.excepted.subnet());
    let exempted = exceptions.filter_map(|subnet| A::prefix_of(subnet.net())).map(AddressRange::from);
    everybody::<A>().difference(&exempted.collect()).ranges().is_empty()
}

/// How many addresses pass because no country holds them.
fn passing<A: DatabaseFamily>(policy: &Policy, ranges: &impl CountryRanges) -> Result<u128> {
    let unheld = A::of(ranges, &<[_]>::is_empty)?;
    let never_dropped = Judge::new(policy).never_dropped();
    let within = everybody::<A>();
    // The intersection of `within` and `unheld`, written as two differences.
    let passing = within.difference(&within.difference(&unheld)).difference(&never_dropped);
    Ok(passing.ranges().iter().map(|range| range.last().distance_from(range.first()).saturating_add(1)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::country::COUNTRIES;
    use crate::database::{Database, DatabaseBuilder, Metadata};
    use crate::dataset::SourceId;
    use crate::net::Ports;
    use crate::plan::{Action, Admin};

    fn policy(exceptions: &[&str]) -> Policy {
        Policy {
            mode: Mode::Block,
            countries: COUNTRIES.iter().map(|country| country.code).collect(),
            lists: Vec::new(),
            networks: Vec::new(),
            exceptions: exceptions.iter().map(|exception| exception.parse().unwrap()).collect(),
            unknown: Unknown::Pass,
            action: Action::Drop,
            keep_phones: false,
            admin: None,
        }
    }

    fn codes(policy: &Policy, entries: u64) -> Vec<&'static str> {
        shortfalls(policy, |_| entries).iter().map(|error| error.code().as_str()).collect()
    }

    #[test]
    fn exceptions_that_together_cover_a_family_are_reported() {
        let exempts = "policy.exempts_everybody";
        for (exceptions, expected) in [
            (&["0.0.0.0/0"][..], &[exempts][..]),
            (&["::/0"], &[exempts]),
            (&["2000::/3"], &[exempts]),
            (&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"], &[exempts]),
            (&["0.0.0.0/1", "128.0.0.0/1@2099-01-01T00:00:00Z"], &[exempts]),
            (&["0.0.0.0/1", "128.0.0.0/2"], &[]),
            (&["2000::/4"], &[]),
        ] {
            assert_eq!(codes(&policy(exceptions), 1), expected, "{exceptions:?}");
        }
        assert_eq!(codes(&policy(&["0.0.0.0/0", "::/0"]), 0), [exempts]);
    }

    #[test]
    fn empty_tables_drop_nobody_whatever_countries_are_listed() {
        assert_eq!(codes(&policy(&[]), 0), ["policy.drops_nobody"]);
        let counting = Policy { action: Action::Count, ..policy(&["0.0.0.0/0"]) };
        assert_eq!(codes(&counting, 0), [""; 0]);
    }

    #[test]
    fn a_restriction_of_administration_hides_no_shortfall_and_has_its_own() {
        let admin = Some(Admin { countries: Vec::new(), ports: Ports::new([22]).unwrap() });
        let restricted = Policy { admin, ..policy(&[]) };
        let only_admin = |set: SetId| u64::from(set.role == Role::Admin);
        let codes_of = |policy: &Policy| {
            shortfalls(policy, only_admin).iter().map(|error| error.code().as_str()).collect::<Vec<_>>()
        };
        assert_eq!(codes_of(&restricted), ["policy.drops_nobody"]);
        assert_eq!(codes_of(&Policy { countries: Vec::new(), ..restricted.clone() }), [""; 0]);
        let exceptions = policy(&["0.0.0.0/0"]).exceptions;
        let counting = Policy { action: Action::Count, exceptions, ..restricted };
        assert_eq!(codes_of(&counting), ["policy.exempts_everybody"]);
    }

    fn database() -> Database {
        let (mut builder, country) = (DatabaseBuilder::default(), "CN".parse().unwrap());
        let v4 = AddressRange::new(1 << 24, (224 << 24) - 1).unwrap();
        let v6 = AddressRange::new(0x2000 << 112, (0x3fff << 112) - 1).unwrap();
        builder.push_v4(v4, country).unwrap();
        builder.push_v6(v6, country).unwrap();
        builder.finish(Metadata::new(SourceId::Dbip, String::new(), Vec::new())).unwrap()
    }

    #[test]
    fn addresses_that_still_pass_when_all_is_blocked_are_counted_without_exceptions_and_special_blocks() {
        let all = policy(&["3fff::/17"]);
        let warning = on_the_unknown(&all, &database()).unwrap().unwrap();
        assert_eq!(warning.code, "policy.passes_unknown");
        let half_of_3fff = 1_u64 << 47;
        assert!(
            warning.message.contains(&format!(" 0 IPv4 addresses and {half_of_3fff} IPv6")),
            "{warning:?}"
        );
        let dropping = Policy { unknown: Unknown::Drop, ..all.clone() };
        assert_eq!(on_the_unknown(&dropping, &database()).unwrap(), None);
        let some = Policy { countries: vec!["CN".parse().unwrap()], ..dropping };
        let warning = on_the_unknown(&some, &database()).unwrap().unwrap();
        assert_eq!(warning.code, "policy.unknown_ignored");
    }
}
