//! The watcher as a separate process: how it is started, and how others know that it is running.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::dup2_stdout;

use super::lock::FirewallLock;
use crate::context::{Context, WatcherLauncher};
use crate::error::{Code, Error, Result};
use crate::records::{Token, Trial};
use crate::storage::{Lock, LockKind, StateDir};

/// The longest time that a watcher may need to start.
const START_TIMEOUT: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// Takes the lock that a running watcher holds.
///
/// # Errors
/// `state.busy` if a watcher is running; `state.io`.
pub(super) fn take_lock(state: &StateDir) -> Result<Lock> {
    state.lock(LockKind::Trial, Duration::ZERO)
}

/// True if a watcher is running.
pub(super) fn is_running(state: &StateDir) -> bool {
    take_lock(state).is_err_and(|error| error.code() == Code::StateBusy)
}

/// Starts a watcher unless one is running. A running one watches any pending change.
///
/// # Errors
/// `state.io` if it does not start.
pub(super) fn start_if_none(context: &Context<'_>, lock: &FirewallLock, trial: &Trial) -> Result<()> {
    if is_running(&context.state) {
        return Ok(());
    }
    // The watcher must not inherit the lock: it takes the lock itself when the time is over.
    lock.without_inheritance(|| context.watchers.launch(&context.state, &trial.token))?
}

/// Starts another instance of the helper as the watcher.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatcherProcess;

impl WatcherLauncher for WatcherProcess {
    fn launch(&self, state: &StateDir, token: &Token) -> Result<()> {
        let (message, mut child) = match start(state, token) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(child)) => ("it did not start in time".to_owned(), Some(child)),
            Err(error) => (error.to_string(), None),
        };
        if is_running(state) {
            return Ok(());
        }
        if let Some(child) = &mut child {
            let _ = child.kill().and_then(|()| child.wait());
        }
        Err(Error::new(Code::StateIo, format!("cannot start the watcher of the change {token}: {message}")))
    }
}

/// Starts a process that outlives the caller. Returns the process if it does not report that it is running.
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
        let said = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&START_TIMEOUT));
        said.is_ok_and(|ready| ready > 0) && pipe.read_exact(&mut word).is_ok()
    });
    Ok(if is_ready { Ok(()) } else { Err(child) })
}

/// Reports to the caller that this process is running, and closes the pipe to it.
pub(super) fn say_ready() -> io::Result<()> {
    let reported = io::stdout().write_all(b"\n").and_then(|()| io::stdout().flush());
    dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    reported
}
