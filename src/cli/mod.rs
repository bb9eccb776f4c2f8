//! The command line: a JSON request on stdin for programs, flags and readable text for people.

mod flags;
mod output;
mod system_log;

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;

use crate::context::{Context, Progress};
use crate::download::without_secrets;
use crate::enforcement::WatcherProcess;
use crate::error::{Code, Error, Result};
use crate::ops::{Command, Request};
use crate::protocol::{Message, Reply};
use crate::stage::Stage;
use crate::storage::StateDir;
use flags::Cli;
use output::Output;

/// No request is larger: tens of thousands of addresses need one megabyte.
const REQUEST_LIMIT: u64 = 16 << 20;

/// Runs the helper with the arguments of the process.
pub fn run() -> ExitCode {
    let (cli, has_flags) = match Cli::read(env::args_os()) {
        Ok(read) => read,
        Err(usage) => return explain_usage(&usage),
    };
    system_log::open(cli.command.stays_behind());
    let mut output = Output::new(cli.json || !io::stdout().is_terminal());
    match serve(cli, has_flags, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}

/// `--help` and the like go to the terminal; a wrong call is answered in the caller's language too.
fn explain_usage(usage: &clap::Error) -> ExitCode {
    // Nothing can be done about a closed terminal.
    if matches!(usage.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = usage.print();
        return ExitCode::SUCCESS;
    }
    let arguments = env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let words = masked(usage.to_string(), arguments);
    let _ = io::stderr().write_all(words.as_bytes());
    let first_line = words.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let error = Error::new(Code::RequestInvalid, first_line).with_hint("See --help.");
    if !io::stdout().is_terminal() {
        output::print_message(&Reply::failure(&error).into());
    }
    output::exit_code(&error)
}

/// A complaint about arguments, which repeats them, without the secrets of those that are URLs.
fn masked(words: String, arguments: impl Iterator<Item = String>) -> String {
    arguments.filter(|argument| argument.contains("://")).fold(words, |words, argument| {
        let value = argument.split_once('=').map_or(&*argument, |(_, value)| value);
        words.replace(&argument, &without_secrets(&argument)).replace(value, &without_secrets(value))
    })
}

fn serve(cli: Cli, has_flags: bool, output: &mut Output) -> Result<()> {
    let request = read_request(cli.command, has_flags, cli.json)?;
    let state = StateDir::open(&cli.state_dir).map_err(|error| request.run_without_state(error))?;
    let mut listener = |stage: Stage, percent: u8, overall: u8, detail: &str| {
        output.progress(Message::Progress { stage, percent, overall, detail: detail.to_owned() });
    };
    let progress = Progress::new(&mut listener);
    let mut context = Context::new(state, Arc::new(WatcherProcess), progress);
    let answer = request.run(&mut context)?;
    let warnings = context.warnings;
    output.succeed(&*answer, warnings);
    Ok(())
}

/// Takes the request from the flags if there are any, from stdin otherwise.
///
/// With `--json` and nothing on stdin the operation's name alone is the request.
fn read_request(command: Command, has_flags: bool, json_wanted: bool) -> Result<Request> {
    if has_flags || io::stdin().is_terminal() {
        return command.into_request();
    }
    let mut json = Vec::new();
    io::stdin()
        .take(REQUEST_LIMIT + 1)
        .read_to_end(&mut json)
        .map_err(|error| Error::new(Code::RequestInvalid, format!("cannot read the request: {error}")))?;
    if json.len() as u64 > REQUEST_LIMIT {
        let message = format!("the request is larger than {} MiB", REQUEST_LIMIT >> 20);
        return Err(Error::new(Code::RequestInvalid, message));
    }
    if json_wanted && json.is_empty() { command.into_request() } else { command.parse(&json) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_about_an_url_keeps_its_secrets() {
        for words in [
            ["update", "--source", "http://me:secret@host/"].as_slice(),
            &["update", "--source=https://me:secret@host/x?key=secret"],
            &["update", "http://me:secret@host/"],
            &["update", "--base-uri=http://me:secret@host/"],
        ] {
            let arguments =
                || std::iter::once("geoip-helper").chain(words.iter().copied()).map(str::to_owned);
            let usage = Cli::read(arguments().map(Into::into)).err().unwrap();
            let said = masked(usage.to_string(), arguments());
            assert!(said.starts_with("error: ") && !said.contains("secret"), "{said}");
        }
    }
}
