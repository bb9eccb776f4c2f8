//! `geoip-helper`: see the library for what it does and `--help` for how to call it.

use std::io::{Write, stderr};
use std::panic;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(end) = geoip_helper::firewall::run_leash() {
        return end;
    }
    // What the caller left open, such as its locks, goes to none of the processes that are started here.
    close_fds::set_fds_cloexec(3, &[]);
    // The standard hook prints a backtrace under a lock that whoever runs out of memory takes too: where there is none
    // left for the backtrace, it would wait for itself, and for ever hold the locks that others need.
    panic::set_hook(Box::new(|panicked| {
        let _ = writeln!(stderr(), "{panicked}");
    }));
    geoip_helper::cli::run()
}
