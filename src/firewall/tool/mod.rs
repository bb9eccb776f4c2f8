//! Runs the firewall tools: argument vectors only, input over a pipe, bounded in time.

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

/// Where tools lie, whatever the PATH says.
const SYSTEM_DIRECTORIES: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
const ROOT: u32 = 0;
/// The mode bits by which a group or everybody may write, and the one that keeps them from what is not theirs.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// The longest that a tool may take: loading a million entries needs some 3 s, waiting for a lock 5 s.
const PATIENCE: Duration = Duration::from_secs(20);
/// No tool has more to say: some hundred thousand rules.
const OUTPUT_LIMIT: usize = 32 << 20;
/// How often those who read the output see whether the tool has ended: others may keep it open.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A tool on this system.
#[derive(Debug, Clone)]
pub(in crate::firewall) struct Tool {
    path: PathBuf,
    name: &'static str,
}

/// What a tool said.
#[derive(Debug)]
pub(in crate::firewall) struct Output {
    pub(in crate::firewall) status: ExitStatus,
    pub(in crate::firewall) stdout: String,
    pub(in crate::firewall) stderr: String,
}

impl Tool {
    /// Finds `name` on the PATH as far as nobody else could put it there, then in the system's usual directories.
    ///
    /// An entry that is empty or relative would be wherever we were started.
    pub(in crate::firewall) fn find(name: &'static str, missing: Code) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let trusted = env::split_paths(&path).filter_map(|directory| ours_alone(&directory));
        let directories = trusted.chain(SYSTEM_DIRECTORIES.map(PathBuf::from));
        let found = directories.map(|directory| directory.join(name)).find(|file| is_executable(file));
        found
            .map(|path| Self { path, name })
            .ok_or_else(|| Error::new(missing, format!("{name} is not on this system")))
    }

    /// Runs the tool without input.
    pub(in crate::firewall) fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_with(arguments, |_| Ok(()))
    }

    /// Runs the tool and lets `feed` write its input, while its output is read on the side so that no full pipe
    /// can stall either.
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
            let status = wait(&mut child, Instant::now() + PATIENCE);
            has_ended.store(true, Ordering::Release);
            let status = status.map_err(|error| failed("wait for", error))?;
            let fed = feeder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let stdout = stdout.join().unwrap_or_default();
            let stderr = stderr.join().unwrap_or_default();
            let Some(status) = status else {
                let seconds = PATIENCE.as_secs();
                let message = format!("{} did not finish within {seconds} s and was ended", self.name);
                return Err(Error::new(Code::FirewallTimeout, message));
            };
            log::info!("{} {arguments:?}: {status}", self.name);
            if status.success() {
                fed.map_err(|error| failed("write to", error))?;
            }
            Ok(Output { status, stdout, stderr })
        })
    }

    /// True if the program behind all links is named like this.
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
    /// The tool's own words on one line.
    pub(in crate::firewall) fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { self.status.to_string() } else { lines.join(" ") }
    }
}

/// An absolute directory without the links that lead to it, which others may turn elsewhere; none unless only root and we
/// can put things in it, as little as on the way to it.
fn ours_alone(directory: &Path) -> Option<PathBuf> {
    let owners = [ROOT, geteuid().as_raw()];
    let is_safe = |place: &Path, tolerated: u32| {
        place.metadata().is_ok_and(|found| {
            let is_closed = found.mode() & OTHERS_WRITE == 0 || found.mode() & tolerated != 0;
            found.is_dir() && owners.contains(&found.uid()) && is_closed
        })
    };
    // In a directory like `/tmp` nobody can replace what is not his.
    let is_safe_way = |place: &Path| place.ancestors().skip(1).all(|above| is_safe(above, STICKY));
    let place = directory.is_absolute().then(|| directory.canonicalize().ok()).flatten();
    place.filter(|place| is_safe(place, 0) && is_safe_way(place))
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

/// Reads what a tool says until it closes its output, or has ended: what it left behind may keep its output open.
fn read_all(pipe: Option<impl Read + AsFd>, has_ended: &AtomicBool) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let mut chunk = vec![0; 1 << 16];
        // A tool that says more than is read fails to write it.
        while bytes.len() < OUTPUT_LIMIT {
            // Before the look: what it said is all there then.
            let patience = if has_ended.load(Ordering::Acquire) { NOW } else { LOOK };
            match poll(&mut [PollFd::new(&pipe, PollFlags::IN)], Some(&patience)) {
                Ok(0) if patience == NOW => break,
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => match pipe.read(&mut chunk) {
                    Ok(length @ 1..) => bytes.extend_from_slice(&chunk[..length]),
                    // What could be read before an error is still worth telling.
                    _ => break,
                },
                Err(_) => break,
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for the child; none if it had to be killed. Nothing that it started outlives it: that would hold the lock, and
/// pipes that we wait on.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let number = Pid::from_child(child);
    let end = pidfd_open(number, PidfdFlags::empty()).ok();
    let mut pause = Duration::from_micros(50);
    // As long as it is not waited for, nobody else gets its number, which is that of its group.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(number), look)?.is_none() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            kill_group(child)?;
            child.wait()?;
            return Ok(None);
        }
        if let (Some(end), Ok(left)) = (&end, Timespec::try_from(left)) {
            // To wake too early does no harm.
            let _ = poll(&mut [PollFd::new(end, PollFlags::IN)], Some(&left));
        } else {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
    kill_group(child)?;
    child.wait().map(Some)
}

/// Ends the child with all that it started.
fn kill_group(child: &Child) -> io::Result<()> {
    Ok(kill_process_group(Pid::from_child(child), Signal::KILL)?)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    #[test]
    fn only_absolute_directories_that_nobody_else_changes_hold_tools() {
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
        assert_eq!(ours_alone(&ours).as_ref(), Some(&ours));
        assert_eq!(
            ours_alone(&theirs_to_ours).as_ref(),
            Some(&ours),
            "whoever turns the link changes nothing"
        );
        let below_theirs = make("theirs/below", 0o755);
        for refused in [&open, &theirs, &below_theirs, &link, &make("sticky", 0o1777), &PathBuf::new()] {
            assert!(ours_alone(refused).is_none(), "{}", refused.display());
        }
        assert!(ours_alone(Path::new(".")).or(ours_alone(Path::new("target"))).is_none());
        assert!(ours_alone(&make("ours/below", 0o700)).is_some());
    }
}
