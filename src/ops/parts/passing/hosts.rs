//! The hosts that are exceptions, as replies contain them.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;

use crate::activity::Sender;
use crate::context::Context;
use crate::enforcement::passing;
use crate::net::HostName;
use crate::plan::Policy;
use crate::records::passing::hosts::{HostAnswer, warnings};
use crate::storage::{Moment, whole_second};

/// A host that is an exception, and the addresses that pass because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostData {
    /// Its name.
    pub host: HostName,
    /// The addresses that it has and that pass: IPv4 addresses, and the /64 around each IPv6 address.
    pub addresses: Vec<Sender>,
    /// Addresses that it had before. They pass for two looks after it changed.
    pub former: Vec<Sender>,
    /// When name servers last answered, RFC 3339 in UTC and whole seconds; null if they never did.
    pub resolved_at: Option<String>,
    /// Since when name servers have not answered about its IPv4 or its IPv6 addresses; null if they do.
    pub silent_since: Option<String>,
    /// Until when addresses pass for which there is no newer answer; null if there are none.
    pub kept_until: Option<String>,
    /// The codes of the warnings about it.
    pub warnings: Vec<&'static str>,
}

/// The hosts that `policy` names. Adds the warnings about them.
pub(super) fn tell(context: &mut Context<'_>, policy: &Policy) -> Vec<HostData> {
    let named: BTreeSet<&HostName> = policy.hosts().map(|(host, _)| host).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let (known, now) = (passing::known_hosts(context), Moment::of(&*context.clock));
    let mut told = Vec::new();
    for host in named {
        let answer = known.of(host);
        let warnings = warnings(host, answer, &now);
        let codes = warnings.iter().map(|warning| warning.code).collect();
        context.warnings.extend(warnings);
        told.push(HostData::of(host, answer, codes, &now));
    }
    told
}

impl HostData {
    fn of(host: &HostName, answer: Option<&HostAnswer>, warnings: Vec<&'static str>, now: &Moment) -> Self {
        let senders = |nets: Vec<_>| nets.into_iter().map(Sender::from).collect();
        let text = |moment: Timestamp| whole_second(moment).to_string();
        let kept = answer.and_then(|answer| answer.kept_for(now));
        Self {
            host: host.clone(),
            addresses: answer.map(|answer| senders(answer.present(now))).unwrap_or_default(),
            former: answer.map(|answer| senders(answer.former(now))).unwrap_or_default(),
            resolved_at: answer.and_then(|answer| answer.answered_at(now)).map(text),
            silent_since: answer.and_then(HostAnswer::silence).map(|(since, _)| text(since)),
            kept_until: kept.and_then(|kept| now.wall.checked_add(kept).ok()).map(text),
            warnings,
        }
    }
}

/// The hosts as text, a line for each.
pub(super) fn lines(hosts: &[HostData]) -> String {
    hosts.iter().fold(String::new(), |mut text, host| {
        let join = |senders: &[Sender]| senders.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let addresses = if host.addresses.is_empty() { "no address".into() } else { join(&host.addresses) };
        let former =
            if host.former.is_empty() { String::new() } else { format!(", before {}", join(&host.former)) };
        let _ = writeln!(text, "{}: {addresses}{former}", host.host);
        text
    })
}
