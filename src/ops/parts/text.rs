//! Replies as text for people.

use std::fmt::Write;

use crate::enforcement::KernelData;
use crate::firewall::SetData;
use crate::protocol::Problem;
use crate::records::drift::Drift;

/// Data of a reply that can be written as text.
pub trait Text {
    /// Lines, each with a line feed at its end.
    fn text(&self) -> String;
}

impl Text for KernelData {
    fn text(&self) -> String {
        let attached = if self.attached { "attached to INPUT" } else { "not attached to INPUT" };
        let changed = if self.changed { "changed" } else { "unchanged" };
        format!("{}{attached}, {changed}\n", set_lines(&self.sets))
    }
}

pub(in crate::ops) fn problem_lines(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let _ = writeln!(text, "problem: {} [{}]; {}", problem.message, problem.code, problem.hint);
        text
    })
}

pub(in crate::ops) fn drift_lines(what: &str, drifts: &[Drift]) -> String {
    drifts.iter().fold(String::new(), |mut text, drift| {
        let _ = writeln!(text, "{what}: {} [{}]", drift.message, drift.code);
        text
    })
}

pub(in crate::ops) fn set_lines(sets: &[SetData]) -> String {
    sets.iter().fold(String::new(), |mut text, set| {
        let _ = writeln!(text, "{}: {} entries, {} bytes", set.name, set.entries, set.memory_bytes);
        text
    })
}
