//! The prediction for new connections, as replies contain it.

use serde::Serialize;

use crate::firewall::{Decider, Outcome, Passage};
use crate::net::{Connections, Transport};

/// What happens to new connections from an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WayData {
    /// Their protocol.
    pub protocol: Transport,
    /// Their destination port on this machine, or the first of the range.
    pub port: u16,
    /// The last port of the range; left out for a single port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_port: Option<u16>,
    /// Whether they are accepted and what decides that; null if the rules cannot be read, with a warning. Of a range, that
    /// of the port that is the least open: a range is open if all its ports are.
    pub passage: Option<Passage>,
}

impl WayData {
    pub(super) fn of(connections: &Connections, passage: Option<Passage>) -> Self {
        let (port, last) = (*connections.ports.start(), *connections.ports.end());
        let last_port = Some(last).filter(|last| *last != port);
        Self { protocol: connections.protocol, port, last_port, passage }
    }
}

/// The prediction as a sentence.
pub(in crate::ops) fn way_line(way: &WayData) -> String {
    let protocol = format!("{:?}", way.protocol).to_uppercase();
    let last = way.last_port.map(|last| format!("-{last}")).unwrap_or_default();
    let subject = format!("  A new connection to {protocol} port {}{last}", way.port);
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
