//! The leash: a process between the helper and a tool, which ends the tool when the helper is gone.
//!
//! A helper that is killed cannot end its tools, and a tool that goes on alone would undo the work of the next helper.
//! So each tool is run by another instance of this program. It notices when the helper no longer reads its output.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpgrp, getpid, kill_process, kill_process_group, pidfd_open,
};

/// The first argument of a leash process.
const LEASH: &str = "run-on-leash";
/// Poll interval if the kernel cannot wait for a process (before Linux 5.3).
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
/// Exit status if the tool cannot be started, as in a shell.
const NOT_STARTED: u8 = 127;

/// A command that runs `tool` on a leash. The leash leads its own process group, so that it can end everything in it.
pub(crate) fn command(tool: &Path) -> Command {
    // It refers to the running program even while an upgrade replaces the file.
    let ourselves = Path::new("/proc/self/exe");
    let mut command = if ourselves.exists() {
        let mut leash = Command::new(ourselves);
        leash.arg0(LEASH).arg(LEASH).arg(tool);
        leash
    } else {
        // Without /proc there is no leash. The lock is still held until the tool ends.
        Command::new(tool)
    };
    command.process_group(0);
    command
}

/// If this process is a leash, runs its tool and returns the exit code.
pub fn run() -> Option<ExitCode> {
    let mut words = env::args_os().skip(1);
    (words.next()? == LEASH).then(|| lead(words))
}

fn lead(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let tool = words.next().unwrap_or_default();
    let ended = Command::new(&tool).args(words).spawn().and_then(|mut child| watch(&mut child));
    match ended {
        Ok(status) => end_like(status),
        Err(error) => {
            eprintln!("{}: {error}", tool.display());
            ExitCode::from(NOT_STARTED)
        }
    }
}

/// Waits until the tool ends. If the reader of its output is gone, it ends the whole group, including this process.
fn watch(child: &mut Child) -> io::Result<ExitStatus> {
    let end_of_child = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok();
    let timeout = if end_of_child.is_some() { None } else { Some(&POLL_INTERVAL) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let output = io::stdout();
        let mut ends = vec![PollFd::new(&output, PollFlags::empty())];
        ends.extend(end_of_child.as_ref().map(|end| PollFd::new(end, PollFlags::IN)));
        retry_on_intr(|| poll(&mut ends, timeout))?;
        if ends[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            end_all(child)?;
        }
    }
}

fn end_all(child: &mut Child) -> io::Result<()> {
    // A leash that was started by hand is in a foreign process group.
    if getpgrp() == getpid() {
        kill_process_group(getpid(), Signal::KILL)?;
    }
    child.kill()
}

/// The exit code of the tool. If it died by a signal, this process dies by the same one.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
