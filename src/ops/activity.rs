//! `activity`: what the filter dropped, or would have dropped.

use crate::activity::{Baseline, Interval, Memory};
use crate::context::Context;
use crate::enforcement::counting::{interval, now};
use crate::enforcement::enforcer;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot};
use crate::plan::Action;
use crate::protocol::{ActivityData, ActivityRequest};

/// Says what was judged in the last hours, up to this moment. Where the firewall cannot be read, what is remembered.
///
/// # Errors
/// `state.busy`, `state.io`.
pub fn activity(context: &mut Context<'_>, request: &ActivityRequest) -> Result<ActivityData> {
    let _lock = enforcer::lock(context)?;
    let applied = context.usable_record();
    let kernel = applied.as_ref().and_then(|applied| Some((applied, open(context)?)));
    let now = match kernel {
        Some((applied, (firewall, found))) => {
            context.warnings.extend(found.nameless_senders());
            let mut baseline = Baseline::load(&context.state);
            interval(context, applied, (&firewall, &found), &mut baseline, Firewall::sender_counts)?
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

fn open(context: &mut Context<'_>) -> Option<(Firewall, KernelSnapshot)> {
    Firewall::open(&mut Vec::new()).map_err(|error| context.warnings.push((&error).into())).ok()
}

fn nothing() -> Interval {
    Interval::new(now(), [].into(), (Action::Drop, &[]), |_| None)
}
