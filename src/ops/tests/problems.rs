//! Problems and warnings name what helps.

use std::fs;

use serde_json::{Value, json};

use super::bench::{Bench, apply, plain};
use crate::net::Family;
use crate::ops::status::FilterState;
use crate::ops::{ActivityRequest, ApplyRequest, AttachRequest, CheckRequest, StatusRequest};
use crate::plan::Action;
use crate::protocol::Problem;
use crate::remedy::Remedy;
use crate::stage::Stage;

/// By which certificates are renewed, as `iptables -S` lists it behind the chain.
const FOR_CERTIFICATES: &str = "-p tcp -m tcp --dport 80 -j ACCEPT";

fn remedies(bench: &Bench) -> Vec<(&'static str, Option<Remedy>)> {
    let status = bench.run::<StatusRequest>(&plain()).unwrap();
    assert_eq!(status.active, status.problems.is_empty());
    status.problems.iter().map(|problem| (problem.code, problem.remedy)).collect()
}

#[test]
fn each_problem_says_what_helps() {
    let bench = Bench::new();
    assert_eq!(remedies(&bench), [("policy.none", Some(Remedy::Apply))]);
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    let detached = ("firewall.not_attached", Some(Remedy::Heal));
    assert_eq!(remedies(&bench), [detached, detached]);
    let bench = Bench::blocking(&["CN"]);
    bench.kernel.meddle(|state| state.add_member("geoip_blocked_v4", "9.9.9.9/32"));
    assert_eq!(remedies(&bench), [("firewall.sets_drifted", Some(Remedy::Heal))]);
}

#[test]
fn a_policy_that_was_not_applied_yet_is_a_problem() {
    let bench = Bench::blocking(&["CN"]);
    let told = |countries: &[&str]| {
        let status = bench.run::<StatusRequest>(&apply(countries)).unwrap();
        (status.is_applied, status.state, status.problems.first().map(|one| (one.code, one.remedy)))
    };
    assert_eq!(told(&["CN"]), (Some(true), FilterState::Active, None));
    let pending = ("policy.pending", Some(Remedy::Apply));
    assert_eq!(told(&["JP"]), (Some(false), FilterState::Attention, Some(pending)));
}

#[test]
fn learning_is_to_count_what_goes_through_the_filter_whatever_else_is_wrong() {
    let bench = Bench::new();
    let mut request = apply(&["CN"]);
    request["policy"]["action"] = "count".into();
    bench.run::<ApplyRequest>(&request).unwrap();
    let told = || {
        let status = bench.run::<StatusRequest>(&plain()).unwrap();
        (status.learning, status.state, status.applied.unwrap().action)
    };
    assert_eq!(told(), (false, FilterState::Inactive, Action::Count));
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(told(), (true, FilterState::Learning, Action::Count));
    bench.kernel.meddle(|state| state.add_member("geoip_blocked_v4", "9.9.9.9/32"));
    assert_eq!(told(), (true, FilterState::Attention, Action::Count));
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    assert_eq!(told(), (false, FilterState::Active, Action::Drop));
}

#[test]
fn data_that_is_in_use_and_long_outdated_is_a_warning() {
    let bench = Bench::new();
    let warned = || {
        let (_, warnings) = bench.run_with_warnings::<StatusRequest>(&plain());
        warnings.iter().map(|one| (one.code, one.remedy, one.hint.is_some())).collect::<Vec<_>>()
    };
    bench.pass_time(60 * 86_400);
    assert_eq!(warned(), [], "it is not in use");
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    assert_eq!(warned(), [("database.stale", Some(Remedy::Update), true)]);
}

#[test]
fn a_rule_that_lets_everybody_in_before_the_filter_is_a_problem_once_it_stays() {
    let bench = Bench::blocking(&["CN"]);
    bench.kernel.meddle(|state| state.insert_rule(Family::V4, "INPUT", FOR_CERTIFICATES));
    let check = || bench.run_with_warnings::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0}));
    check().0.unwrap();
    assert_eq!(remedies(&bench), []);
    bench.pass_time(600);
    let (checked, warnings) = check();
    checked.unwrap();
    let open = ("firewall.accepted_before", Some(Remedy::Firewall));
    assert_eq!(warnings.iter().map(|warning| (warning.code, warning.remedy)).collect::<Vec<_>>(), [open]);
    assert_eq!(remedies(&bench), [open]);
}

#[test]
fn a_damaged_day_of_activity_is_named_while_it_is_asked_for_and_needs_no_remedy() {
    let bench = Bench::blocking(&["CN"]);
    fs::write(bench.state().file("activity-2026-11-28.json"), "{").unwrap();
    let warnings = |hours: u16| -> Vec<_> {
        let request = json!({"v": 1, "hours": hours});
        let (done, warnings) = bench.run_with_warnings::<ActivityRequest>(&request);
        done.unwrap();
        warnings.iter().map(|warning| (warning.code, warning.remedy)).collect()
    };
    assert_eq!(warnings(1), []);
    assert_eq!(warnings(24), [("activity.day_lost", None)]);
}

#[test]
fn an_error_of_a_source_names_the_step_in_which_it_failed() {
    let steps = crate::error::Code::ALL.iter().filter_map(|code| Some((code.as_str(), code.stage()?)));
    assert_eq!(
        steps.collect::<Vec<_>>(),
        [
            ("source.malformed", Stage::Parse),
            ("source.download", Stage::Download),
            ("source.checksum", Stage::Verify),
            ("source.too_large", Stage::Download),
            ("source.shrunk", Stage::Parse),
            ("source.grown", Stage::Parse),
        ]
    );
    let error = crate::error::Error::new(crate::error::Code::SourceChecksum, "it differs");
    let problem: Value = serde_json::to_value(Problem::from(&error)).unwrap();
    assert_eq!((&problem["stage"], problem.get("remedy")), (&json!("verify"), None));
}
