//! The firewall on its way to be opened: the sets are listed already, the rules are being read.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::kernel::Kernel;
use super::rules::{FamilyRules, RuleBackend, iptables};
use super::sets::{ListedSets, SetLoader};
use super::snapshot::KernelSnapshot;
use super::{CoveredFamily, Firewall, each};
use crate::database::CountryRanges;
use crate::error::{Error, Result};
use crate::net::Family;
use crate::plan::{Judge, Plan, PlanV4, PlanV6, Policy, SetContents};
use crate::warning::{Warning, WarningCode};

/// The sets of this network namespace, and a thread that reads its rules: to list them takes the tools some time, in which
/// a plan can be made and loaded.
#[derive(Debug)]
pub struct Opening {
    loader: SetLoader,
    rules: Reading,
}

impl Opening {
    /// Lists the sets and begins to read the rules.
    ///
    /// # Errors
    /// `firewall.ipset_missing` and those of the kernel: `firewall.permission`, `firewall.unsupported`,
    /// `firewall.timeout`, `firewall.command`.
    pub(crate) fn begin(kernel: &Arc<dyn Kernel>) -> Result<Self> {
        let loader = SetLoader::open(kernel.sets()?)?;
        let kernel = Arc::clone(kernel);
        let rules = Reading(Some(thread::spawn(move || read_rules(&*kernel))));
        Ok(Self { loader, rules })
    }

    /// Lists the sets and reads the rules. Without a usable IPv6 firewall IPv4 alone is covered, as a warning says.
    ///
    /// # Errors
    /// Those of [`Self::begin`] and [`Self::finish`].
    pub(crate) fn wait(
        kernel: &Arc<dyn Kernel>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Firewall, KernelSnapshot)> {
        Self::begin(kernel)?.finish(warnings)
    }

    /// The sets that were found.
    pub fn found(&self) -> &ListedSets {
        self.loader.found()
    }

    /// Plans both families side by side; the IPv4 sets are loaded while IPv6, which takes longer, is planned.
    ///
    /// # Errors
    /// `plan.too_large`, those of `ranges`, and as [`Self::preload`].
    pub fn plan(&mut self, ranges: &impl CountryRanges, policy: &Policy) -> Result<Plan> {
        let judge = Judge::new(policy);
        thread::scope(|scope| {
            let v6 = scope.spawn(|| PlanV6::new(ranges, &judge));
            let v4 = PlanV4::new(ranges, &judge)?;
            self.preload(&v4)?;
            Plan::join(v4, v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
        })
    }

    /// Loads the IPv4 sets beside those in force, unless these may be the same: the rules will tell whether IPv6 can be
    /// filtered at all, and IPv4 need wait neither for them nor for the rest of the plan.
    ///
    /// # Errors
    /// Those of the kernel and the tools; what is in force is untouched.
    pub fn preload(&mut self, contents: &impl SetContents) -> Result<()> {
        self.loader.preload(contents)
    }

    /// Waits for the rules. Without a usable IPv6 firewall IPv4 alone is covered, as a warning says.
    ///
    /// # Errors
    /// `firewall.iptables_missing`, and those of the tools.
    pub fn finish(self, warnings: &mut Vec<Warning>) -> Result<(Firewall, KernelSnapshot)> {
        let FoundRules { families, lost } = self.rules.wait()?;
        warnings.extend(lost.as_ref().filter(|error| iptables::has_no_ipv6(error)).map(|error| {
            Warning::new(WarningCode::NoIpv6, format!("only IPv4 is filtered: {}", error.message()))
        }));
        let (backends, families): (Vec<_>, Vec<_>) = families.into_iter().unzip();
        let snapshot = KernelSnapshot { sets: self.loader.found().clone(), families, lost };
        Ok((Firewall { loader: self.loader, families: backends }, snapshot))
    }
}

/// A thread that reads the rules. It is waited for in any case: no tool is left at work.
#[derive(Debug)]
struct Reading(Option<JoinHandle<Result<FoundRules>>>);

impl Reading {
    fn wait(mut self) -> Result<FoundRules> {
        let read = self.0.take().map(JoinHandle::join);
        let nothing = || Ok(FoundRules { families: Vec::new(), lost: None });
        read.map_or_else(nothing, |read| read.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(read) = self.0.take() {
            let _ = read.join();
        }
    }
}

/// The tools and the rules of each family that can be covered, and why IPv6 cannot.
#[derive(Debug)]
struct FoundRules {
    families: Vec<(CoveredFamily, FamilyRules)>,
    lost: Option<Error>,
}

fn read_rules(kernel: &dyn Kernel) -> Result<FoundRules> {
    let found: Vec<_> = Family::ALL.into_iter().map(|family| (family, kernel.rules(family))).collect();
    let takes_lock = found.iter().any(|(_, found)| found.as_ref().is_ok_and(|backend| backend.takes_lock()));
    let read = |(family, found): (Family, Result<Box<dyn RuleBackend>>)| {
        let rules = found.and_then(|backend| {
            let rules = FamilyRules::read(family, &*backend)?;
            Ok(((family, backend), rules))
        });
        match rules {
            // What is wrong with IPv6 keeps nobody from filtering IPv4.
            Err(error) if family == Family::V6 => Ok(Err(error)),
            rules => rules.map(Ok),
        }
    };
    let mut lost = None;
    let read = each(found, takes_lock, read)?.into_iter();
    let families = read.filter_map(|rules| rules.map_err(|error| lost = Some(error)).ok()).collect();
    Ok(FoundRules { families, lost })
}
