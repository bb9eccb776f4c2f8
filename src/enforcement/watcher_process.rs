//! The watcher as a process of its own: how it is started, and how others see that it is at work.

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

/// The longest that the watcher takes to start.
const START_TIMEOUT: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// The lock that a watcher holds while it is at work.
///
/// # Errors
/// `state.busy` if one is at work, `state.io`.
pub(super) fn take_lock(state: &StateDir) -> Result<Lock> {
    state.lock(LockKind::Trial, Duration::ZERO)
}

/// True if a watcher is at work.
pub(super) fn is_at_work(state: &StateDir) -> bool {
    take_lock(state).is_err_and(|error| error.code() == Code::StateBusy)
}

/// Starts a watcher unless one is at work, which watches over whatever change is open.
///
/// # Errors
/// `state.io` if it does not get to work.
pub(super) fn start_if_none(context: &Context<'_>, lock: &FirewallLock, trial: &Trial) -> Result<()> {
    if is_at_work(&context.state) {
        return Ok(());
    }
    // It takes the firewall's lock itself when the time has come.
    lock.keep_from(|| context.watchers.launch(&context.state, &trial.token))?
}

/// Starts the helper once more, as the watcher.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatcherProcess;

impl WatcherLauncher for WatcherProcess {
    fn launch(&self, state: &StateDir, token: &Token) -> Result<()> {
        let (message, mut child) = match start(state, token) {
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
        Err(Error::new(Code::StateIo, format!("cannot start the watcher of the change {token}: {message}")))
    }
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
        let said = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&START_TIMEOUT));
        said.is_ok_and(|ready| ready > 0) && pipe.read_exact(&mut word).is_ok()
    });
    Ok(if is_ready { Ok(()) } else { Err(child) })
}

/// Tells whoever started this process that it is at work, and keeps nothing of the caller's.
pub(super) fn say_ready() -> io::Result<()> {
    let told = io::stdout().write_all(b"\n").and_then(|()| io::stdout().flush());
    dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    told
}
