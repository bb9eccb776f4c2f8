//! The kernel's firewall, as the helper reaches it.

use std::fmt::Debug;

use super::rules::RuleBackend;
use super::rules::iptables::Iptables;
use super::sets::{SetBackend, system_set_backend};
use crate::error::Result;
use crate::net::Family;

/// Finds who speaks to the kernel.
pub(crate) trait Kernel: Debug + Send + Sync {
    /// The sets.
    fn sets(&self) -> Result<Box<dyn SetBackend>>;

    /// The rules of a family.
    fn rules(&self, family: Family) -> Result<Box<dyn RuleBackend>>;
}

/// The kernel of this system: sets over netlink or by the `ipset` tool, rules by the `iptables` tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemKernel;

impl Kernel for SystemKernel {
    fn sets(&self) -> Result<Box<dyn SetBackend>> {
        system_set_backend()
    }

    fn rules(&self, family: Family) -> Result<Box<dyn RuleBackend>> {
        Ok(Box::new(Iptables::find(family)?))
    }
}
