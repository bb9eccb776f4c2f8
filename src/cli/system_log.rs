//! Where the helper's own words go: to its caller, or to the system's log where it has none.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use env_logger::{Builder, Env, Target};

const SYSTEM_LOG: &str = "/dev/log";
const KERNEL_LOG: &str = "/dev/kmsg";
/// A daemon's warning, as RFC 5424 numbers it.
const PRIORITY: u8 = 3 << 3 | 4;

/// Sets up the log; for a process that stays behind when its caller is gone, the system's.
pub(super) fn open(is_left_alone: bool) {
    let mut log = Builder::from_env(Env::default().default_filter_or("warn"));
    if is_left_alone {
        log.target(Target::Pipe(Box::new(SystemLog)));
        log.format(|line, record| writeln!(line, "{}", record.args()));
    }
    log.init();
}

/// The system's log, or the kernel's where there is no other. It may come and go, so it is sought for each word.
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

/// Sends words to a log, if it takes them now: a log that hangs must not keep the former policy from returning.
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
    fn a_log_that_takes_no_more_keeps_nobody_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let refused = (0..100_000).find_map(|_| send_to(&path, b"word").err());
            tell.send(refused.map(|error| error.kind())).unwrap();
        });
        let refused = told.recv_timeout(Duration::from_secs(20));
        assert_eq!(refused, Ok(Some(io::ErrorKind::WouldBlock)));
        let mut word = [0; 9];
        assert_eq!(log.recv(&mut word).unwrap(), 4);
    }
}
