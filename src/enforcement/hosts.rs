//! The hosts that are exceptions: asks name servers about them, and puts the answers in force.

use std::time::Duration;

use super::exempt;
use super::lock::FirewallLock;
use crate::context::Context;
use crate::firewall::Firewall;
use crate::net::HostName;
use crate::plan::{HostAddress, Policy};
use crate::records::Applied;
use crate::records::hosts::{self, HostAnswers, Occasion};
use crate::resolver::Answers;
use crate::storage::Moment;
use crate::warning::Warning;

/// How long `apply` waits for name servers. The next look asks again about whom they are silent.
const APPLY_PATIENCE: Duration = Duration::from_secs(2);
/// How long a look waits for them.
const LOOK_PATIENCE: Duration = Duration::from_secs(8);

/// What name servers said, not recorded yet.
pub(crate) struct Asked {
    answers: Vec<(HostName, Answers)>,
    occasion: Occasion,
}

impl Asked {
    /// Asks about the hosts of `policy`, all at once. No lock is held meanwhile, for that may take some seconds.
    pub(crate) fn ask(context: &Context<'_>, policy: &Policy, occasion: Occasion) -> Self {
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

    /// Asks about the hosts of the policy that should be in force.
    pub(crate) fn look(context: &Context<'_>) -> Self {
        match context.wanted() {
            Ok(Some(applied)) => Self::ask(context, &applied.policy, Occasion::Look),
            // What is wrong with the record is reported by whoever needs it.
            Ok(None) | Err(_) => Self { answers: Vec::new(), occasion: Occasion::Look },
        }
    }

    /// Records what was said about the hosts that `policy` names. Returns all that is known then, even if it could not be
    /// recorded, which is a warning. `None` if nobody was asked.
    pub(crate) fn record(
        &self,
        context: &mut Context<'_>,
        _: &FirewallLock,
        policy: &Policy,
    ) -> Option<HostAnswers> {
        if self.answers.is_empty() {
            return None;
        }
        let mut known = known(context);
        let now = Moment::of(&*context.clock);
        for (host, answers) in &self.answers {
            if policy.hosts().any(|(named, _)| named == host) {
                known.note(host, answers, policy, &now, self.occasion);
            }
        }
        if let Err(error) = known.save(&context.state) {
            context.warnings.push(Warning::from(&error));
        }
        Some(known)
    }

    /// Records what was said, and makes the kernel hold the addresses of the hosts of `applied`. A failure is a warning: the
    /// next look tries again.
    pub(crate) fn put_in_force(
        &self,
        context: &mut Context<'_>,
        lock: &FirewallLock,
        applied: &Applied,
        firewall: &Firewall,
    ) {
        let Some(known) = self.record(context, lock, &applied.policy) else { return };
        let members = exempt::members_by(context, applied, &known);
        if let Err(error) = firewall.replace_exempt(&members) {
            context.warnings.push(Warning::from(&error));
        }
    }
}

/// The addresses of the hosts that `policy` names, as far as name servers were asked about them.
pub(crate) fn addresses(context: &Context<'_>, policy: &Policy) -> Vec<HostAddress> {
    if !policy.names_hosts() {
        return Vec::new();
    }
    HostAnswers::load_or_forget(&context.state).addresses(policy, &Moment::of(&*context.clock))
}

/// What is known of the hosts. Adds a warning if the record cannot be read.
pub(crate) fn known(context: &mut Context<'_>) -> HostAnswers {
    HostAnswers::load(&context.state).unwrap_or_else(|damage| {
        context.warnings.push(hosts::warning_of_damage(&damage));
        HostAnswers::default()
    })
}
