//! Access to the kernel's firewall, behind a trait so that tests can use a kernel in memory.

use std::fmt::Debug;

use super::rules::RuleBackend;
use super::rules::iptables::Iptables;
use super::sets::{SetBackend, system_set_backend};
use crate::error::Result;
use crate::net::Family;

/// Opens the parts of the kernel's firewall.
pub(crate) trait Kernel: Debug + Send + Sync {
    /// Opens access to the sets.
    fn sets(&self) -> Result<Box<dyn SetBackend>>;

    /// Opens access to the rules of a family.
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
