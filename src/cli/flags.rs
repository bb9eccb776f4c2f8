//! The arguments that all operations share. The arguments of one operation are defined with that operation.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches, Parser};

use crate::VERSION;
use crate::ops::Command;

const ABOUT: &str = "Drops connections from chosen countries in the kernel, by ipset and iptables.

Programs send one JSON request on stdin and read newline-delimited JSON from stdout. With flags, or on a
terminal, the same operations take their request from the command line and print readable text.";

const EXIT_STATUS: &str = "Exit status: 0 done, 1 failed, 2 invalid request, 3 another helper is running, \
4 not available on this system.";

#[derive(Debug, Parser)]
#[command(name = "geoip-helper", version = VERSION, about = ABOUT, after_help = EXIT_STATUS)]
pub(super) struct Cli {
    /// Directory in which the helper keeps its data. Created if it is missing.
    #[arg(
        long,
        value_name = "DIR",
        env = "GEOIP_STATE_DIR",
        global = true,
        default_value = "/var/lib/geoip-helper"
    )]
    pub(super) state_dir: PathBuf,

    /// Print JSON even on a terminal.
    #[arg(long, global = true)]
    pub(super) json: bool,

    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// Parses the arguments of the process. The second value is true if they contain more than the name of the
    /// operation.
    pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<(Self, bool), clap::Error> {
        let matches = <Self as clap::CommandFactory>::command().try_get_matches_from(arguments)?;
        let has_flags = matches.subcommand().is_some_and(|(_, own)| has_flags(own));
        Ok((Self::from_arg_matches(&matches)?, has_flags))
    }
}

fn has_flags(matches: &ArgMatches) -> bool {
    const OF_ALL: [&str; 2] = ["state_dir", "json"];
    let is_given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    matches.ids().map(clap::Id::as_str).any(|id| !OF_ALL.contains(&id) && is_given(id))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn read(words: &[&str]) -> (Cli, bool) {
        Cli::read(["geoip-helper"].iter().chain(words).map(OsString::from)).unwrap()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_make_the_same_request_as_json() {
        let (cli, has_flags) =
            read(&["apply", "--mode", "block", "--countries", "cn,RU", "--exceptions", "198.51.100.7"]);
        let json = br#"{"v":1,"source":"dbip","policy":{"mode":"block","countries":["CN","RU"],
            "exceptions":[{"subnet":"198.51.100.7/32"}],"unknown":"pass"}}"#;
        let from_json = cli.command.parse(json).unwrap();
        assert!(has_flags);
        assert_eq!(cli.command.into_request().unwrap(), from_json);
    }

    #[test]
    fn shared_arguments_are_not_arguments_of_the_operation() {
        for words in [&["--json", "status"][..], &["status", "--json"], &["check", "--state-dir", "/x"]] {
            assert!(!read(words).1, "{words:?}");
        }
        for words in [
            &["status", "--quick"][..],
            &["explain", "8.8.8.8"],
            &["rollback", "a"],
            &["heal", "--no-attach"],
        ] {
            assert!(read(words).1, "{words:?}");
        }
    }
}
