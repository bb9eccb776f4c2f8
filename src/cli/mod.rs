//! The command line: JSON on stdin and stdout for programs, arguments and readable text for people.

mod flags;
mod output;
mod system_log;

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
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

/// The most bytes of a request. Tens of thousands of addresses need about one megabyte.
const REQUEST_LIMIT: u64 = 16 << 20;

/// Runs the helper with the arguments of the process.
pub fn run() -> ExitCode {
    let (cli, has_flags) = match Cli::read(env::args_os()) {
        Ok(read) => read,
        Err(usage) => return explain_usage(&usage),
    };
    system_log::open(cli.command.outlives_caller());
    let mut output = Output::new(cli.json || !io::stdout().is_terminal());
    match read_request(cli.command, has_flags, cli.json)
        .and_then(|request| serve(&cli.state_dir, &request, cli.json, &mut output))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}

/// Prints `--help` and the like as text. A wrong call is also answered in JSON if stdout is not a terminal.
fn explain_usage(usage: &clap::Error) -> ExitCode {
    // An error of printing to a closed terminal cannot be handled.
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

/// A usage error, which repeats the arguments, with the secrets in URLs masked.
fn masked(words: String, arguments: impl Iterator<Item = String>) -> String {
    arguments.filter(|argument| argument.contains("://")).fold(words, |words, argument| {
        let value = argument.split_once('=').map_or(&*argument, |(_, value)| value);
        words.replace(&argument, &without_secrets(&argument)).replace(value, &without_secrets(value))
    })
}

fn serve(state_dir: &Path, request: &Request, json_wanted: bool, output: &mut Output) -> Result<()> {
    if request.prints_file() {
        if json_wanted {
            let error = Error::new(Code::RequestInvalid, "stdout cannot carry both the reply and the file");
            return Err(error.with_hint("Name the file to write: --file PATH."));
        }
        output.speak_text();
    }
    let state = StateDir::open(state_dir).map_err(|error| request.run_without_state(error))?;
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

/// Takes the request from the arguments if there are any, otherwise from stdin.
///
/// With `--json` and an empty stdin, the name of the operation is the whole request.
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
    fn a_usage_error_does_not_reveal_the_secrets_of_a_url() {
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
