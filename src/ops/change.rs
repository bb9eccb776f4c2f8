//! `confirm` and `rollback`: a change stays only if somebody says so in time.

use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::setsid;
use rustix::stdio::dup2_stdin;

use super::{Context, attach, enforce};
use crate::applied::Applied;
use crate::change::Change;
use crate::error::{Code, Error, Result};
use crate::firewall;
use crate::protocol::{ChangeData, ChangeState, ConfirmRequest, ConfirmWithin, RollbackRequest, Token};
use crate::state::{Lock, StateDir};

/// How often the watcher sees whether the change is decided.
const LOOK: Duration = Duration::from_secs(1);
/// The longest that the watcher takes to start.
const START: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };
/// Between two attempts to bring the former policy back.
const PAUSE: Duration = Duration::from_secs(3);

/// Lets a change stay.
///
/// # Errors
/// `change.rolled_back` if it came too late, `change.unknown`, `state.*`.
pub fn confirm(context: &mut Context<'_>, request: &ConfirmRequest) -> Result<ChangeData> {
    let _lock = enforce::lock(context)?;
    let change = named(&context.state, &request.token)?;
    match change.state {
        ChangeState::RolledBack => Err(rolled_back(&change)),
        ChangeState::Pending if change.is_overdue() => Err(rolled_back(&change)),
        ChangeState::Confirmed => Ok(describe(&change)),
        ChangeState::Pending => {
            let confirmed = change.decided(ChangeState::Confirmed);
            confirmed.save(&context.state)?;
            if let Some(applied) = Applied::load(&context.state)? {
                applied.prune(&context.state);
            }
            Ok(describe(&confirmed))
        }
    }
}

/// Brings the policy before a change back: now, or as the watcher when nobody confirmed it in time.
///
/// # Errors
/// `change.confirmed`, `change.unknown`, `database.*` if neither the stored plan nor the data is usable,
/// `firewall.*`, `state.*`.
pub fn rollback(context: &mut Context<'_>, request: &RollbackRequest) -> Result<ChangeData> {
    if request.when_due {
        return watch(context, &request.token);
    }
    let lock = enforce::plain_lock(context)?;
    let change = named(&context.state, &request.token)?;
    match change.state {
        ChangeState::Pending => bring_back(context, lock, change),
        ChangeState::RolledBack => Ok(describe(&change)),
        ChangeState::Confirmed => {
            Err(Error::new(Code::ChangeConfirmed, format!("the change {} is confirmed", change.token)))
        }
    }
}

/// What became of the last change, rolled back now if nobody confirmed it in time; none before the first.
pub(super) fn settled(context: &mut Context<'_>) -> Result<Option<ChangeData>> {
    if Change::load(&context.state)?.is_some_and(|change| change.is_overdue()) {
        enforce::lock(context)?;
    }
    Ok(Change::load(&context.state)?.as_ref().map(describe))
}

/// Before a new policy is put in force: keeps the former one at hand and starts the watcher. Returns the change
/// before it, for the case that the new policy cannot be put in force.
///
/// # Errors
/// `change.rolled_back` for a change that is over, `state.io`.
pub(super) fn begin(context: &Context<'_>, confirm: &ConfirmWithin) -> Result<Option<Change>> {
    let before = Change::load(&context.state)?;
    if let Some(same) = before.as_ref().filter(|before| before.token == confirm.token) {
        let is_over = same.state == ChangeState::RolledBack || same.is_overdue();
        return if is_over { Err(rolled_back(same)) } else { Ok(before) };
    }
    // What was never confirmed is nothing to go back to.
    let former = match &before {
        Some(pending) if pending.is_pending() => pending.former.clone(),
        _ => Applied::load(&context.state)?,
    };
    let change = Change::begin(confirm, former);
    change.save(&context.state)?;
    start_watcher(&context.state, &change.token).inspect_err(|_| {
        restore(context, before.as_ref()).unwrap_or_else(|error| log::warn!("{error}"));
    })?;
    Ok(before)
}

/// Makes the change before a failed one the last one again.
pub(super) fn restore(context: &Context<'_>, before: Option<&Change>) -> Result<()> {
    before.map_or_else(|| Change::forget(&context.state), |before| before.save(&context.state))
}

/// Brings back what was in force before a change that nobody confirmed in time.
pub(super) fn settle(context: &mut Context<'_>, lock: Lock) -> Result<Option<Lock>> {
    match Change::load(&context.state)?.filter(Change::is_overdue) {
        None => Ok(Some(lock)),
        Some(overdue) => bring_back(context, lock, overdue).map(|_| None),
    }
}

fn bring_back(context: &mut Context<'_>, lock: Lock, change: Change) -> Result<ChangeData> {
    log::warn!("the change {} was not confirmed: the former policy returns", change.token);
    let _lock = if let Some(former) = &change.former {
        enforce::apply(context, lock, |context, _| attach::stored_plan(context, former))?;
        enforce::plain_lock(context)?
    } else {
        Applied::forget(&context.state)?;
        firewall::detach()?;
        lock
    };
    let over = change.decided(ChangeState::RolledBack);
    // Between the locks somebody may have begun another change, whose record this would replace.
    if Change::load(&context.state)?.is_some_and(|last| last.token == over.token) {
        over.save(&context.state)?;
    }
    Ok(describe(&over))
}

/// Waits for the end of the window; then brings the former policy back, however often that takes.
fn watch(context: &mut Context<'_>, token: &Token) -> Result<ChangeData> {
    // Whoever started the change may end with all that belongs to it; this process must not.
    if let Err(error) = setsid() {
        log::warn!("no session of its own: {error}");
    }
    if let Err(error) = let_go_of_the_caller() {
        log::warn!("cannot let go of the caller: {error}");
    }
    loop {
        let change = named(&context.state, token)?;
        if !change.is_pending() {
            return Ok(describe(&change));
        }
        if let Some(left) = change.time_left() {
            thread::sleep(left.min(LOOK));
            continue;
        }
        let lock = enforce::plain_lock(context);
        match lock.and_then(|lock| settle(context, lock)) {
            Ok(_) => {}
            Err(error) => {
                log::warn!("{error}");
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Closes the pipe on which whoever started this process waits.
fn let_go_of_the_caller() -> io::Result<()> {
    Ok(dup2_stdin(File::open("/dev/null")?)?)
}

/// A process of its own that is there when whoever made the change is not.
fn start_watcher(state: &StateDir, token: &Token) -> Result<()> {
    let failed = |error: io::Error| {
        Error::new(Code::StateIo, format!("cannot start the watcher of the change {token}: {error}"))
    };
    let state = state.path().canonicalize().map_err(failed)?;
    let child = Command::new(std::env::current_exe().map_err(failed)?)
        .arg("--state-dir")
        .arg(state)
        .args(["--json", "rollback", "--when-due", &token.to_string()])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // It closes this pipe once it leads a session of its own, in which it is safe from whatever ends its caller. The
    // kernel cannot be asked for its session: a caller's that lies outside our PID namespace, as in a container, has
    // no number here.
    if let Some(pipe) = &child.stdin
        && let Err(error) = poll(&mut [PollFd::new(pipe, PollFlags::empty())], Some(&START))
    {
        log::warn!("cannot wait for the watcher: {error}");
    }
    Ok(())
}

fn named(state: &StateDir, token: &Token) -> Result<Change> {
    Change::load(state)?
        .filter(|change| change.token == *token)
        .ok_or_else(|| Error::new(Code::ChangeUnknown, format!("{token} is not the last change")))
}

fn rolled_back(change: &Change) -> Error {
    Error::new(Code::ChangeRolledBack, format!("the change {} was not confirmed in time", change.token))
}

fn describe(change: &Change) -> ChangeData {
    ChangeData {
        token: change.token.clone(),
        state: change.state,
        seconds_left: change.time_left().map(whole_seconds),
    }
}

/// A begun second counts.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
