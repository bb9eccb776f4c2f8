//! `geoip-helper`: see the library for what it does and `--help` for how to call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    geoip_helper::cli::run()
}
