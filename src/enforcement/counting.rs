//! What the kernel counted, taken into the memory of the activity.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::activity::{Baseline, Interval, Memory, Sender};
use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, SenderCount};
use crate::plan::Judge;
use crate::records::Applied;

/// Takes what the kernel has counted into the memory. The caller holds the firewall's lock.
///
/// # Errors
/// Those of the kernel and the tools, `state.io`.
pub(crate) fn collect(context: &mut Context<'_>, firewall: &Firewall, found: &KernelSnapshot) -> Result<()> {
    let Some(applied) = Applied::load(&context.state)? else { return Ok(()) };
    let before = Baseline::load(&context.state);
    let mut baseline = before.clone();
    let interval =
        interval(context, &applied, (firewall, found), &mut baseline, Firewall::take_sender_counts)?;
    if baseline != before {
        // First: what is killed in between is lost, and not counted twice.
        baseline.save(&context.state)?;
    }
    if interval.is_empty() { Ok(()) } else { Memory::new(&context.state).add(&interval) }
}

/// What the kernel counted since the baseline.
pub(crate) fn interval(
    context: &mut Context<'_>,
    applied: &Applied,
    (firewall, found): (&Firewall, &KernelSnapshot),
    baseline: &mut Baseline,
    sender_counts: impl FnOnce(&Firewall) -> Result<Vec<SenderCount>>,
) -> Result<Interval> {
    let counts = firewall.verdict_counts(found)?;
    // What was seen was seen by the rules that are there, whatever policy comes next.
    let action = counts.first().map_or(applied.policy.action, |count| count.action);
    let judged = baseline.advance(&counts);
    let sender_counts = sender_counts(firewall)?;
    let addresses: Vec<IpAddr> =
        sender_counts.iter().map(|sender_count| sender_count.sender.addr()).collect();
    let excerpt = context.usable_excerpt(applied.source, &addresses);
    let judge = Judge::new(&applied.policy);
    let country_of =
        |sender: Sender| crate::plan::explain(excerpt.as_ref(), Some(&judge), sender.address()).country;
    Ok(Interval::new(now(), judged, (action, &sender_counts), country_of))
}

/// In whole seconds, as the kernel counts the time of senders.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
