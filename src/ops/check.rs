//! `check`: a look at the kernel that costs little and changes nothing in it, for whoever looks every few minutes.

use std::thread;
use std::time::Duration;

use super::{Context, activity, compare, enforce};
use crate::certificates;
use crate::error::{Code, Error, Result};
use crate::health::{self, Drift};
use crate::protocol::{CheckData, CheckRequest};

/// Compares everything exactly, and takes what the kernel counted into the memory. What differs is looked at again after a while: the PBX may be rebuilding its firewall
/// just now.
///
/// # Errors
/// The code of the first drift that stayed, so that somebody sees to it; the same drift again at most three times in
/// a row, then once an hour. `state.io`.
pub fn check(context: &mut Context<'_>, request: &CheckRequest) -> Result<CheckData> {
    let first = problems(context)?;
    if first.is_empty() {
        health::forget(&context.state)?;
        return Ok(CheckData { drifts: Vec::new() });
    }
    thread::sleep(Duration::from_secs(request.settle_seconds.into()));
    let second = problems(context)?;
    let stayed: Vec<&Error> =
        second.iter().filter(|problem| first.iter().any(|before| before.code() == problem.code())).collect();
    let drifts: Vec<Drift> = stayed.iter().copied().map(Drift::from).collect();
    let _lock = enforce::plain_lock(context)?;
    match stayed.first() {
        Some(worst) if health::must_report(&context.state, &drifts)? => {
            let messages: Vec<&str> = stayed.iter().map(|problem| problem.message()).collect();
            Err(Error::new(worst.code(), messages.join("; ")))
        }
        _ => Ok(CheckData { drifts }),
    }
}

/// What is wrong; nothing that could be told while another helper is at work.
fn problems(context: &mut Context<'_>) -> Result<Vec<Error>> {
    // What the first look had to say, the second says again.
    context.warnings.clear();
    match compare::exactly(context) {
        Ok(comparison) => {
            if let Some((firewall, found)) = &comparison.kernel {
                activity::collect(context, firewall, found).unwrap_or_else(|error| log::warn!("{error}"));
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
