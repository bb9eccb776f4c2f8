//! The watcher: it restores the former policy if a change is not confirmed in time.
//!
//! It loads everything that it needs at its start, so that later damage on disk cannot prevent the rollback.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::process::setsid;

use super::lock::FirewallLock;
use super::rollback::bring_back;
use super::{plan_at_hand, watcher_process};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::records::{Applied, InForce, Token, Trial};
use crate::storage::{Lock, StateDir};

/// How often the watcher checks whether the change was confirmed or rolled back.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Delay between two attempts to restore the former policy.
const RETRY_DELAY: Duration = Duration::from_secs(3);

/// What the watcher keeps in memory, in case the disk fails.
struct Memory {
    trial: Trial,
    /// The former policy with its plan. `None` if there is none, or if its plan cannot be loaded or computed.
    back: Option<(Applied, Plan)>,
}

impl Memory {
    fn of(context: &mut Context<'_>, trial: Trial) -> Self {
        let back = trial.former.as_ref().map(|former| plan_at_hand::usable(context, former));
        let back = back.and_then(|back| back.map_err(|error| log::error!("{error}")).ok());
        Self { trial, back }
    }

    /// Updates the memory from the record. Returns false if no change is pending any more.
    fn refresh(&mut self, context: &mut Context<'_>) -> bool {
        // An unreadable record does not end the trial.
        let Ok(in_force) = InForce::load(&context.state) else { return true };
        match in_force.trial {
            Some(trial) if trial.is_unreadable() => true,
            Some(trial) if trial.is_pending() => {
                if trial.former != self.trial.former {
                    *self = Self::of(context, trial);
                } else if trial != self.trial {
                    self.trial = trial;
                }
                true
            }
            _ => false,
        }
    }
}

/// Waits until the time to confirm is over. Then restores the former policy, with as many attempts as it takes. Returns
/// the change in its final state.
///
/// # Errors
/// `change.unknown` if no change is pending.
pub(crate) fn watch(context: &mut Context<'_>, token: &Token) -> Result<Trial> {
    // A caller may be killed together with its session; the watcher must survive that.
    if let Err(error) = setsid() {
        log::warn!("cannot start a session: {error}");
    }
    let mut watcher_lock = Some(watcher_process::take_lock(&context.state)?);
    let open = InForce::load(&context.state)?.pending().cloned();
    let open =
        open.ok_or_else(|| Error::new(Code::ChangeUnknown, format!("the change {token} is not pending")))?;
    let mut memory = Memory::of(context, open);
    watcher_process::say_ready().unwrap_or_else(|error| log::warn!("cannot report to the caller: {error}"));
    let mut trouble = String::new();
    loop {
        let open = memory.refresh(context);
        if let Some(left) = memory.trial.time_left(&*context.clock).filter(|_| open) {
            thread::sleep(left.min(POLL_INTERVAL));
            continue;
        }
        match quietly(!trouble.is_empty(), || end(context, &mut memory, &mut watcher_lock)) {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => {}
            Err(_) if is_gone(&context.state) => return Ok(memory.trial),
            Err(error) => {
                if trouble != error.message() {
                    log::warn!("{error}; retrying");
                    error.message().clone_into(&mut trouble);
                }
                context.warnings.clear();
                thread::sleep(RETRY_DELAY);
            }
        }
    }
}

/// Does `work`. Without logging if it is a repetition, because the log would repeat the same lines every few seconds.
fn quietly<T>(is_silent: bool, work: impl FnOnce() -> T) -> T {
    let level = log::max_level();
    if is_silent {
        log::set_max_level(log::LevelFilter::Off);
    }
    let done = work();
    log::set_max_level(level);
    done
}

/// Ends the trial under the firewall lock, so that no other change begins meanwhile. `None` if it is pending after all.
fn end(
    context: &mut Context<'_>,
    memory: &mut Memory,
    watcher_lock: &mut Option<Lock>,
) -> Result<Option<Trial>> {
    let lock = FirewallLock::take(context)?;
    if !memory.refresh(context) {
        watcher_lock.take();
        let last = InForce::load(&context.state)?.trial;
        return Ok(Some(last.unwrap_or_else(|| memory.trial.clone())));
    }
    if memory.trial.time_left(&*context.clock).is_some() {
        return Ok(None);
    }
    bring_back(context, &lock, &memory.trial, memory.back.as_ref()).map(Some)
}

/// True if the state directory was removed, so that there is nothing to restore.
fn is_gone(state: &StateDir) -> bool {
    state.path().symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use log::LevelFilter;

    use super::*;

    #[test]
    fn repeated_attempts_are_not_logged() {
        log::set_max_level(LevelFilter::Warn);
        assert_eq!(quietly(false, log::max_level), LevelFilter::Warn);
        assert_eq!(quietly(true, log::max_level), LevelFilter::Off);
        assert_eq!(log::max_level(), LevelFilter::Warn);
    }
}
