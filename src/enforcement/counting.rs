//! Moves the kernel's counts into the stored activity.

use std::net::IpAddr;

use crate::activity::{Baseline, Days, Interval, Sender};
use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, SenderCount};
use crate::plan::explain;
use crate::records::Applied;
use crate::storage::whole_second;

/// Moves the counts from the kernel to the stored activity. The caller holds the firewall lock.
///
/// # Errors
/// Those of the kernel and the tools, `state.io`.
pub(crate) fn collect(context: &mut Context<'_>, firewall: &Firewall, found: &KernelSnapshot) -> Result<()> {
    let Some(applied) = context.wanted()? else { return Ok(()) };
    let before = Baseline::load(&context.state, &context.clock.since_boot().boot);
    let mut baseline = before.clone();
    let counts = Counts::take(firewall, found)?;
    let interval = counts.interval(context, &applied, &mut baseline);
    if baseline != before {
        // The baseline is saved first: if the helper is killed in between, packets are lost but never counted twice.
        baseline.save(&context.state)?;
    }
    if interval.is_empty() { Ok(()) } else { Days::new(&context.state).add(&interval) }
}

/// Reads the kernel's counts without resetting them. Nothing is written.
///
/// # Errors
/// Those of the kernel and the tools.
pub(crate) fn look(
    context: &mut Context<'_>,
    applied: &Applied,
    (firewall, found): (&Firewall, &KernelSnapshot),
) -> Result<Interval> {
    let mut baseline = Baseline::load(&context.state, &context.clock.since_boot().boot);
    let counts = Counts { verdicts: firewall.verdict_counts(found)?, senders: firewall.sender_counts()? };
    Ok(counts.interval(context, applied, &mut baseline))
}

/// The counters in the kernel.
struct Counts {
    verdicts: Vec<crate::firewall::VerdictCount>,
    senders: Vec<SenderCount>,
}

impl Counts {
    /// Reads the counters. The counters of the senders start again from zero.
    fn take(firewall: &Firewall, found: &KernelSnapshot) -> Result<Self> {
        Ok(Self { verdicts: firewall.verdict_counts(found)?, senders: firewall.take_sender_counts()? })
    }

    /// The packets since the baseline, which becomes the present count.
    fn interval(self, context: &mut Context<'_>, applied: &Applied, baseline: &mut Baseline) -> Interval {
        // The packets were counted under the action of the present rules, even if another policy is being applied.
        let action = self.verdicts.first().map_or(applied.policy.action, |count| count.action);
        let totals = baseline.advance(&self.verdicts);
        let addresses: Vec<IpAddr> = self.senders.iter().map(|sender| sender.sender.addr()).collect();
        let excerpt = context.usable_excerpt(applied.source, &addresses);
        let judge = context.usable_judge_of(&applied.policy, &addresses);
        let country_of = |sender: Sender| explain(excerpt.as_ref(), Some(&judge), sender.address()).country;
        Interval::new(whole_second(context.now()), totals, (action, &self.senders), country_of)
    }
}
