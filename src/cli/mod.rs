//! The command line: a JSON request on stdin for programs, flags and readable text for people.

mod flags;
mod output;
mod system_log;
mod text;

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::context::{Context, Progress};
use crate::download::without_secrets;
use crate::error::{Code, Error, Result};
use crate::ops;
use crate::protocol::{Message, Reply, Request, Stage};
use crate::storage::StateDir;
use flags::{Cli, Operation};
use output::Output;
use text::Text;

/// No request is larger: tens of thousands of addresses need one megabyte.
const REQUEST_LIMIT: u64 = 16 << 20;

/// Runs the helper with the arguments of the process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return explain_usage(&usage),
    };
    system_log::open(cli.operation.is_left_alone());
    let mut output = Output::new(cli.json || !io::stdout().is_terminal());
    match serve(cli, &mut output) {
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

fn serve(cli: Cli, output: &mut Output) -> Result<()> {
    let request = read_request(cli.operation, cli.json)?;
    let state = StateDir::open(&cli.state_dir).map_err(|error| match request {
        Request::Detach(_) => ops::detach_without_state(error),
        _ => error,
    })?;
    let mut listener = |stage: Stage, percent: u8, overall: u8, detail: &str| {
        output.progress(Message::Progress { stage, percent, overall, detail: detail.to_owned() });
    };
    let mut context = Context { state, warnings: Vec::new(), progress: Progress::new(&mut listener) };
    let answer: Box<dyn Answer> = match request {
        Request::Update(request) => Box::new(ops::update(&mut context, &request)?),
        Request::Apply(request) => Box::new(ops::apply(&mut context, &request)?),
        Request::Confirm(request) => Box::new(ops::confirm(&mut context, &request)?),
        Request::Rollback(request) => Box::new(ops::rollback(&mut context, &request)?),
        Request::Attach(request) => Box::new(ops::attach(&mut context, &request)?),
        Request::Detach(request) => Box::new(ops::detach(&mut context, &request)?),
        Request::Heal(request) => Box::new(ops::heal(&mut context, &request)?),
        Request::Check(request) => Box::new(ops::check(&mut context, &request)?),
        Request::Explain(request) => Box::new(ops::explain(&mut context, &request)?),
        Request::Status(request) => Box::new(ops::status(&mut context, &request)?),
        Request::Countries(request) => Box::new(ops::countries(&mut context, &request)?),
        Request::Preview(request) => Box::new(ops::preview(&mut context, &request)?),
        Request::Validate(request) => Box::new(ops::validate(&mut context, &request)?),
        Request::Activity(request) => Box::new(ops::activity(&mut context, &request)?),
    };
    let warnings = context.warnings;
    output.succeed(&*answer, warnings);
    Ok(())
}

/// The data of a reply, which is written in one of two languages.
trait Answer: Text {
    /// The data as JSON.
    fn json(&self) -> serde_json::Result<Box<RawValue>>;
}

impl<T: Serialize + Text> Answer for T {
    fn json(&self) -> serde_json::Result<Box<RawValue>> {
        to_raw_value(self)
    }
}

/// Takes the request from the flags if there are any, from stdin otherwise.
///
/// With `--json` and nothing on stdin the operation's name alone is the request.
fn read_request(operation: Operation, json_wanted: bool) -> Result<Request> {
    if operation.has_flags() || io::stdin().is_terminal() {
        return operation.into_request();
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
    if json_wanted && json.is_empty() { operation.into_request() } else { operation.parse_json(&json) }
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
            let usage = Cli::try_parse_from(arguments()).unwrap_err();
            let said = masked(usage.to_string(), arguments());
            assert!(said.starts_with("error: ") && !said.contains("secret"), "{said}");
        }
    }
}
