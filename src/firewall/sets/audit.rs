//! Compares the sets in the kernel with a plan: type, options and every entry.

use std::cmp::Ordering;
use std::fmt;

use super::layout::plan_spec;
use super::loader::SetLoader;
use super::spec::{Listed, SetHeader, SetSpec};
use crate::error::{Code, Error, Result};
use crate::plan::{Plan, SetId};

/// A set that differs from the plan.
#[derive(Debug)]
pub struct SetDrift {
    /// The set.
    pub set: SetId,
    /// How it differs.
    pub problem: Error,
}

/// Compares a set with `plan`. `found` is its header, or `None` if it does not exist.
///
/// # Errors
/// Those of the kernel and the tools.
pub(in crate::firewall) fn drift_of(
    set: SetId,
    plan: &Plan,
    found: Option<&SetHeader>,
    loader: &SetLoader,
) -> Result<Option<SetDrift>> {
    let spec = plan_spec(set, plan);
    let problem = match found {
        None => Some(missing(spec.name)),
        Some(header) => match other_options(&spec, header) {
            Some(problem) => Some(problem),
            None => other_members(&spec, loader.members(&spec)?),
        },
    };
    Ok(problem.map(|problem| SetDrift { set, problem }))
}

/// The problem of a missing set.
pub(in crate::firewall) fn missing(name: &str) -> Error {
    Error::new(Code::FirewallSetsDrifted, format!("the set {name} is missing"))
}

/// The problem of a set with another type or other options.
pub(in crate::firewall) fn other_options(spec: &SetSpec<'_>, header: &SetHeader) -> Option<Error> {
    let found = format!("{} {}", header.kind, header.options);
    let expected = format!("{} {}", spec.kind.type_name(), spec.options());
    let message = format!("{} has the options \"{found}\" instead of \"{expected}\"", spec.name);
    (found != expected).then(|| Error::new(Code::FirewallSetOptionsDrifted, message))
}

fn other_members(spec: &SetSpec<'_>, found: Vec<Listed>) -> Option<Error> {
    let difference = Difference::between(spec.members.listed(), found);
    let message = format!("{} {difference}", spec.name);
    (difference != Difference::default()).then(|| Error::new(Code::FirewallSetsDrifted, message))
}

/// The difference between two lists of entries, with an example of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    expected: usize,
    missing: (usize, Option<Listed>),
    foreign: (usize, Option<Listed>),
}

impl Difference {
    /// Compares the lists regardless of their order. Returns the default if they are equal.
    fn between(mut expected: Vec<Listed>, mut found: Vec<Listed>) -> Self {
        expected.sort_unstable();
        found.sort_unstable();
        if expected == found {
            return Self::default();
        }
        let mut difference = Self { expected: expected.len(), ..Self::default() };
        let count = |(number, example): &mut (usize, Option<Listed>), member| {
            *number += 1;
            example.get_or_insert(member);
        };
        let (mut expected, mut found) = (expected.into_iter().peekable(), found.into_iter().peekable());
        loop {
            let order = match (expected.peek(), found.peek()) {
                (None, None) => return difference,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(wanted), Some(there)) => wanted.cmp(there),
            };
            let wanted = if order.is_le() { expected.next() } else { None };
            let there = if order.is_ge() { found.next() } else { None };
            match (wanted, there) {
                (Some(member), None) => count(&mut difference.missing, member),
                (None, Some(member)) => count(&mut difference.foreign, member),
                _ => {}
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, missing: (missing, lost), foreign: (foreign, stray) } = self;
        if let Some(lost) = lost {
            write!(f, "lacks {missing} of its {expected} entries, such as {lost}")?;
        }
        if let Some(stray) = stray {
            let and = if lost.is_some() { ", and " } else { "" };
            write!(f, "{and}has {foreign} foreign entries, such as {stray}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hole = if self.nomatch { " nomatch" } else { "" };
        write!(f, "{}/{}{hole}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn members() -> impl Strategy<Value = BTreeSet<Listed>> {
        let member = (0..6_u8, 24..27_u8, any::<bool>()).prop_map(|(last, length, nomatch)| Listed {
            address: [10, 0, 0, last].into(),
            length,
            nomatch,
        });
        proptest::collection::btree_set(member, 0..12)
    }

    proptest! {
        #[test]
        fn a_difference_counts_the_entries_that_are_in_only_one_list(
            expected in members(), found in members().prop_map(Vec::from_iter).prop_shuffle(),
        ) {
            let difference = Difference::between(expected.iter().copied().collect(), found.clone());
            let found: BTreeSet<Listed> = found.into_iter().collect();
            prop_assert_eq!(difference.missing.0, expected.difference(&found).count());
            prop_assert_eq!(difference.foreign.0, found.difference(&expected).count());
            prop_assert_eq!(difference == Difference::default(), expected == found);
        }
    }
}
