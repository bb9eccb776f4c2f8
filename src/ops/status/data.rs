//! The data of `status`.

use std::fmt::Write;

use serde::Serialize;

use super::filter_state::FilterState;
use crate::context::Context;
use crate::dataset::SourceId;
use crate::firewall::SetData;
use crate::net::Family;
use crate::ops::Text;
use crate::ops::countries::CountryTally;
use crate::ops::parts::answers::AddressData;
use crate::ops::parts::change_data::ChangeData;
use crate::ops::parts::database_data::DatabaseData;
use crate::ops::parts::family_counts::FamilyCounts;
use crate::ops::parts::passing::PassingData;
use crate::ops::parts::text::{drift_lines, problem_lines, set_lines};
use crate::plan::{Action, Policy, SetId};
use crate::protocol::Problem;
use crate::records::Applied;
use crate::records::drift::Healed;

/// Data of `status`.
// Each of them answers a question of its own.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusData {
    /// Version and commit of the helper.
    pub helper: String,
    /// All of the below in one word.
    pub state: FilterState,
    /// True if there is no problem.
    pub active: bool,
    /// True if new connections go through the filter and are only counted, even if there are problems.
    pub learning: bool,
    /// True if every entry of every set was compared; false if only their numbers were.
    pub exact: bool,
    /// True if new connections go through the filter now.
    pub attached: bool,
    /// Our sets in the kernel.
    pub sets: Vec<SetData>,
    /// The applied policy; null if there is none.
    pub applied: Option<AppliedData>,
    /// True if the applied policy is that of the request, exceptions that are over left out, and serves its source.
    /// Null without a policy in the request, or if nothing is applied.
    pub is_applied: Option<bool>,
    /// The source that stands in for the source of the request, or for the one that was wanted last; null if none does.
    pub stand_in: Option<SourceId>,
    /// The last change that needed a confirmation; null if there was none.
    pub change: Option<ChangeData>,
    /// The hosts and phones whose addresses pass under the applied policy.
    #[serde(flatten)]
    pub passing: PassingData,
    /// The compiled data on disk.
    pub databases: Vec<DatabaseData>,
    /// How many countries the policy of the request drops or counts; null without one.
    pub countries: Option<CountryTally>,
    /// The last repair; null if there was none.
    pub healed: Option<Healed>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// The verdicts on the addresses of the request by what is in force.
    pub addresses: Vec<AddressData>,
}

/// The policy that the kernel should enforce.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AppliedData {
    /// The source of the country data.
    pub source: SourceId,
    /// The policy.
    pub policy: Policy,
    /// What happens to connections that it matches: the action of the policy, also if that leaves it out.
    pub action: Action,
    /// When it was applied, RFC 3339 in UTC.
    pub applied_at: String,
    /// Number of entries that the sets should have.
    pub entries: FamilyCounts,
}

impl AppliedData {
    pub(super) fn of(applied: Applied, context: &Context<'_>) -> Self {
        let entries = |family| SetId::count_entries(family, |set| applied.entries(set));
        Self {
            entries: FamilyCounts { v4: entries(Family::V4), v6: entries(Family::V6) },
            source: applied.source,
            action: applied.policy.action,
            policy: applied.policy_now(context.now()),
            applied_at: applied.applied_at,
        }
    }
}

impl Text for StatusData {
    fn text(&self) -> String {
        let mut text = format!("{}\n", if self.active { "active" } else { "not active" });
        text += &problem_lines(&self.problems);
        if let Some(healed) = &self.healed {
            text += &drift_lines(&format!("repaired {}", healed.healed_at), &healed.repaired);
        }
        if let Some(applied) = &self.applied {
            let mode = format!("{:?}", applied.policy.mode).to_lowercase();
            let codes: Vec<String> = applied.policy.countries.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "policy: {mode} {} by {}", codes.join(" "), applied.source);
        }
        text += &self.change.as_ref().map(Text::text).unwrap_or_default();
        text += &self.passing.text();
        text += &set_lines(&self.sets);
        for database in &self.databases {
            let release = database.release.as_deref().unwrap_or("of unknown date");
            let _ = writeln!(
                text,
                "{} {release}: {} countries, {}",
                database.source, database.countries, database.subnets
            );
        }
        text
    }
}
