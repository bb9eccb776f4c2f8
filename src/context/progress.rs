//! How far an operation is.

use crate::stage::Stage;

/// Takes what there is to tell: the stage, its percentage, the overall percentage, and what is being worked on.
type Listener<'a> = dyn FnMut(Stage, u8, u8, &str) + 'a;

/// Tells how far an operation is, in its stage and overall.
///
/// The work is cut into legs, each worth its share of the overall percentage; stages may come and go within a leg.
pub struct Progress<'a> {
    listener: &'a mut Listener<'a>,
    /// Overall percentages between which the current leg lies.
    leg: (u8, u8),
    overall: u8,
}

impl<'a> Progress<'a> {
    /// Nothing is done yet.
    pub fn new(listener: &'a mut Listener<'a>) -> Self {
        Self { listener, leg: (0, 0), overall: 0 }
    }

    /// Begins the leg that ends at this overall percentage; the one before counts as done.
    pub(crate) fn begin_leg(&mut self, end: u8) {
        let begin = self.leg.1;
        self.leg = (begin, end.clamp(begin, 100));
        self.overall = self.overall.max(begin);
    }

    /// Tells of a stage. The overall percentage never goes backwards, whatever the stages do.
    pub(crate) fn tell(&mut self, stage: Stage, percent: u8, detail: &str) {
        let (begin, end) = self.leg;
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
    fn overall_never_goes_backwards_and_ends_where_the_last_leg_does() {
        let mut seen = Vec::new();
        let mut listener = |_, percent, overall, _: &str| seen.push((percent, overall));
        let mut progress = Progress::new(&mut listener);
        progress.begin_leg(60);
        progress.tell(Stage::Download, 50, "");
        progress.tell(Stage::Download, 40, "");
        progress.begin_leg(90);
        progress.tell(Stage::Parse, 100, "");
        progress.tell(Stage::Compile, 0, "");
        progress.begin_leg(100);
        progress.tell(Stage::Apply, 0, "");
        progress.tell(Stage::Apply, 100, "");
        assert_eq!(seen, [(50, 30), (40, 30), (100, 90), (0, 90), (0, 90), (100, 100)]);
    }
}
