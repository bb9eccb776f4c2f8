//! `check`: compares the kernel with the applied policy every few minutes, and changes nothing in it but the addresses of
//! hosts that are exceptions and of phones that keep their way.

use std::thread;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::parts::passing::PassingData;
use super::parts::text::drift_lines;
use super::{Operation, Text};
use crate::context::Context;
use crate::enforcement::drift_report::DriftReport;
use crate::enforcement::passing::Learnt;
use crate::enforcement::{FirewallLock, counting, rollback};
use crate::error::{Code, Error, Result};
use crate::protocol::Version;
use crate::records::certificates;
use crate::records::drift::{self, Drift};
use crate::records::passing::phones::Contacts;
use crate::warning::Warning;

/// Compare the kernel with the applied policy, and fail on drift that was not reported recently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckRequest {
    /// The protocol version.
    pub v: Version,
    /// Seconds until drift is checked again before it is reported: MikoPBX may be rebuilding the firewall.
    #[serde(default = "CheckRequest::settle_seconds")]
    pub settle_seconds: u8,
    /// The phones that are registered now. Left out or null if Asterisk does not say: then nothing is learnt.
    #[serde(default)]
    pub contacts: Option<Contacts>,
}

impl CheckRequest {
    /// The default. It is longer than Core needs to rebuild INPUT.
    pub fn settle_seconds() -> u8 {
        20
    }
}

/// Data of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckData {
    /// Drift that was reported recently; empty if there is none.
    pub drifts: Vec<Drift>,
    /// The hosts and phones whose addresses pass.
    #[serde(flatten)]
    pub passing: PassingData,
}

#[derive(Debug, Args)]
pub struct CheckFlags {
    /// Seconds until drift is checked again before it is reported.
    #[arg(long, value_name = "SECONDS")]
    settle: Option<u8>,
}

impl Operation for CheckRequest {
    type Flags = CheckFlags;
    type Data = CheckData;

    fn from_flags(CheckFlags { settle }: CheckFlags) -> Result<Self> {
        let settle_seconds = settle.unwrap_or_else(Self::settle_seconds);
        Ok(Self { v: Version, settle_seconds, contacts: None })
    }

    /// Compares every entry and rule, and stores the packet counts. If something differs it checks again after a while,
    /// because MikoPBX may be rebuilding its firewall. Asks name servers about the hosts that are exceptions, takes in
    /// the contacts of phones, and puts both in force.
    ///
    /// # Errors
    /// The code of the first drift that persisted. The same drift is reported at most three times in a row, then once
    /// per hour. `state.io`.
    fn run(&self, context: &mut Context<'_>) -> Result<CheckData> {
        let learnt = Learnt::look(context, self.contacts.as_ref());
        let first = problems(context, Some(&learnt))?;
        if first.is_empty() {
            drift::forget(&context.state)?;
            return Ok(CheckData::of(context, Vec::new()));
        }
        thread::sleep(Duration::from_secs(self.settle_seconds.into()));
        let second = problems(context, None)?;
        let stayed: Vec<&Error> = second
            .iter()
            .filter(|problem| first.iter().any(|before| before.code() == problem.code()))
            .collect();
        let drifts: Vec<Drift> = stayed.iter().copied().map(Drift::from).collect();
        let _lock = FirewallLock::take(context)?;
        match stayed.first() {
            Some(worst) if must_report(context, &drifts) => {
                let messages: Vec<&str> = stayed.iter().map(|problem| problem.message()).collect();
                Err(Error::new(worst.code(), messages.join("; ")))
            }
            _ => Ok(CheckData::of(context, drifts)),
        }
    }
}

/// If the report cannot be recorded, the drift is reported again next time.
fn must_report(context: &Context<'_>, drifts: &[Drift]) -> bool {
    drift::must_report(&context.state, drifts, context.now()).unwrap_or_else(|error| {
        log::warn!("{error}");
        true
    })
}

impl CheckData {
    /// With the hosts and phones of the policy in force.
    fn of(context: &mut Context<'_>, drifts: Vec<Drift>) -> Self {
        // What is wrong with the record is one of the problems.
        let policy = context.wanted().ok().flatten().map(|applied| applied.policy_now(context.now()));
        let passing = policy.map(|policy| PassingData::of(context, &policy)).unwrap_or_default();
        Self { drifts, passing }
    }
}

/// The present problems. Afterwards what was learnt is put in force. None are reported, and nothing is done, while another
/// helper is working.
fn problems(context: &mut Context<'_>, learnt: Option<&Learnt<'_>>) -> Result<Vec<Error>> {
    // The second comparison repeats the warnings of the first one.
    context.warnings.clear();
    let lock = match FirewallLock::take(context) {
        Ok(lock) => lock,
        Err(error) if error.code() == Code::StateBusy => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    rollback::settle(context, &lock);
    let report = DriftReport::exact(context, &lock);
    if let Some((firewall, found)) = &report.kernel {
        counting::collect(context, firewall, found).unwrap_or_else(|error| log::warn!("{error}"));
        let (is_open, now) = (found.is_open_for_certificates(), context.clock.since_boot());
        certificates::note(&context.state, is_open, now.clone())
            .unwrap_or_else(|error| log::warn!("{error}"));
        let stays_open = certificates::problem(&context.state, is_open, &now);
        context.warnings.extend(stays_open.as_ref().map(Warning::from));
        if let Some((learnt, applied)) = learnt.zip(report.applied.as_ref()) {
            learnt.put_in_force(context, &lock, applied, firewall);
        }
    }
    Ok(report.problems)
}

impl Text for CheckData {
    fn text(&self) -> String {
        let drifts =
            if self.drifts.is_empty() { "all is well\n".into() } else { drift_lines("known", &self.drifts) };
        drifts + &self.passing.text()
    }
}
