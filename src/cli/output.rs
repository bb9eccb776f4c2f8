//! The output of the helper: JSON lines for programs, readable text for people.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::ops::Answer;
use crate::protocol::{Message, Reply};
use crate::warning::Warning;

/// The shortest time between two progress messages: at most four per second, including the last one.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(350);

/// Writes messages, and limits the rate of progress messages.
pub(super) struct Output {
    json: bool,
    last_progress: Option<Instant>,
    /// The latest progress, if it was not shown yet.
    held_back: Option<Message>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, last_progress: None, held_back: None }
    }

    /// Speaks to a person, on stderr but for the answer.
    pub(super) fn speak_text(&mut self) {
        self.json = false;
    }

    /// Shows progress if it is due. Otherwise it is kept until a newer one replaces it or the operation succeeds.
    pub(super) fn progress(&mut self, message: Message) {
        let is_due = self.last_progress.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL);
        if !is_due {
            self.held_back = Some(message);
            return;
        }
        self.last_progress = Some(Instant::now());
        self.held_back = None;
        self.show_progress(&message);
    }

    pub(super) fn succeed(&mut self, answer: &dyn Answer, warnings: Vec<Warning>) {
        if let Some(last) = self.held_back.take() {
            self.show_progress(&last);
        }
        if self.json {
            match answer.json() {
                Ok(data) => print_message(&Reply::success(data, warnings).into()),
                Err(error) => log::error!("cannot write the reply: {error}"),
            }
            return;
        }
        for warning in warnings {
            say(&format!("warning: {}", warning.message));
        }
        print_text(&answer.text());
    }

    pub(super) fn fail(&self, error: &Error) -> ExitCode {
        if self.json {
            print_message(&Reply::failure(error).into());
        } else {
            say(&format!("error: {error}\nhint: {}", error.hint()));
        }
        exit_code(error)
    }

    fn show_progress(&self, message: &Message) {
        match message {
            Message::Progress { stage, overall, detail, .. } if !self.json => {
                say(&format!("{overall:3} % {} {detail}", format!("{stage:?}").to_lowercase()));
            }
            _ => print_message(message),
        }
    }
}

/// The exit status for an error.
pub(super) fn exit_code(error: &Error) -> ExitCode {
    ExitCode::from(error.code().exit_class() as u8)
}

/// Writes a line for people to stderr. The work goes on if nobody reads it.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a message as one line of JSON.
pub(super) fn print_message(message: &Message) {
    match serde_json::to_string(message) {
        Ok(json) => print_text(&(json + "\n")),
        Err(error) => log::error!("cannot write a message: {error}"),
    }
}

fn print_text(text: &str) {
    let mut stdout = io::stdout().lock();
    // If the reader is gone, the reply is lost, but the operation is done.
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        log::error!("cannot write the reply: {error}");
    }
}
