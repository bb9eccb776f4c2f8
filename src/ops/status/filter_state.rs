//! The state of the filter in one word.

use serde::Serialize;

use crate::error::{Code, Error};
use crate::plan::Action;

/// The state of the filter in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FilterState {
    /// The policy is in force, and connections that it matches are dropped.
    Active,
    /// The policy is in force, and connections that it matches are only counted.
    Learning,
    /// The policy drops nobody.
    Nobody,
    /// Connections go through the filter, but there is a problem.
    Attention,
    /// Connections do not go through the filter.
    Inactive,
}

impl FilterState {
    /// The state of a filter with these problems. `action` is that of the applied policy.
    pub(super) fn of(attached: bool, action: Option<Action>, problems: &[Error]) -> Self {
        let drops_nobody = problems.iter().any(|problem| problem.code() == Code::PolicyDropsNobody);
        match action {
            _ if !attached => Self::Inactive,
            _ if drops_nobody => Self::Nobody,
            _ if !problems.is_empty() => Self::Attention,
            Some(Action::Count) => Self::Learning,
            _ => Self::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_names_the_state() {
        let problems = |codes: &[Code]| codes.iter().map(|code| Error::new(*code, "")).collect::<Vec<_>>();
        let (drop, count) = (Some(Action::Drop), Some(Action::Count));
        let nobody = [Code::PolicyPending, Code::PolicyDropsNobody];
        for (attached, action, codes, state) in [
            (true, drop, &[][..], FilterState::Active),
            (true, count, &[], FilterState::Learning),
            (true, drop, &[Code::FirewallSetsDrifted], FilterState::Attention),
            (true, count, &[Code::FirewallSetsDrifted], FilterState::Attention),
            (true, drop, &nobody, FilterState::Nobody),
            (false, drop, &nobody, FilterState::Inactive),
            (false, drop, &[], FilterState::Inactive),
            (false, None, &[Code::PolicyNone], FilterState::Inactive),
        ] {
            assert_eq!(FilterState::of(attached, action, &problems(codes)), state, "{codes:?}");
        }
    }
}
