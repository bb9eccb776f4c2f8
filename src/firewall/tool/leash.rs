//! Between the helper and a tool: a process that ends the tool when the helper is no more.
//!
//! A helper that is killed cannot end what it started, and a tool that goes on alone would undo what the next helper
//! does. So a tool is run by this program once more, which sees its output closed when nobody reads it any longer.

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

/// The first argument of a process that is a leash.
const LEASH: &str = "run-on-leash";
/// How often the ends are looked at where the kernel cannot wait for a process (before Linux 5.3).
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
/// Exit status for a tool that cannot be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// A command for `tool` on a leash that leads a process group of its own: whatever the tool starts is ended with it.
pub(crate) fn command(tool: &Path) -> Command {
    // The program that runs, also while an upgrade replaces its file.
    let ourselves = Path::new("/proc/self/exe");
    let mut command = if ourselves.exists() {
        let mut leash = Command::new(ourselves);
        leash.arg0(LEASH).arg(LEASH).arg(tool);
        leash
    } else {
        // Without /proc there is no leash. The lock still lives as long as the tool.
        Command::new(tool)
    };
    command.process_group(0);
    command
}

/// Runs the tool of the arguments, if this process is a leash.
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

/// Waits for the end of the tool, or of whoever reads its output; the latter is the end of this process, too.
fn watch(child: &mut Child) -> io::Result<ExitStatus> {
    let end_of_child = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok();
    let patience = if end_of_child.is_some() { None } else { Some(&LOOK) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let output = io::stdout();
        let mut ends = vec![PollFd::new(&output, PollFlags::empty())];
        ends.extend(end_of_child.as_ref().map(|end| PollFd::new(end, PollFlags::IN)));
        retry_on_intr(|| poll(&mut ends, patience))?;
        if ends[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            end_all(child)?;
        }
    }
}

fn end_all(child: &mut Child) -> io::Result<()> {
    // Whoever started a leash by hand keeps his own group.
    if getpgrp() == getpid() {
        kill_process_group(getpid(), Signal::KILL)?;
    }
    child.kill()
}

/// The exit status of the tool, or its signal.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
