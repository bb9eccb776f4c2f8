//! The log: written to stderr, or to the system log for a process that outlives its caller.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use env_logger::{Builder, Env, Target};

const SYSTEM_LOG: &str = "/dev/log";
const KERNEL_LOG: &str = "/dev/kmsg";
/// Facility daemon, severity warning (RFC 5424).
const PRIORITY: u8 = 3 << 3 | 4;

/// Sets up the log. A process that outlives its caller logs to the system log.
pub(super) fn open(outlives_caller: bool) {
    let mut log = Builder::from_env(Env::default().default_filter_or("warn"));
    if outlives_caller {
        log.target(Target::Pipe(Box::new(SystemLog)));
        log.format(|line, record| writeln!(line, "{}", record.args()));
    }
    log.init();
}

/// The system log, or the kernel log if there is none. It is opened for each line, because it may be restarted.
struct SystemLog;

impl Write for SystemLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let words = String::from_utf8_lossy(line);
        let name = env!("CARGO_PKG_NAME");
        let message = format!("<{PRIORITY}>{name}[{}]: {}", std::process::id(), words.trim_end());
        let said = send_to(SYSTEM_LOG.as_ref(), message.as_bytes());
        said.or_else(|_| File::options().write(true).open(KERNEL_LOG)?.write(message.as_bytes()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends a line without blocking: a log daemon that hangs must not delay a rollback.
fn send_to(log: &Path, words: &[u8]) -> io::Result<usize> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to(words, log)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_log_that_accepts_no_more_lines_does_not_block() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let refused = (0..100_000).find_map(|_| send_to(&path, b"word").err());
            sender.send(refused.map(|error| error.kind())).unwrap();
        });
        let refused = receiver.recv_timeout(Duration::from_secs(20));
        assert_eq!(refused, Ok(Some(io::ErrorKind::WouldBlock)));
        let mut word = [0; 9];
        assert_eq!(log.recv(&mut word).unwrap(), 4);
    }
}
