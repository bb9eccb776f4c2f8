//! Predicts whether the connections in a request are accepted, by the rules in the kernel and the policy in question.

use super::answers::AddressData;
use super::asked::Asked;
use super::way::WayData;
use crate::context::Context;
use crate::error::Result;
use crate::firewall::{Firewall, KernelSnapshot, Opening, Outcome};
use crate::warning::Warning;

/// The rules in the kernel, read once for all connections of a request.
pub(in crate::ops) struct Rules {
    read: Result<(Firewall, KernelSnapshot)>,
    /// Warnings about families that are not covered.
    warnings: Vec<Warning>,
}

impl Rules {
    pub(in crate::ops) fn read(context: &Context<'_>) -> Self {
        let mut warnings = Vec::new();
        match Opening::wait(&context.kernel, &mut warnings) {
            Ok(kernel) => {
                let rules = Self::of(kernel);
                warnings.extend(rules.warnings);
                Self { read: rules.read, warnings }
            }
            Err(error) => Self { read: Err(error), warnings },
        }
    }

    /// The rules in a kernel that was read before.
    pub(in crate::ops) fn of(kernel: (Firewall, KernelSnapshot)) -> Self {
        let warnings = kernel.1.failed_family().as_ref().map(Warning::from).into_iter().collect();
        Self { read: Ok(kernel), warnings }
    }

    /// The content of the kernel, or `None` if it cannot be read.
    pub(in crate::ops) fn found(&self) -> Option<&KernelSnapshot> {
        self.read.as_ref().ok().map(|(_, found)| found)
    }
}

/// True if the request asks about connections, not only about addresses.
pub(in crate::ops) fn concerns_rules(asked: &[Asked]) -> bool {
    asked.iter().any(|asked| matches!(asked, Asked::Connections(_)))
}

/// Adds to each answer whether its connections are accepted. If the rules cannot be read, the answers leave it open and a
/// warning gives the reason.
pub(in crate::ops) fn add_predictions(
    context: &mut Context<'_>,
    rules: Rules,
    asked: &[Asked],
    answers: &mut [AddressData],
) {
    let Rules { read, mut warnings } = rules;
    let mut is_unknown = false;
    let mut failure = read.as_ref().err().map(Warning::from);
    for (asked, answer) in asked.iter().zip(answers) {
        let Some(connections) = asked.connections() else { continue };
        let passage = match &read {
            Ok((firewall, found)) => {
                firewall.passage(found, &connections, answer.dropped).unwrap_or_else(|error| {
                    failure.get_or_insert_with(|| Warning::from(&error));
                    None
                })
            }
            Err(_) => None,
        };
        is_unknown |= passage.is_none();
        if passage.as_ref().is_some_and(|passage| passage.outcome == Outcome::Accepted) {
            answer.is_cut_off = false;
        }
        answer.way = Some(WayData::of(&connections, passage));
    }
    if is_unknown {
        context.warnings.append(&mut warnings);
        context.warnings.extend(failure);
    }
}
