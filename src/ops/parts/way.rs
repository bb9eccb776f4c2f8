//! The prediction for a new connection, as replies contain it.

use serde::Serialize;

use crate::firewall::{Decider, Outcome, Passage};
use crate::net::Transport;

/// What happens to a new connection from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WayData {
    /// Its protocol.
    pub protocol: Transport,
    /// Its destination port on this machine.
    pub port: u16,
    /// Whether it is accepted and what decides that; null if the rules cannot be read, with a warning.
    pub passage: Option<Passage>,
}

/// The prediction as a sentence.
pub(in crate::ops) fn way_line(way: &WayData) -> String {
    let protocol = format!("{:?}", way.protocol).to_uppercase();
    let subject = format!("  A new connection to {protocol} port {}", way.port);
    let Some(passage) = &way.passage else {
        return format!("{subject} may or may not be accepted: the rules in the kernel cannot be read.\n");
    };
    let outcome = match passage.outcome {
        Outcome::Accepted => "is accepted",
        Outcome::Dropped => "is not accepted",
        Outcome::Unknown => "may or may not be accepted",
    };
    let decider = match passage.decided_by {
        Decider::RuleBefore => "a rule before the filter decides",
        Decider::Filter => "the filter decides",
        Decider::RuleBehind => "a rule after the filter decides",
        Decider::Policy => "the policy of INPUT decides",
    };
    let rule = passage.rule.as_deref().map(|rule| format!(": {rule}")).unwrap_or_default();
    format!("{subject} {outcome}; {decider}{rule}\n")
}
