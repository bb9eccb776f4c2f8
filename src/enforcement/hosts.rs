//! Asks name servers about the hosts that are exceptions, and records what they say.

use std::time::Duration;

use crate::context::Context;
use crate::net::HostName;
use crate::plan::Policy;
use crate::records::passing::hosts::{HostAnswers, Occasion};
use crate::resolver::Answers;
use crate::storage::Moment;
use crate::warning::Warning;

/// How long `apply` waits for name servers. The next look asks again about whom they are silent.
const APPLY_PATIENCE: Duration = Duration::from_secs(2);
/// How long a look waits for them.
const LOOK_PATIENCE: Duration = Duration::from_secs(8);

/// What name servers said, not recorded yet.
pub(super) struct FreshAnswers {
    answers: Vec<(HostName, Answers)>,
    occasion: Occasion,
}

impl FreshAnswers {
    /// Asks about nobody.
    pub(super) fn none(occasion: Occasion) -> Self {
        Self { answers: Vec::new(), occasion }
    }

    /// Asks about the hosts of `policy`, all at once. No lock is held meanwhile, for that may take some seconds.
    pub(super) fn ask(context: &Context<'_>, policy: &Policy, occasion: Occasion) -> Self {
        let now = context.now();
        let lasting = policy.hosts().filter(|(_, expires_at)| expires_at.is_none_or(|end| end > now));
        let mut named: Vec<HostName> = lasting.map(|(host, _)| host.clone()).collect();
        named.sort_unstable();
        named.dedup();
        let patience = match occasion {
            Occasion::Apply => APPLY_PATIENCE,
            Occasion::Look => LOOK_PATIENCE,
        };
        let answers = if named.is_empty() { Vec::new() } else { context.resolver.resolve(&named, patience) };
        Self { answers: named.into_iter().zip(answers).collect(), occasion }
    }

    /// True if nobody was asked about.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Adds to `known` what was said about the hosts that `policy` names, and records it. A failure is a warning.
    pub(super) fn record(&self, context: &mut Context<'_>, known: &mut HostAnswers, policy: &Policy) {
        let now = Moment::of(&*context.clock);
        for (host, answers) in &self.answers {
            if policy.hosts().any(|(named, _)| named == host) {
                known.note(host, answers, policy, &now, self.occasion);
            }
        }
        if let Err(error) = known.save(&context.state) {
            context.warnings.push(Warning::from(&error));
        }
    }
}
