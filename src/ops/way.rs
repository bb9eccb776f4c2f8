//! Whether a new connection gets in, as replies tell of it.

use serde::Serialize;

use crate::firewall::{Decider, Outcome, Passage};
use crate::net::Transport;

/// What becomes of a new connection from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WayData {
    /// Its protocol.
    pub protocol: Transport,
    /// The port of this machine that it is for.
    pub port: u16,
    /// Whether it gets in with the policy in question, and what decides; null if that cannot be told, as a warning says.
    pub passage: Option<Passage>,
}

/// A sentence about a new connection.
pub(super) fn way_line(way: &WayData) -> String {
    let protocol = format!("{:?}", way.protocol).to_uppercase();
    let subject = format!("  A new connection to {protocol} port {}", way.port);
    let Some(passage) = &way.passage else {
        return format!("{subject} may get in or not: the rules in the kernel cannot be read.\n");
    };
    let outcome = match passage.outcome {
        Outcome::Accepted => "gets in",
        Outcome::Dropped => "does not get in",
        Outcome::Unknown => "may get in or not",
    };
    let decider = match passage.decided_by {
        Decider::RuleBefore => "a rule in front of the filter decides",
        Decider::Filter => "the filter decides",
        Decider::RuleBehind => "a rule behind the filter decides",
        Decider::Policy => "the policy of INPUT decides",
    };
    let rule = passage.rule.as_deref().map(|rule| format!(": {rule}")).unwrap_or_default();
    format!("{subject} {outcome}; {decider}{rule}\n")
}
