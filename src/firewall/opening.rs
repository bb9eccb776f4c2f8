//! Opening the firewall: the sets are listed first, and the rules are read in the background.

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
use crate::plan::{Judge, Plan, PlanV4, PlanV6, SetContents};
use crate::warning::{Warning, WarningCode};

/// The sets of this network namespace, and a thread that reads its rules. Reading the rules takes the tools some time,
/// in which a plan can be computed and loaded.
#[derive(Debug)]
pub struct Opening {
    loader: SetLoader,
    rules: Reading,
}

impl Opening {
    /// Lists the sets and starts reading the rules.
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

    /// Lists the sets and reads the rules. If there is no usable IPv6 firewall, only IPv4 is covered, with a warning.
    ///
    /// # Errors
    /// Those of [`Self::begin`] and [`Self::finish`].
    pub(crate) fn wait(
        kernel: &Arc<dyn Kernel>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(Firewall, KernelSnapshot)> {
        Self::begin(kernel)?.finish(warnings)
    }

    /// The sets that exist.
    pub fn found(&self) -> &ListedSets {
        self.loader.found()
    }

    /// Plans both families in parallel. The IPv4 sets are loaded while IPv6, which takes longer, is planned.
    ///
    /// # Errors
    /// `plan.too_large`, those of `ranges`, and as [`Self::preload`].
    pub fn plan(&mut self, ranges: &impl CountryRanges, judge: &Judge) -> Result<Plan> {
        thread::scope(|scope| {
            let v6 = scope.spawn(|| PlanV6::new(ranges, judge));
            let v4 = PlanV4::new(ranges, judge)?;
            self.preload(&v4)?;
            Plan::join(v4, v6.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)
        })
    }

    /// Loads the IPv4 sets without replacing the sets in force, unless these may already be the same. Whether IPv6 can
    /// be filtered is known only after the rules are read; IPv4 need not wait for that.
    ///
    /// # Errors
    /// Those of the kernel and the tools. The sets in force are unchanged.
    pub fn preload(&mut self, contents: &impl SetContents) -> Result<()> {
        self.loader.preload(contents)
    }

    /// Waits for the rules. If there is no usable IPv6 firewall, only IPv4 is covered, with a warning.
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

/// The thread that reads the rules. It is always joined, so that no tool keeps running.
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

/// The rules of each family that can be covered, and the reason if IPv6 cannot.
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
            // A problem with IPv6 must not keep IPv4 from being filtered.
            Err(error) if family == Family::V6 => Ok(Err(error)),
            rules => rules.map(Ok),
        }
    };
    let mut lost = None;
    let read = each(found, takes_lock, read)?.into_iter();
    let families = read.filter_map(|rules| rules.map_err(|error| lost = Some(error)).ok()).collect();
    Ok(FoundRules { families, lost })
}
