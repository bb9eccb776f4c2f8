//! The interface to the kernel's sets, with one implementation over netlink and one with the `ipset` tool.

use std::fmt;
use std::net::IpAddr;

use super::spec::{Listed, Member, SetHeader, SetKind, SetSpec};
use crate::error::{Error, Result};

/// An entry of a [`SetKind::Senders`] set, as the kernel lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) address: IpAddr,
    pub(crate) packets: u64,
}

/// What to do with entries of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

/// A change of set names. It is quick, because nothing is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Two sets of the same type swap their names. A rule refers to the name.
    Swap(&'static str, &'static str),
    /// A set that no rule uses gets another name, which must be free.
    Rename(&'static str, &'static str),
}

/// The error of a step, and how many steps were done before it.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) taken: usize,
    pub(crate) error: Error,
}

/// The sets of this network namespace.
pub(crate) trait SetBackend: fmt::Debug + Sync {
    /// The headers of all sets.
    fn headers(&self) -> Result<Vec<SetHeader>>;

    /// The header of one set, or `None` if it does not exist. For each header the kernel walks over the whole set to
    /// count its memory. So a caller that needs one small set should not list all headers.
    fn header(&self, name: &str) -> Result<Option<SetHeader>>;

    /// The entries of a set of this kind, in no particular order.
    fn members(&self, name: &str, kind: SetKind) -> Result<Vec<Listed>>;

    /// The entries of a set with counters, in no particular order.
    fn counted(&self, name: &str) -> Result<Vec<Counted>>;

    /// True if a set of addresses contains `address`.
    fn holds(&self, name: &str, address: IpAddr) -> Result<bool>;

    /// Loads a set under its `next_name`, which must be free. After an error, the caller removes what is left.
    fn load(&self, set: &SetSpec<'_>) -> Result<()>;

    /// Adds entries that are not in the set yet, or removes entries, which may be missing.
    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()>;

    /// Does the steps in order, until one fails.
    fn take(&self, steps: &[Step]) -> Result<(), Stopped>;

    /// Removes all entries of a set. A missing set is no error.
    fn flush(&self, name: &str) -> Result<()>;

    /// Removes a set. A missing set is no error.
    ///
    /// Fails with `firewall.set_in_use` while a rule uses the set or another process lists it.
    fn destroy(&self, name: &str) -> Result<()>;
}

impl Step {
    /// The step that reverts this one.
    pub(crate) fn inverse(self) -> Self {
        match self {
            Self::Swap(one, other) => Self::Swap(one, other),
            Self::Rename(from, to) => Self::Rename(to, from),
        }
    }
}
