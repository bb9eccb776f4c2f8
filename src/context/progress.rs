//! The progress of an operation, in its stage and overall.

use crate::stage::Stage;

/// Receives the stage, its percentage, the overall percentage, and the object of the work.
type Listener<'a> = dyn FnMut(Stage, u8, u8, &str) + 'a;

/// Reports the progress of an operation, in its stage and overall.
///
/// The work is split into phases, each with its share of the overall percentage. A phase may have several stages.
pub struct Progress<'a> {
    listener: &'a mut Listener<'a>,
    /// The overall percentages at which the current phase begins and ends.
    phase: (u8, u8),
    overall: u8,
}

impl<'a> Progress<'a> {
    /// Progress at zero.
    pub fn new(listener: &'a mut Listener<'a>) -> Self {
        Self { listener, phase: (0, 0), overall: 0 }
    }

    /// Begins a phase that ends at this overall percentage. The previous phase counts as done.
    pub(crate) fn begin_phase(&mut self, end: u8) {
        let begin = self.phase.1;
        self.phase = (begin, end.clamp(begin, 100));
        self.overall = self.overall.max(begin);
    }

    /// Reports the percentage of a stage. The overall percentage never decreases.
    pub(crate) fn report(&mut self, stage: Stage, percent: u8, detail: &str) {
        let (begin, end) = self.phase;
        let within = u16::from(end - begin) * u16::from(percent.min(100)) / 100;
        let here = begin + u8::try_from(within).unwrap_or(0);
        self.overall = self.overall.max(here);
        (self.listener)(stage, percent, self.overall, detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overall_percentage_never_decreases_and_ends_with_the_last_phase() {
        let mut seen = Vec::new();
        let mut listener = |_, percent, overall, _: &str| seen.push((percent, overall));
        let mut progress = Progress::new(&mut listener);
        progress.begin_phase(60);
        progress.report(Stage::Download, 50, "");
        progress.report(Stage::Download, 40, "");
        progress.begin_phase(90);
        progress.report(Stage::Parse, 100, "");
        progress.report(Stage::Compile, 0, "");
        progress.begin_phase(100);
        progress.report(Stage::Apply, 0, "");
        progress.report(Stage::Apply, 100, "");
        assert_eq!(seen, [(50, 30), (40, 30), (100, 90), (0, 90), (0, 90), (100, 100)]);
    }
}
