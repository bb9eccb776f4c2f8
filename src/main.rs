//! The program `geoip-helper`. The library describes what it does, and `--help` how to call it.

use std::io::{Write, stderr};
use std::panic;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(end) = geoip_helper::firewall::run_leash() {
        return end;
    }
    // Processes started by the helper must not inherit files that its caller left open, such as locks.
    close_fds::set_fds_cloexec(3, &[]);
    // The standard hook prints a backtrace under a lock. If the memory runs out while it does so, the error handler waits
    // for the same lock, and the helper hangs with all the locks that others need.
    panic::set_hook(Box::new(|panicked| {
        let _ = writeln!(stderr(), "{panicked}");
    }));
    geoip_helper::cli::run()
}
