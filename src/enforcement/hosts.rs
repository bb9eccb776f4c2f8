//! Asks name servers about the hosts that are exceptions, and records what they say.

use std::time::Duration;

use crate::context::Context;
use crate::net::HostName;
use crate::plan::Policy;
use crate::records::passing::PassingRecord;
use crate::records::passing::hosts::{HostAnswers, Occasion};
use crate::resolver::{Answer, Answers};
use crate::storage::Moment;
use crate::warning::Warning;

/// How long `apply` waits for name servers. The next look asks again about whom they are silent.
const APPLY_PATIENCE: Duration = Duration::from_secs(2);
/// How long it waits if each host has an answer that counts already, as after a reboot without a network.
const BRIEF_PATIENCE: Duration = Duration::from_millis(500);
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
            Occasion::Apply if all_pass(context, &named) => BRIEF_PATIENCE,
            Occasion::Apply => APPLY_PATIENCE,
            Occasion::Look => LOOK_PATIENCE,
        };
        let answers = if named.is_empty() { Vec::new() } else { context.resolver.resolve(&named, patience) };
        Self { answers: named.into_iter().zip(answers).collect(), occasion }
    }

    /// True if name servers are silent about a host.
    pub(super) fn are_partly_silent(&self) -> bool {
        let is_silent = |answer: &Answer| matches!(answer, Answer::Silence(_));
        self.answers.iter().any(|(_, answers)| is_silent(&answers.v4) || is_silent(&answers.v6))
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

/// True if addresses pass already as each of these hosts.
fn all_pass(context: &Context<'_>, hosts: &[HostName]) -> bool {
    let (known, now) = (HostAnswers::load_or_forget(&context.state), Moment::of(&*context.clock));
    hosts.iter().all(|host| known.of(host).is_some_and(|answer| !answer.present(&now).is_empty()))
}
