//! The watcher: a process of its own that brings the former policy back when nobody confirms a change in time.
//!
//! It knows all that it takes from its start on, so that nothing that happens to the disk later keeps it from doing so.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::setsid;
use rustix::stdio::dup2_stdout;

use super::trial::{bring_back, describe};
use super::{enforcer, plan_at_hand};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::protocol::{ChangeData, Token};
use crate::records::Applied;
use crate::records::Change;
use crate::storage::{Lock, LockKind, StateDir};

/// How often the watcher sees whether the change is decided.
const LOOK: Duration = Duration::from_secs(1);
/// The longest that the watcher takes to start.
const START: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// Between two attempts to bring the former policy back.
const PAUSE: Duration = Duration::from_secs(3);

/// What the watcher knows, whatever becomes of the disk.
struct Memory {
    change: Change,
    /// The former policy with its plan; none if there is none, or its plan can be had no more.
    back: Option<(Applied, Plan)>,
}

impl Memory {
    fn of(context: &mut Context<'_>, change: Change) -> Self {
        let back = change.former.as_ref().map(|former| plan_at_hand::usable_plan(context, former));
        let back = back.and_then(|back| back.map_err(|error| log::error!("{error}")).ok());
        Self { change, back }
    }

    /// Takes what is on record now; false if no change is open any more.
    fn is_kept_open(&mut self, context: &mut Context<'_>) -> bool {
        match Change::load(&context.state) {
            Ok(Some(change)) if change.is_unreadable() => true,
            Ok(Some(change)) if change.is_pending() => {
                if change.former != self.change.former {
                    *self = Self::of(context, change);
                } else if change != self.change {
                    self.change = change;
                }
                true
            }
            Ok(_) => false,
            // What cannot be read was open when it was read last.
            Err(_) => true,
        }
    }
}

/// Waits for the end of the window, then brings the former policy back, however often that takes.
///
/// # Errors
/// `change.unknown` if no change is open.
pub(crate) fn watch(context: &mut Context<'_>, token: &Token) -> Result<ChangeData> {
    // Whoever started the change may end with all that belongs to it; this process must not.
    if let Err(error) = setsid() {
        log::warn!("no session of its own: {error}");
    }
    let mut at_work = Some(context.state.lock(LockKind::Trial, Duration::ZERO)?);
    let open = Change::load(&context.state)?.filter(Change::is_pending);
    let open = open.ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} does not wait")))?;
    let mut memory = Memory::of(context, open);
    say_ready().unwrap_or_else(|error| log::warn!("cannot let go of the caller: {error}"));
    let mut trouble = String::new();
    loop {
        let open = memory.is_kept_open(context);
        if let Some(left) = memory.change.time_left().filter(|_| open) {
            thread::sleep(left.min(LOOK));
            continue;
        }
        match quietly(!trouble.is_empty(), || end(context, &mut memory, &mut at_work)) {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) => {}
            Err(_) if is_gone(&context.state) => return Ok(describe(&memory.change)),
            Err(error) => {
                if trouble != error.message() {
                    log::warn!("{error}; trying again");
                    error.message().clone_into(&mut trouble);
                }
                context.warnings.clear();
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Does `work`, in silence if that was tried before: the log is not told the same every few seconds.
fn quietly<T>(is_silent: bool, work: impl FnOnce() -> T) -> T {
    let words = log::max_level();
    if is_silent {
        log::set_max_level(log::LevelFilter::Off);
    }
    let done = work();
    log::set_max_level(words);
    done
}

/// Under the firewall's lock, so that nobody begins another change meanwhile: none if one waits after all.
fn end(
    context: &mut Context<'_>,
    memory: &mut Memory,
    at_work: &mut Option<Lock>,
) -> Result<Option<ChangeData>> {
    let lock = enforcer::plain_lock(context)?;
    if !memory.is_kept_open(context) {
        at_work.take();
        let last = Change::load(&context.state)?;
        return Ok(Some(describe(last.as_ref().unwrap_or(&memory.change))));
    }
    if memory.change.time_left().is_some() {
        return Ok(None);
    }
    bring_back(context, lock, &memory.change, memory.back.as_ref()).map(Some)
}

/// True if the state directory was removed: nothing is left to go back to.
fn is_gone(state: &StateDir) -> bool {
    state.path().symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Tells whoever started this process that it is at work, and keeps nothing of his.
fn say_ready() -> io::Result<()> {
    let told = io::stdout().write_all(b"\n").and_then(|()| io::stdout().flush());
    dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    told
}

/// True if a watcher is at work.
pub(crate) fn is_at_work(state: &StateDir) -> bool {
    state.lock(LockKind::Trial, Duration::ZERO).is_err_and(|error| error.code() == Code::StateBusy)
}

/// Starts a watcher unless one is at work, which watches over whatever change is open.
///
/// # Errors
/// `state.io` if it does not get to work.
pub(crate) fn start_if_none(state: &StateDir, lock: &Lock, change: &Change) -> Result<()> {
    if is_at_work(state) {
        return Ok(());
    }
    // It takes the firewall's lock itself when the time has come.
    lock.pass_on(false)?;
    let started = start(state, &change.token);
    lock.pass_on(true)?;
    let (message, mut child) = match started {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(child)) => ("it does not get to work".to_owned(), Some(child)),
        Err(error) => (error.to_string(), None),
    };
    if is_at_work(state) {
        return Ok(());
    }
    if let Some(child) = &mut child {
        let _ = child.kill().and_then(|()| child.wait());
    }
    Err(Error::new(
        Code::StateIo,
        format!("cannot start the watcher of the change {}: {message}", change.token),
    ))
}

/// A process of its own that is there when whoever made the change is not; the process if it does not get to work.
fn start(state: &StateDir, token: &Token) -> io::Result<Result<(), Child>> {
    let mut child = Command::new("/proc/self/exe")
        .arg0(env!("CARGO_PKG_NAME"))
        .arg("--state-dir")
        .arg(state.path().canonicalize()?)
        .args(["--json", "rollback", "--when-due", &token.to_string()])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut word = [0];
    let is_ready = child.stdout.take().is_some_and(|mut pipe| {
        let said = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&START));
        said.is_ok_and(|ready| ready > 0) && pipe.read_exact(&mut word).is_ok()
    });
    Ok(if is_ready { Ok(()) } else { Err(child) })
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
