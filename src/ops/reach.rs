//! Whether connections that a request asks about get in: by the rules in the kernel, with the policy in question.

use super::answers::AddressData;
use super::asked::Asked;
use super::way::WayData;
use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, Opening, Outcome};
use crate::plan::Verdict;
use crate::warning::Warning;

/// The rules in the kernel, listed once for all connections of a request.
pub(super) struct Rules {
    read: Result<(Firewall, KernelSnapshot)>,
    /// What is not covered, and why.
    warnings: Vec<Warning>,
}

impl Rules {
    pub(super) fn read(context: &Context<'_>) -> Self {
        let mut warnings = Vec::new();
        let read = Opening::wait(&context.kernel, &mut warnings);
        let failed = read.as_ref().ok().and_then(|(_, found)| found.failed_family());
        warnings.extend(failed.as_ref().map(Warning::from));
        Self { read, warnings }
    }

    /// What was found in the kernel; none if it cannot be told.
    pub(super) fn found(&self) -> Option<&KernelSnapshot> {
        self.read.as_ref().ok().map(|(_, found)| found)
    }
}

/// True if somebody asks about a connection, not only about addresses.
pub(super) fn concerns_rules(asked: &[Asked]) -> bool {
    asked.iter().any(|asked| matches!(asked, Asked::Connection(_)))
}

/// Says in each answer whether the connection that was asked about gets in. Where that cannot be told no answer guesses,
/// and a warning says why.
pub(super) fn tell_ways(
    context: &mut Context<'_>,
    rules: Rules,
    asked: &[Asked],
    answers: &mut [AddressData],
) {
    let Rules { read, mut warnings } = rules;
    let mut untold = false;
    let mut failure = read.as_ref().err().map(Warning::from);
    for (asked, answer) in asked.iter().zip(answers) {
        let Some(connection) = asked.connection() else { continue };
        let against = answer.verdict == Verdict::Drop;
        let passage = match &read {
            Ok((firewall, found)) => firewall.passage(found, &connection, against).unwrap_or_else(|error| {
                failure.get_or_insert_with(|| Warning::from(&error));
                None
            }),
            Err(_) => None,
        };
        untold |= passage.is_none();
        if passage.as_ref().is_some_and(|passage| passage.outcome == Outcome::Accepted) {
            answer.is_cut_off = false;
        }
        answer.way = Some(WayData { protocol: connection.protocol, port: connection.port, passage });
    }
    if untold {
        context.warnings.append(&mut warnings);
        context.warnings.extend(failure);
    }
}
