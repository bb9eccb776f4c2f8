//! `heal`: restores our sets, chains and jump if they differ from the applied policy, and touches nothing else.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::operation::yes;
use super::parts::text::drift_lines;
use super::{Operation, Text};
use crate::context::Context;
use crate::enforcement::{Enforcer, FirewallLock, plan_at_hand, rollback};
use crate::error::Result;
use crate::firewall::{Opening, SetData};
use crate::protocol::Version;
use crate::records::drift::{Drift, Healed};
use crate::records::plan_files;

/// Compare the kernel with the applied policy, and repair our objects that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HealRequest {
    /// The protocol version.
    pub v: Version,
    /// Whether INPUT should jump to our chain. If false, INPUT is left alone.
    #[serde(default = "yes")]
    pub attach: bool,
}

/// Data of `heal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HealData {
    /// What was repaired; empty if nothing differed.
    pub repaired: Vec<Drift>,
    /// Number of repairs of this kind in a row, including this one.
    pub times: u32,
    /// True if the same drift keeps coming back: somebody or something undoes the repair.
    pub recurring: bool,
    /// The sets.
    pub sets: Vec<SetData>,
    /// True if new connections go through the filter, in every family that it covers.
    pub attached: bool,
}

/// Repairs of the same drift in a row after which it is called recurring.
const RECURRING: u32 = 3;

#[derive(Debug, Args)]
pub struct HealFlags {
    /// Leave INPUT alone.
    #[arg(long)]
    no_attach: bool,
}

impl Operation for HealRequest {
    type Flags = HealFlags;
    type Data = HealData;

    fn from_flags(HealFlags { no_attach }: HealFlags) -> Result<Self> {
        Ok(Self { v: Version, attach: !no_attach })
    }

    /// Compares every entry and rule, and repairs what differs, each set or chain as a whole. Returns what was
    /// repaired.
    ///
    /// # Errors
    /// `policy.none` if no policy is applied, `database.*` if neither the stored plan nor the data is usable,
    /// `firewall.*`.
    fn run(&self, context: &mut Context<'_>) -> Result<HealData> {
        let lock = FirewallLock::take(context)?;
        rollback::settle(context, &lock);
        let applied = plan_at_hand::wanted(context)?;
        let opening = Opening::begin(&context.kernel)?;
        let (applied, plan, damage) = match plan_files::load(&applied, &context.state) {
            Ok(plan) => (applied, plan, None),
            Err(damage) => {
                let (applied, plan) = plan_at_hand::rebuilt(context, &applied, &damage)?;
                (applied, plan, Some(plan_at_hand::plan_unusable(&damage)))
            }
        };
        let enforcer = Enforcer::finish_opening(context, &lock, opening)?;
        let (repaired, enforcement) = enforcer.heal(context, &applied, &plan, self.attach)?;
        let repaired: Vec<Drift> = damage.iter().chain(&repaired).map(Drift::from).collect();
        let times = if repaired.is_empty() { 0 } else { record(context, &repaired) };
        let recurring = times >= RECURRING;
        Ok(HealData { repaired, times, recurring, sets: enforcement.sets, attached: enforcement.attached })
    }
}

/// Records the repair. If that fails, the repair itself is still done.
fn record(context: &Context<'_>, repaired: &[Drift]) -> u32 {
    let recorded = Healed::record(&context.state, repaired.to_vec(), context.now());
    recorded.map_or_else(
        |error| {
            log::warn!("{error}");
            1
        },
        |healed| healed.times,
    )
}

impl Text for HealData {
    fn text(&self) -> String {
        if self.repaired.is_empty() {
            "all is well\n".into()
        } else {
            drift_lines("repaired", &self.repaired)
        }
    }
}
