//! `check`: a look at the kernel that costs little and changes nothing in it, for whoever looks every few minutes.

use std::thread;
use std::time::Duration;

use crate::context::Context;
use crate::enforcement::{counting, drift_report, enforcer};
use crate::error::{Code, Error, Result};
use crate::protocol::{CheckData, CheckRequest};
use crate::records::certificates;
use crate::records::drift::{self, Drift};

/// Compares everything exactly, and takes what the kernel counted into the memory. What differs is looked at again after a while: the PBX may be rebuilding its firewall
/// just now.
///
/// # Errors
/// The code of the first drift that stayed, so that somebody sees to it; the same drift again at most three times in
/// a row, then once an hour. `state.io`.
pub fn check(context: &mut Context<'_>, request: &CheckRequest) -> Result<CheckData> {
    let first = problems(context)?;
    if first.is_empty() {
        drift::forget(&context.state)?;
        return Ok(CheckData { drifts: Vec::new() });
    }
    thread::sleep(Duration::from_secs(request.settle_seconds.into()));
    let second = problems(context)?;
    let stayed: Vec<&Error> =
        second.iter().filter(|problem| first.iter().any(|before| before.code() == problem.code())).collect();
    let drifts: Vec<Drift> = stayed.iter().copied().map(Drift::from).collect();
    let _lock = enforcer::plain_lock(context)?;
    match stayed.first() {
        Some(worst) if must_report(context, &drifts) => {
            let messages: Vec<&str> = stayed.iter().map(|problem| problem.message()).collect();
            Err(Error::new(worst.code(), messages.join("; ")))
        }
        _ => Ok(CheckData { drifts }),
    }
}

/// Drift of which it cannot be written down that it was reported is reported again.
fn must_report(context: &Context<'_>, drifts: &[Drift]) -> bool {
    drift::must_report(&context.state, drifts).unwrap_or_else(|error| {
        log::warn!("{error}");
        true
    })
}

/// What is wrong; nothing that could be told while another helper is at work.
fn problems(context: &mut Context<'_>) -> Result<Vec<Error>> {
    // What the first look had to say, the second says again.
    context.warnings.clear();
    match drift_report::exactly(context) {
        Ok(comparison) => {
            if let Some((firewall, found)) = &comparison.kernel {
                counting::collect(context, firewall, found).unwrap_or_else(|error| log::warn!("{error}"));
                let is_open = found.is_open_for_certificates();
                certificates::note(&context.state, is_open).unwrap_or_else(|error| log::warn!("{error}"));
                context.warnings.extend(certificates::warning(&context.state, is_open));
            }
            Ok(comparison.problems)
        }
        Err(error) if error.code() == Code::StateBusy => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
