//! Who passes for a while, in the kernel: small sets whose entries expire by the kernel's own clock.

use std::collections::HashSet;

use ipnet::IpNet;
use jiff::Timestamp;

use super::sets::{Listed, Purpose, SetHeader, TimedMember, timed_spec};
use super::{Firewall, KernelSnapshot};
use crate::error::{Code, Error, Result};
use crate::net::Family;
use crate::plan::TimedException;

/// The longest timeout of a set entry in seconds, some 24 days. A longer exception is renewed whenever the policy is
/// applied, which every update does.
const LONGEST: u32 = 2_147_483;
/// An entry with fewer seconds left may have expired in the kernel before it is looked for.
const NEARLY_OVER: u32 = 5;

/// Who passes for a while, by the sets that hold it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Exempted<T = Vec<TimedMember>> {
    /// Who passes to all ports: timed exceptions and hosts. `None` if that is unknown or does not matter.
    pub everywhere: Option<T>,
    /// Who passes but to the ports of administration: phones. `None` as above, and if the policy keeps none: then there is no
    /// set of them.
    pub phones: Option<T>,
}

impl<T> Exempted<T> {
    /// What is known, each with the set of a family that holds it.
    fn sets(&self, family: Family) -> impl Iterator<Item = (Purpose, &T)> {
        let sets = [(Purpose::Exempt(family), &self.everywhere), (Purpose::Phones(family), &self.phones)];
        sets.into_iter().filter_map(|(set, held)| Some((set, held.as_ref()?)))
    }
}

impl Exempted {
    /// Whoever passes by either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let either = |one: Option<Vec<TimedMember>>, other: Option<Vec<TimedMember>>| match (one, other) {
            (Some(one), Some(other)) => Some(TimedMember::longest([one, other].concat())),
            (one, other) => one.or(other),
        };
        Self {
            everywhere: either(self.everywhere, other.everywhere),
            phones: either(self.phones, other.phones),
        }
    }

    /// True if nobody passes.
    pub fn is_empty(&self) -> bool {
        [&self.everywhere, &self.phones].into_iter().flatten().all(Vec::is_empty)
    }
}

impl TimedMember {
    /// Set entries for exceptions, each with the time that applies to it. Exceptions that have ended are left out, and so
    /// are those of hosts and phones.
    ///
    /// `hash:net` cannot store a whole family, so `/0` becomes its two halves.
    pub fn of(exceptions: impl IntoIterator<Item = (TimedException, Timestamp)>) -> Vec<Self> {
        let left = exceptions.into_iter().filter_map(|(exception, now)| {
            Some((exception.excepted.subnet()?.net(), seconds_between(now, exception.expires_at)?))
        });
        let held =
            left.flat_map(|(net, seconds)| holdable(net).into_iter().map(move |net| Self { net, seconds }));
        Self::longest(held.collect())
    }

    /// Keeps only the longest of several entries for the same subnet.
    pub fn longest(mut timed_members: Vec<Self>) -> Vec<Self> {
        timed_members.sort_by_key(|member| (member.net, std::cmp::Reverse(member.seconds)));
        timed_members.dedup_by_key(|member| member.net);
        timed_members
    }
}

/// Seconds from `now` to `end`, rounded up and limited to [`LONGEST`]. `None` if `end` is not later.
fn seconds_between(now: Timestamp, end: Timestamp) -> Option<u32> {
    let left = end.as_millisecond().saturating_sub(now.as_millisecond());
    (left > 0).then(|| u32::try_from((left + 999) / 1000).unwrap_or(LONGEST).min(LONGEST))
}

fn holdable(net: IpNet) -> Vec<IpNet> {
    if net.prefix_len() > 0 {
        return vec![net];
    }
    net.subnets(1).map(Iterator::collect).unwrap_or_default()
}

fn of_family(family: Family, timed_members: &[TimedMember]) -> Vec<TimedMember> {
    timed_members.iter().filter(|member| Family::of(member.net) == family).copied().collect()
}

impl Firewall {
    /// Lets exactly these pass for a while in the covered families. A set of which nothing is known stays as it is.
    ///
    /// # Errors
    /// Those of the kernel and the tools. A family that fails keeps its sets.
    pub fn replace_exempt(&self, exempted: &Exempted) -> Result<()> {
        self.families.iter().try_for_each(|(family, _)| {
            exempted.sets(*family).try_for_each(|(set, members)| {
                self.loader.replace(&timed_spec(set, &of_family(*family, members)))
            })
        })
    }

    /// Finds entries that belong to nobody who is known to pass: somebody may have restored a saved set.
    ///
    /// # Errors
    /// Those of the kernel and the tools.
    pub fn foreign_exempt(
        &self,
        found: &KernelSnapshot,
        known: &Exempted<HashSet<IpNet>>,
    ) -> Result<Vec<Error>> {
        let mut problems = Vec::new();
        for (purpose, known) in self.families.iter().flat_map(|(family, _)| known.sets(*family)) {
            let known: HashSet<IpNet> = known.iter().copied().flat_map(holdable).collect();
            let set = timed_spec(purpose, &[]);
            let is_comparable = |header: &SetHeader| header.entries > 0 && set.can_replace(header);
            if !found.sets.named(set.name).is_some_and(is_comparable) {
                continue;
            }
            let is_foreign = |member: &Listed| {
                !IpNet::new(member.address, member.length).is_ok_and(|net| known.contains(&net))
            };
            if let Some(foreign) = self.loader.members(&set)?.into_iter().find(is_foreign) {
                let message =
                    format!("{} exempts {foreign}, which is not an exception of the policy", set.name);
                problems.push(Error::new(Code::FirewallSetsDrifted, message));
            }
        }
        Ok(problems)
    }

    /// Removes the sets of those who pass for a while, if there were none before.
    ///
    /// # Errors
    /// Those of the kernel and the tools, for example if a rule uses such a set already.
    pub fn remove_exempt(&self) -> Result<()> {
        Family::ALL.into_iter().try_for_each(|family| self.loader.remove(Purpose::Exempt(family).name()))?;
        self.remove_phones()
    }

    /// Removes the sets of phones, if there were none before.
    ///
    /// # Errors
    /// As [`Self::remove_exempt`].
    pub fn remove_phones(&self) -> Result<()> {
        Family::ALL.into_iter().try_for_each(|family| self.loader.remove(Purpose::Phones(family).name()))
    }
}

impl KernelSnapshot {
    /// Finds missing entries of those who pass for a while. They are few and short-lived, so comparing their number is
    /// enough.
    pub fn exempt_problems(&self, exempted: &Exempted) -> Vec<Error> {
        let covered = self.families.iter().map(|rules_of_family| rules_of_family.family);
        covered
            .flat_map(|family| exempted.sets(family))
            .filter_map(|(set, members)| {
                let name = set.name();
                let safe = |member: &&TimedMember| member.seconds > NEARLY_OVER;
                let expected = of_family(set.family(), members).iter().filter(safe).count() as u64;
                let message = match self.sets.named(name).map(|header| header.entries) {
                    None => format!("the set {name} is missing"),
                    Some(found) if found < expected => {
                        format!("{name} has {found} entries instead of {expected}")
                    }
                    Some(_) => return None,
                };
                Some(Error::new(Code::FirewallSetsDrifted, message))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn timed_members(exceptions: &[&str], now: &str) -> Vec<(String, u32)> {
        let timed = exceptions.iter().map(|exception| {
            let exception: crate::plan::Exception = exception.parse().unwrap();
            (exception.timed().unwrap(), at(now))
        });
        TimedMember::of(timed).into_iter().map(|member| (member.net.to_string(), member.seconds)).collect()
    }

    #[test]
    fn the_remaining_time_is_rounded_up_and_ended_exceptions_are_left_out() {
        let exceptions = ["198.51.100.7@2026-11-22T10:00:00Z", "2001:db8::/32@2026-11-22T11:00:00+02:00"];
        let of = |net: &str, seconds| (net.to_owned(), seconds);
        assert_eq!(timed_members(&exceptions, "2026-11-22T09:59:58.500Z"), [of("198.51.100.7/32", 2)]);
        assert_eq!(
            timed_members(&exceptions, "2026-11-22T08:00:00Z"),
            [of("198.51.100.7/32", 7200), of("2001:db8::/32", 3600)]
        );
        assert!(timed_members(&exceptions, "2026-11-22T10:00:00Z").is_empty());
    }

    #[test]
    fn timeouts_and_blocks_are_limited_to_what_the_kernel_can_store() {
        let held = timed_members(&["0.0.0.0/0@2099-01-01T00:00:00Z"], "1970-01-01T00:00:00Z");
        assert_eq!(held, [("0.0.0.0/1".to_owned(), LONGEST), ("128.0.0.0/1".to_owned(), LONGEST)]);
    }

    #[test]
    fn the_longer_of_two_exceptions_for_a_subnet_counts() {
        let exceptions = ["198.51.100.7@2026-11-22T10:00:05Z", "198.51.100.7@2026-11-22T10:00:09Z"];
        assert_eq!(timed_members(&exceptions, "2026-11-22T10:00:00Z"), [("198.51.100.7/32".to_owned(), 9)]);
    }
}
