//! `heal`: what is ours in the kernel and drifted becomes what was applied again, and nothing else is touched.

use crate::context::Context;
use crate::enforcement::enforcer::{self, Enforcer};
use crate::enforcement::plan_at_hand;
use crate::error::Result;
use crate::protocol::{HealData, HealRequest};
use crate::records::drift::{Drift, Healed};

/// Compares everything exactly and repairs what differs, each set or chain at once; says what that was.
///
/// # Errors
/// `policy.none` if nothing was applied, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`.
pub fn heal(context: &mut Context<'_>, request: &HealRequest) -> Result<HealData> {
    let lock = enforcer::lock(context)?;
    let applied = plan_at_hand::applied(context)?;
    let (enforcer, (applied, plan, damage)) =
        Enforcer::open_while(context, lock, |context, _| match applied.load_plan(&context.state) {
            Ok(plan) => Ok((applied, plan, None)),
            Err(damage) => {
                let (applied, plan) = plan_at_hand::rebuilt_plan(context, &applied, &damage)?;
                Ok((applied, plan, Some(enforcer::plan_unusable(&damage))))
            }
        })?;
    let (repaired, enforcement) = enforcer.heal(context, &applied, &plan, request.attach)?;
    let repaired: Vec<Drift> = damage.iter().chain(&repaired).map(Drift::from).collect();
    let times = if repaired.is_empty() { 0 } else { record(context, &repaired) };
    Ok(HealData { repaired, times, sets: enforcement.sets, attached: enforcement.attached })
}

/// What is repaired is repaired, also where it cannot be written down.
fn record(context: &Context<'_>, repaired: &[Drift]) -> u32 {
    let recorded =
        enforcer::plain_lock(context).and_then(|_lock| Healed::record(&context.state, repaired.to_vec()));
    recorded.map_or_else(
        |error| {
            log::warn!("{error}");
            1
        },
        |healed| healed.times,
    )
}
