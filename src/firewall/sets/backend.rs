//! What a set backend offers: whoever speaks to the kernel's sets.

use std::fmt;
use std::net::IpAddr;

use super::spec::{Listed, Member, SetHeader, SetKind, SetSpec};
use crate::error::{Error, Result};

/// A member of a set of [`SetKind::Senders`], as the kernel lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) address: IpAddr,
    pub(crate) packets: u64,
}

/// What becomes of members of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

/// A change of names, which takes no time and copies nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Two sets of one type change places; rules follow the name.
    Swap(&'static str, &'static str),
    /// A set that no rule refers to gets another name, which must be free.
    Rename(&'static str, &'static str),
}

/// Why not all steps could be taken, and how many were.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) taken: usize,
    pub(crate) error: Error,
}

/// The sets of this network namespace.
pub(crate) trait SetBackend: fmt::Debug + Sync {
    /// The headers of all sets.
    fn headers(&self) -> Result<Vec<SetHeader>>;

    /// The header of one set; none if there is no such set. The kernel counts a set's memory bucket by bucket whenever it
    /// is asked for its header, so whoever wants to know of a small set does not ask for all.
    fn header(&self, name: &str) -> Result<Option<SetHeader>>;

    /// The members of a set of this kind, in no order.
    fn members(&self, name: &str, kind: SetKind) -> Result<Vec<Listed>>;

    /// The members of a set that counts, in no order.
    fn counted(&self, name: &str) -> Result<Vec<Counted>>;

    /// True if a set of addresses holds this one.
    fn holds(&self, name: &str, address: IpAddr) -> Result<bool>;

    /// Loads a set under its loading name, which must be free. What a failure leaves is for the caller to remove.
    fn load(&self, set: &SetSpec<'_>) -> Result<()>;

    /// Adds members to a set of prefixes that has none of them, or removes them as far as it has them.
    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()>;

    /// Takes the steps in order, up to the first that fails.
    fn take(&self, steps: &[Step]) -> Result<(), Stopped>;

    /// Takes all members out of a set, if it is there.
    fn flush(&self, name: &str) -> Result<()>;

    /// Removes a set, if it is there.
    ///
    /// Fails with `firewall.set_in_use` while a rule refers to it or somebody lists it.
    fn destroy(&self, name: &str) -> Result<()>;
}

impl Step {
    /// The step that undoes this one.
    pub(crate) fn inverse(self) -> Self {
        match self {
            Self::Swap(one, other) => Self::Swap(one, other),
            Self::Rename(from, to) => Self::Rename(to, from),
        }
    }
}
