//! `activity`: what the filter dropped, or would have dropped.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{Context, enforce};
use crate::activity::{Baseline, Interval, Memory, Sender};
use crate::applied::Applied;
use crate::error::Result;
use crate::firewall::{Firewall, Inspection, Sighting};
use crate::plan::{Action, Judge};
use crate::protocol::{ActivityData, ActivityRequest};

/// Says what was judged in the last hours, up to this moment. Where the firewall cannot be read, what is remembered.
///
/// # Errors
/// `state.busy`, `state.io`.
pub fn activity(context: &mut Context<'_>, request: &ActivityRequest) -> Result<ActivityData> {
    let _lock = enforce::lock(context)?;
    let applied = context.usable_record();
    let kernel = applied.as_ref().and_then(|applied| Some((applied, open(context)?)));
    let now = match kernel {
        Some((applied, (firewall, found))) => {
            context.warnings.extend(found.nameless_senders());
            let mut baseline = Baseline::load(&context.state);
            interval(context, applied, (&firewall, &found), &mut baseline, Firewall::sightings)?
        }
        None => nothing(),
    };
    let state = context.state.clone();
    let most = usize::from(request.addresses);
    let remembered = Memory::new(&state).report(&now, request.hours, most, &mut context.warnings);
    let action_since = applied.as_ref().and_then(|applied| applied.action_since);
    Ok(ActivityData {
        action: applied.map(|applied| applied.policy.action),
        action_since: action_since.map(|moment| moment.to_string()),
        ..remembered
    })
}

/// Takes what the kernel has counted into the memory. The caller holds the firewall's lock.
///
/// # Errors
/// Those of the kernel and the tools, `state.io`.
pub(super) fn collect(context: &mut Context<'_>, firewall: &Firewall, found: &Inspection) -> Result<()> {
    let Some(applied) = Applied::load(&context.state)? else { return Ok(()) };
    let before = Baseline::load(&context.state);
    let mut baseline = before.clone();
    let interval = interval(context, &applied, (firewall, found), &mut baseline, Firewall::take_sightings)?;
    if baseline != before {
        // First: what is killed in between is lost, and not counted twice.
        baseline.save(&context.state)?;
    }
    if interval.is_empty() { Ok(()) } else { Memory::new(&context.state).add(&interval) }
}

fn open(context: &mut Context<'_>) -> Option<(Firewall, Inspection)> {
    Firewall::open(&mut Vec::new()).map_err(|error| context.warnings.push((&error).into())).ok()
}

/// What the kernel counted since the baseline.
fn interval(
    context: &mut Context<'_>,
    applied: &Applied,
    (firewall, found): (&Firewall, &Inspection),
    baseline: &mut Baseline,
    sightings: impl FnOnce(&Firewall) -> Result<Vec<Sighting>>,
) -> Result<Interval> {
    let counts = firewall.verdict_counts(found)?;
    // What was seen was seen by the rules that are there, whatever policy comes next.
    let action = counts.first().map_or(applied.policy.action, |count| count.action);
    let judged = baseline.advance(&counts);
    let sightings = sightings(firewall)?;
    let addresses: Vec<IpAddr> = sightings.iter().map(|sighting| sighting.sender.addr()).collect();
    let excerpt = context.usable_excerpt(applied.source, &addresses);
    let judge = Judge::new(&applied.policy);
    let country_of =
        |sender: Sender| crate::plan::explain(excerpt.as_ref(), Some(&judge), sender.address()).country;
    Ok(Interval::new(now(), judged, (action, &sightings), country_of))
}

fn nothing() -> Interval {
    Interval::new(now(), [].into(), (Action::Drop, &[]), |_| None)
}

/// In whole seconds, as the kernel counts the time of senders.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
