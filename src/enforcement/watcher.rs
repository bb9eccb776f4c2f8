//! The watcher: it brings the former policy back when nobody confirms a change in time.
//!
//! It knows all that it takes from its start on, so that nothing that happens to the disk later keeps it from doing so.

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

/// How often the watcher sees whether the change is decided.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Between two attempts to bring the former policy back.
const RETRY_DELAY: Duration = Duration::from_secs(3);

/// What the watcher knows, whatever becomes of the disk.
struct Memory {
    trial: Trial,
    /// The former policy with its plan; none if there is none, or its plan can be had no more.
    back: Option<(Applied, Plan)>,
}

impl Memory {
    fn of(context: &mut Context<'_>, trial: Trial) -> Self {
        let back = trial.former.as_ref().map(|former| plan_at_hand::usable(context, former));
        let back = back.and_then(|back| back.map_err(|error| log::error!("{error}")).ok());
        Self { trial, back }
    }

    /// Takes what is on record now; false if no change is open any more.
    fn is_kept_open(&mut self, context: &mut Context<'_>) -> bool {
        // What cannot be read was open when it was read last.
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

/// Waits for the end of the window, then brings the former policy back, however often that takes. Returns the change as
/// it is then.
///
/// # Errors
/// `change.unknown` if no change is open.
pub(crate) fn watch(context: &mut Context<'_>, token: &Token) -> Result<Trial> {
    // Whoever started the change may end with all that belongs to it; this process must not.
    if let Err(error) = setsid() {
        log::warn!("no session of its own: {error}");
    }
    let mut at_work = Some(watcher_process::take_lock(&context.state)?);
    let open = InForce::load(&context.state)?.pending().cloned();
    let open = open.ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} does not wait")))?;
    let mut memory = Memory::of(context, open);
    watcher_process::say_ready().unwrap_or_else(|error| log::warn!("cannot let go of the caller: {error}"));
    let mut trouble = String::new();
    loop {
        let open = memory.is_kept_open(context);
        if let Some(left) = memory.trial.time_left(&*context.clock).filter(|_| open) {
            thread::sleep(left.min(POLL_INTERVAL));
            continue;
        }
        match quietly(!trouble.is_empty(), || end(context, &mut memory, &mut at_work)) {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => {}
            Err(_) if is_gone(&context.state) => return Ok(memory.trial),
            Err(error) => {
                if trouble != error.message() {
                    log::warn!("{error}; trying again");
                    error.message().clone_into(&mut trouble);
                }
                context.warnings.clear();
                thread::sleep(RETRY_DELAY);
            }
        }
    }
}

/// Does `work`, in silence if that was tried before: the log is not told the same every few seconds.
fn quietly<T>(is_silent: bool, work: impl FnOnce() -> T) -> T {
    let level = log::max_level();
    if is_silent {
        log::set_max_level(log::LevelFilter::Off);
    }
    let done = work();
    log::set_max_level(level);
    done
}

/// Under the firewall's lock, so that nobody begins another change meanwhile: none if one waits after all.
fn end(context: &mut Context<'_>, memory: &mut Memory, at_work: &mut Option<Lock>) -> Result<Option<Trial>> {
    let lock = FirewallLock::take(context)?;
    if !memory.is_kept_open(context) {
        at_work.take();
        let last = InForce::load(&context.state)?.trial;
        return Ok(Some(last.unwrap_or_else(|| memory.trial.clone())));
    }
    if memory.trial.time_left(&*context.clock).is_some() {
        return Ok(None);
    }
    bring_back(context, &lock, &memory.trial, memory.back.as_ref()).map(Some)
}

/// True if the state directory was removed: nothing is left to go back to.
fn is_gone(state: &StateDir) -> bool {
    state.path().symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use log::LevelFilter;

    use super::*;

    #[test]
    fn what_is_tried_again_is_done_in_silence() {
        log::set_max_level(LevelFilter::Warn);
        assert_eq!(quietly(false, log::max_level), LevelFilter::Warn);
        assert_eq!(quietly(true, log::max_level), LevelFilter::Off);
        assert_eq!(log::max_level(), LevelFilter::Warn);
    }
}
