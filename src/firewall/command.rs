//! Runs the firewall tools: argument vectors only, input over a pipe, bounded in time.

use std::env;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{Code, Error, Result};

/// Where tools lie on systems that start us with a bare PATH.
const SYSTEM_DIRECTORIES: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
/// The longest that a tool may take: loading a million entries needs some 3 s, waiting for a lock 5 s.
const PATIENCE: Duration = Duration::from_secs(20);
/// No tool has more to say: some hundred thousand rules.
const OUTPUT_LIMIT: u64 = 32 << 20;

/// A tool on this system.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    path: PathBuf,
    name: &'static str,
}

/// What a tool said.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Tool {
    /// Finds `name` as a shell would, then in the system's usual directories.
    pub(super) fn find(name: &'static str, missing: Code) -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let directories = env::split_paths(&path).chain(SYSTEM_DIRECTORIES.map(PathBuf::from));
        let found = directories.map(|directory| directory.join(name)).find(|file| is_executable(file));
        found
            .map(|path| Self { path, name })
            .ok_or_else(|| Error::new(missing, format!("{name} is not on this system")))
    }

    /// Runs the tool without input.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_with(arguments, |_| Ok(()))
    }

    /// Runs the tool and lets `feed` write its input, while its output is read on the side so that no full pipe
    /// can stall either.
    pub(super) fn run_with(
        &self,
        arguments: &[&str],
        feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
    ) -> Result<Output> {
        let failed = |what: &str, error: io::Error| {
            Error::new(Code::FirewallCommand, format!("cannot {what} {}: {error}", self.name))
        };
        let mut child = Command::new(&self.path)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Whatever a tool starts can be ended with it, and holds no pipe open that we wait on.
            .process_group(0)
            .spawn()
            .map_err(|error| failed("start", error))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        thread::scope(|scope| {
            let waiting = thread::current();
            let feeder = scope.spawn(move || stdin.map_or(Ok(()), |stdin| write_all(stdin, feed)));
            let stdout = scope.spawn(move || {
                let text = read_all(stdout);
                waiting.unpark();
                text
            });
            let stderr = scope.spawn(move || read_all(stderr));
            // A tool that has closed its output is about to end; ending it closes the pipes that the threads wait on.
            let deadline = Instant::now() + PATIENCE;
            // To wake too early does no harm: the wait looks again and again.
            thread::park_timeout(PATIENCE);
            let status = wait(&mut child, deadline).map_err(|error| failed("wait for", error))?;
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
    pub(super) fn is_program(&self, part_of_name: &str) -> bool {
        let program = self.path.canonicalize().unwrap_or_default();
        program.file_name().unwrap_or_default().to_string_lossy().contains(part_of_name)
    }

    /// The tool's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

impl Output {
    /// The tool's own words on one line.
    pub(super) fn complaint(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { self.status.to_string() } else { lines.join(" ") }
    }
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

fn read_all(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What could be read before an error is still worth telling. A tool that says more than is read fails to write it.
    let _ = pipe.map(|pipe| pipe.take(OUTPUT_LIMIT).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for the child; none if it had to be killed.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_micros(50);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > deadline {
            kill_group(child)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// Ends the child with all that it started.
fn kill_group(child: &Child) -> io::Result<()> {
    Ok(kill_process_group(Pid::from_child(child), Signal::KILL)?)
}
