//! Swaps and renames sets, all or none, while other processes may be listing them.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::backend::{SetBackend, Step, Stopped};
use crate::error::{Code, Error, Result};

/// How long to retry a swap. A set cannot be swapped while another process lists it. A process that lists sets
/// repeatedly leaves gaps, but one whose output waits in a pager does not.
const SWAP_TIMEOUT: Duration = Duration::from_secs(3);
/// How long to retry the rollback. It is longer, because half a policy is worse than the old or the new one.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(6);
const MIN_RETRY_DELAY: Duration = Duration::from_micros(200);
const MAX_RETRY_DELAY: Duration = Duration::from_millis(20);

/// Does all steps or none.
///
/// # Errors
/// Those of the kernel and the tool; `firewall.sets_listed` if a set is listed all the time.
pub(in crate::firewall) fn take_all(sets: &dyn SetBackend, steps: &[Step]) -> Result<()> {
    let Err(Stopped { taken, error }) = take_with_retries(sets, steps, SWAP_TIMEOUT) else {
        return Ok(());
    };
    take_back(sets, &steps[..taken])
        .unwrap_or_else(|stuck| log::error!("cannot undo the first steps: {stuck}"));
    Err(if error.code() == Code::FirewallSetsListed { name_lister(&error) } else { error })
}

/// Reverts steps that were done.
///
/// # Errors
/// As [`take_all`].
pub(in crate::firewall) fn take_back(sets: &dyn SetBackend, steps: &[Step]) -> Result<()> {
    let back: Vec<Step> = steps.iter().rev().map(|step| step.inverse()).collect();
    take_with_retries(sets, &back, ROLLBACK_TIMEOUT).map_err(|stopped| stopped.error)
}

/// Does the steps and retries while a set is being listed.
fn take_with_retries(sets: &dyn SetBackend, steps: &[Step], timeout: Duration) -> Result<(), Stopped> {
    let deadline = Instant::now() + timeout;
    let (mut taken, mut delay) = (0, MIN_RETRY_DELAY);
    while taken < steps.len() {
        let Err(stopped) = sets.take(&steps[taken..]) else { break };
        if stopped.taken > 0 {
            delay = MIN_RETRY_DELAY;
        }
        taken += stopped.taken;
        if stopped.error.code() != Code::FirewallSetsListed || Instant::now() > deadline {
            return Err(Stopped { taken, error: stopped.error });
        }
        thread::sleep(delay);
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    }
    Ok(())
}

/// Removes a set. A missing set is no error.
///
/// It retries, because the kernel may use a set for a moment after its last rule is gone.
///
/// # Errors
/// Those of the kernel and the tool; `firewall.sets_listed` instead of `firewall.set_in_use` if no rule uses the set.
pub(in crate::firewall) fn destroy(sets: &dyn SetBackend, name: &str) -> Result<()> {
    const IN_USE_TIMEOUT: Duration = Duration::from_millis(800);
    let begun = Instant::now();
    let mut delay = MIN_RETRY_DELAY;
    loop {
        let error = match sets.destroy(name) {
            Err(error) if error.code() == Code::FirewallSetInUse => error,
            done => return done,
        };
        let is_used = sets.header(name)?.is_some_and(|header| header.references > 0);
        if begun.elapsed() > if is_used { IN_USE_TIMEOUT } else { SWAP_TIMEOUT } {
            return Err(if is_used { error } else { name_lister(&error) });
        }
        thread::sleep(delay);
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    }
}

/// Adds the process that lists sets to the error.
fn name_lister(error: &Error) -> Error {
    let who = find_lister().unwrap_or_else(|| "another program".to_owned());
    Error::new(Code::FirewallSetsListed, format!("{}; {who} is listing sets", error.message()))
}

/// An `ipset` process in our network namespace. Other programs that list sets cannot be recognised.
fn find_lister() -> Option<String> {
    let ours = fs::read_link("/proc/self/ns/net").ok()?;
    let processes = fs::read_dir("/proc").ok()?.flatten().map(|process| process.path());
    let mut lists = processes.filter(|process| {
        fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim_end() == "ipset")
            && fs::read_link(process.join("ns/net")).is_ok_and(|namespace| namespace == ours)
    });
    let number = lists.next()?.file_name()?.to_str()?.to_owned();
    Some(format!("ipset (process {number})"))
}
