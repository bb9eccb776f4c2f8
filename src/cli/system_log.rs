//! Where the helper's own words go: to its caller, or to the system's log where it has none.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;

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
        let said = UnixDatagram::unbound().and_then(|log| log.send_to(message.as_bytes(), SYSTEM_LOG));
        said.or_else(|_| File::options().write(true).open(KERNEL_LOG)?.write(message.as_bytes()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
