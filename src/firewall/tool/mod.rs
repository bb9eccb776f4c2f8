//! Runs the firewall tools: without a shell, with input over a pipe, and with a time limit.

pub(in crate::firewall) mod leash;

use std::env;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, geteuid, kill_process_group, pidfd_open, waitid,
};

use crate::error::{Code, Error, Result};

/// Directories to search after the PATH.
const SYSTEM_DIRECTORIES: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
const ROOT: u32 = 0;
/// The mode bits that let the group or everybody write.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// The time limit of a tool. Loading a million entries takes some 3 s, waiting for the lock of iptables 5 s. It ends before
/// any caller of the helper gives up: `docs/module.md` lists all limits.
const TIMEOUT: Duration = Duration::from_secs(9);
/// The most bytes that are read of a tool's output; enough for some hundred thousand rules.
const OUTPUT_LIMIT: usize = 32 << 20;
/// How often readers check whether the tool has ended, because other processes may keep its output open.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A tool on this system.
#[derive(Debug, Clone)]
pub(in crate::firewall) struct Tool {
    path: PathBuf,
    name: &'static str,
}

/// The result of a tool.
#[derive(Debug)]
pub(in crate::firewall) struct Output {
    pub(in crate::firewall) status: ExitStatus,
    pub(in crate::firewall) stdout: String,
    pub(in crate::firewall) stderr: String,
}

impl Tool {
    /// Finds `name` on the PATH, in directories that nobody else can change, and then in the usual directories.
    ///
    /// Empty and relative entries of the PATH are ignored: they depend on the working directory.
    pub(in crate::firewall) fn find(name: &'static str, missing: Code) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let trusted = env::split_paths(&path).filter_map(|directory| trusted_path(&directory));
        let directories = trusted.chain(SYSTEM_DIRECTORIES.map(PathBuf::from));
        let found = directories.map(|directory| directory.join(name)).find(|file| is_executable(file));
        found
            .map(|path| Self { path, name })
            .ok_or_else(|| Error::new(missing, format!("{name} is not installed")))
    }

    /// Runs the tool without input.
    pub(in crate::firewall) fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_with(arguments, |_| Ok(()))
    }

    /// Runs the tool. `feed` writes its input while other threads read its output, so that no full pipe blocks it.
    pub(in crate::firewall) fn run_with(
        &self,
        arguments: &[&str],
        feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
    ) -> Result<Output> {
        let failed = |what: &str, error: io::Error| {
            Error::new(Code::FirewallCommand, format!("cannot {what} {}: {error}", self.name))
        };
        let mut child = leash::command(&self.path)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed("start", error))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let has_ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let feeder = scope.spawn(move || stdin.map_or(Ok(()), |stdin| write_all(stdin, feed)));
            let stdout = scope.spawn(|| read_all(stdout, &has_ended));
            let stderr = scope.spawn(|| read_all(stderr, &has_ended));
            let status = wait(&mut child, Instant::now() + TIMEOUT);
            has_ended.store(true, Ordering::Release);
            let status = status.map_err(|error| failed("wait for", error))?;
            let fed = feeder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let stdout = stdout.join().unwrap_or_default();
            let stderr = stderr.join().unwrap_or_default();
            let Some(status) = status else {
                let seconds = TIMEOUT.as_secs();
                let message = format!("{} did not finish within {seconds} s and was killed", self.name);
                return Err(Error::new(Code::FirewallTimeout, message));
            };
            log::info!("{} {arguments:?}: {status}", self.name);
            if status.success() {
                fed.map_err(|error| failed("write to", error))?;
            }
            Ok(Output { status, stdout, stderr })
        })
    }

    /// True if the file that all links lead to has this in its name.
    pub(in crate::firewall) fn is_program(&self, part_of_name: &str) -> bool {
        let program = self.path.canonicalize().unwrap_or_default();
        program.file_name().unwrap_or_default().to_string_lossy().contains(part_of_name)
    }

    /// The tool's name.
    pub(in crate::firewall) fn name(&self) -> &'static str {
        self.name
    }
}

impl Output {
    /// The tool's error messages on one line.
    pub(in crate::firewall) fn error_text(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { self.status.to_string() } else { lines.join(" ") }
    }
}

/// The real path of an absolute directory, if only root and we can write to it and to all directories above it. Links
/// are resolved once, because others may change them later.
fn trusted_path(directory: &Path) -> Option<PathBuf> {
    let owners = [ROOT, geteuid().as_raw()];
    let is_safe = |place: &Path, tolerated: u32| {
        place.metadata().is_ok_and(|found| {
            let is_closed = found.mode() & OTHERS_WRITE == 0 || found.mode() & tolerated != 0;
            found.is_dir() && owners.contains(&found.uid()) && is_closed
        })
    };
    // In a sticky directory such as `/tmp`, nobody can replace files of other users.
    let has_safe_parents = |place: &Path| place.ancestors().skip(1).all(|above| is_safe(above, STICKY));
    let place = directory.is_absolute().then(|| directory.canonicalize().ok()).flatten();
    place.filter(|place| is_safe(place, 0) && has_safe_parents(place))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn write_all(stdin: impl Write, feed: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdin = BufWriter::with_capacity(1 << 16, stdin);
    feed(&mut stdin)?;
    stdin.flush()
}

/// Reads until the end of the output, or until the tool has ended: a process that it left behind may keep it open.
fn read_all(pipe: Option<impl Read + AsFd>, has_ended: &AtomicBool) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let mut chunk = vec![0; 1 << 16];
        // A tool with more output than the limit fails to write it.
        while bytes.len() < OUTPUT_LIMIT {
            // Check before polling: if the tool has ended by now, its whole output is in the pipe.
            let timeout = if has_ended.load(Ordering::Acquire) { NOW } else { POLL_INTERVAL };
            match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&timeout)) {
                Ok(0) if timeout == NOW => break,
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => match pipe.read(&mut chunk) {
                    Ok(length @ 1..) => bytes.extend_from_slice(&chunk[..length]),
                    // What was read before an error is still useful.
                    _ => break,
                },
                Err(_) => break,
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for the child. `None` if it ran out of time and was killed. Processes that it started are killed too: they
/// would keep the lock, and the pipes that we read.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let number = Pid::from_child(child);
    let end = pidfd_open(number, PidfdFlags::empty()).ok();
    let mut delay = Duration::from_micros(50);
    // WNOWAIT keeps the process id, which is also the id of its group, from being reused.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(number), look)?.is_none() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            kill_group(child)?;
            child.wait()?;
            return Ok(None);
        }
        if let (Some(end), Ok(left)) = (&end, Timespec::try_from(left)) {
            // An early wakeup is harmless.
            let _ = poll(&mut [PollFd::new(end, PollFlags::IN)], Some(&left));
        } else {
            thread::sleep(delay);
            delay = (delay * 2).min(Duration::from_millis(5));
        }
    }
    kill_group(child)?;
    child.wait().map(Some)
}

/// Kills the process group of the child.
fn kill_group(child: &Child) -> io::Result<()> {
    Ok(kill_process_group(Pid::from_child(child), Signal::KILL)?)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    #[test]
    fn tools_are_found_only_in_absolute_directories_that_nobody_else_can_change() {
        let directory = tempfile::tempdir().unwrap();
        let make = |name: &str, mode: u32| {
            let path = directory.path().join(name);
            fs::create_dir_all(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        };
        let (ours, open, theirs) = (make("ours", 0o755), make("open", 0o777), make("theirs", 0o755));
        chown(&theirs, Some(65534), None).unwrap();
        let link = directory.path().join("link");
        symlink(&open, &link).unwrap();
        let theirs_to_ours = theirs.join("link");
        symlink(&ours, &theirs_to_ours).unwrap();
        assert_eq!(trusted_path(&ours).as_ref(), Some(&ours));
        assert_eq!(trusted_path(&theirs_to_ours).as_ref(), Some(&ours), "a changed link has no effect");
        let below_theirs = make("theirs/below", 0o755);
        for refused in [&open, &theirs, &below_theirs, &link, &make("sticky", 0o1777), &PathBuf::new()] {
            assert!(trusted_path(refused).is_none(), "{}", refused.display());
        }
        assert!(trusted_path(Path::new(".")).or(trusted_path(Path::new("target"))).is_none());
        assert!(trusted_path(&make("ours/below", 0o700)).is_some());
    }
}
