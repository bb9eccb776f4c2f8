//! Changes of names, all or none, beside others who look at the sets meanwhile.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::backend::{SetBackend, Step, Stopped};
use crate::error::{Code, Error, Result};

/// A set that somebody lists changes places with no other. Whoever lists all sets over and over leaves gaps; whoever
/// reads a list page by page does not. So long it is tried to go on.
const PATIENCE_ONWARD: Duration = Duration::from_secs(3);
/// So long it is tried to go back: half a policy is worse than either.
const PATIENCE_BACK: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Takes all steps or none.
///
/// # Errors
/// Those of the kernel and the tool; `firewall.sets_listed` if somebody lists a set all the time.
pub(in crate::firewall) fn take_all(sets: &dyn SetBackend, steps: &[Step]) -> Result<()> {
    let Err(Stopped { taken, error }) = take_between_lists(sets, steps, PATIENCE_ONWARD) else {
        return Ok(());
    };
    take_back(sets, &steps[..taken])
        .unwrap_or_else(|stuck| log::error!("cannot take back what was done before: {stuck}"));
    Err(if error.code() == Code::FirewallSetsListed { name_who_lists(&error) } else { error })
}

/// Undoes steps that were taken.
///
/// # Errors
/// As [`take_all`].
pub(in crate::firewall) fn take_back(sets: &dyn SetBackend, steps: &[Step]) -> Result<()> {
    let back: Vec<Step> = steps.iter().rev().map(|step| step.inverse()).collect();
    take_between_lists(sets, &back, PATIENCE_BACK).map_err(|stopped| stopped.error)
}

/// Waits, as long as somebody lists a set that is next.
fn take_between_lists(sets: &dyn SetBackend, steps: &[Step], patience: Duration) -> Result<(), Stopped> {
    let deadline = Instant::now() + patience;
    let (mut taken, mut pause) = (0, SHORTEST_PAUSE);
    while taken < steps.len() {
        let Err(stopped) = sets.take(&steps[taken..]) else { break };
        if stopped.taken > 0 {
            pause = SHORTEST_PAUSE;
        }
        taken += stopped.taken;
        if stopped.error.code() != Code::FirewallSetsListed || Instant::now() > deadline {
            return Err(Stopped { taken, error: stopped.error });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Removes a set, if it is there.
///
/// The kernel may hold on to a set for a moment after the last rule that used it is gone.
///
/// # Errors
/// Those of the kernel and the tool; `firewall.sets_listed` instead of `firewall.set_in_use` if no rule uses it.
pub(in crate::firewall) fn destroy(sets: &dyn SetBackend, name: &str) -> Result<()> {
    const PATIENCE: Duration = Duration::from_millis(800);
    let begun = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let error = match sets.destroy(name) {
            Err(error) if error.code() == Code::FirewallSetInUse => error,
            done => return done,
        };
        let is_used = sets.header(name)?.is_some_and(|header| header.references > 0);
        if begun.elapsed() > if is_used { PATIENCE } else { PATIENCE_ONWARD } {
            return Err(if is_used { error } else { name_who_lists(&error) });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The error with whoever it is that lists sets.
fn name_who_lists(error: &Error) -> Error {
    let who = who_lists().unwrap_or_else(|| "another program".to_owned());
    Error::new(Code::FirewallSetsListed, format!("{}; {who} is listing sets", error.message()))
}

/// An `ipset` in our network namespace. Other programs that list sets are not told apart from those that do not.
fn who_lists() -> Option<String> {
    let ours = fs::read_link("/proc/self/ns/net").ok()?;
    let processes = fs::read_dir("/proc").ok()?.flatten().map(|process| process.path());
    let mut lists = processes.filter(|process| {
        fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim_end() == "ipset")
            && fs::read_link(process.join("ns/net")).is_ok_and(|namespace| namespace == ours)
    });
    let number = lists.next()?.file_name()?.to_str()?.to_owned();
    Some(format!("ipset (process {number})"))
}
