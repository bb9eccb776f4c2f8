//! Other data stands in for a source that has none of use.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::bench::{Bench, apply};
use crate::dataset::SourceId;
use crate::error::Code;
use crate::ops::{ApplyRequest, CountriesRequest, ExplainRequest, PreviewRequest, StatusRequest};

/// A copy of DB-IP's file by which 1.3.0.0/24 is in China.
fn bundle(bench: &Bench) -> PathBuf {
    let path = bench.state().file("dbip-country-lite-2026-11.csv").path().to_owned();
    fs::write(&path, "1.3.0.0,1.3.0.255,CN\n2a01::,2a01:ffff:ffff:ffff:ffff:ffff:ffff:ffff,CN\n").unwrap();
    path
}

fn without_data() -> Bench {
    let bench = Bench::new();
    fs::remove_file(bench.state().file("dbip.geodb").path()).unwrap();
    bench
}

/// Flips a bit behind the head of the data.
fn damage(bench: &Bench) {
    let path = bench.state().file("dbip.geodb").path().to_owned();
    let mut content = fs::read(&path).unwrap();
    let end = content.len() - 5;
    content[end] ^= 1;
    fs::write(&path, content).unwrap();
}

fn block_china(source: &str, fallback: &Value) -> Value {
    let mut request = apply(&["CN"]);
    (request["source"], request["fallback"]) = (source.into(), fallback.clone());
    request
}

/// Whose data each operation that takes a fallback rests on, the warnings of `apply`, and whether 1.0.0.7 and 1.3.0.7 get in.
fn outcome(bench: &Bench, request: &Value) -> (SourceId, Vec<&'static str>, [bool; 2]) {
    let (applied, warnings) = bench.run_with_warnings::<ApplyRequest>(request);
    let source = applied.unwrap().source;
    bench.run::<crate::ops::AttachRequest>(&json!({"v": 1})).unwrap();
    let asked = {
        let mut asked = request.clone();
        asked["addresses"] = json!(["1.0.0.7"]);
        asked
    };
    assert_eq!(bench.run::<PreviewRequest>(request).unwrap().source, source);
    assert_eq!(bench.run::<ExplainRequest>(&asked).unwrap().source, source);
    let state = bench.kernel.state();
    let codes = warnings.iter().map(|warning| warning.code).collect();
    (source, codes, ["1.0.0.7", "1.3.0.7"].map(|address| state.lets_in(address)))
}

#[test]
fn the_wanted_source_is_used_where_it_has_data() {
    let bench = Bench::new();
    let fallback = json!({"source": "dbip", "bundle": bundle(&bench)});
    assert_eq!(outcome(&bench, &block_china("dbip", &fallback)), (SourceId::Dbip, vec![], [false, true]));
}

#[test]
fn without_a_fallback_missing_data_is_an_error() {
    let error = Bench::new().run::<ApplyRequest>(&block_china("rir", &Value::Null)).unwrap_err();
    assert_eq!(error.code(), Code::DatabaseMissing);
}

#[test]
fn the_fallback_stands_in_from_the_disk_or_from_its_bundle() {
    let bench = Bench::new();
    let fallback = json!({"source": "dbip", "bundle": bundle(&bench)});
    let done = outcome(&bench, &block_china("rir", &fallback));
    assert_eq!(done, (SourceId::Dbip, vec![], [false, true]));
    let bench = without_data();
    let fallback = json!({"source": "dbip", "bundle": bundle(&bench)});
    assert_eq!(outcome(&bench, &block_china("rir", &fallback)), (SourceId::Dbip, vec![], [true, false]));
}

/// What `status` says about this policy by this source: whether it is applied, what stands in, and the problems.
fn told(bench: &Bench, source: &str) -> (Option<bool>, Option<SourceId>, Vec<&'static str>) {
    let mut request = apply(&["CN"]);
    request["source"] = source.into();
    let status = bench.run::<StatusRequest>(&request).unwrap();
    (status.is_applied, status.stand_in, status.problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn what_stands_in_is_told_for_the_source_that_it_stands_in_for_and_no_other() {
    let bench = Bench::blocking(&["CN"]);
    assert_eq!(told(&bench, "dbip"), (Some(true), None, vec![]));
    let pending = (Some(false), None, vec!["policy.pending"]);
    assert_eq!(told(&bench, "rir"), pending, "it was saved, and nobody has applied it yet");
    let stood_in = bench.run::<ApplyRequest>(&block_china("rir", &json!({"source": "dbip"}))).unwrap();
    assert_eq!((stood_in.source, stood_in.stand_in), (SourceId::Dbip, Some(SourceId::Dbip)));
    assert_eq!(told(&bench, "rir"), (Some(true), Some(SourceId::Dbip), vec![]));
    assert_eq!(told(&bench, "ipdeny"), pending);
    assert_eq!(told(&bench, "dbip"), (Some(true), None, vec![]), "its own data is what is in force");
    assert_eq!(bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap().stand_in, None);
}

#[test]
fn what_stands_in_still_does_after_its_plan_was_computed_again() {
    let bench = Bench::blocking(&["CN"]);
    bench.run::<ApplyRequest>(&block_china("rir", &json!({"source": "dbip"}))).unwrap();
    for plan in fs::read_dir(bench.state().path()).unwrap().map(|entry| entry.unwrap().path()) {
        if plan.extension().is_some_and(|extension| extension == "bin") {
            fs::write(plan, "damaged").unwrap();
        }
    }
    bench.run::<crate::ops::HealRequest>(&json!({"v": 1})).unwrap();
    assert_eq!(told(&bench, "rir"), (Some(true), Some(SourceId::Dbip), vec![]));
}

#[test]
fn the_bundle_of_the_wanted_source_is_no_stand_in() {
    let bench = without_data();
    let fallback = json!({"source": "dbip", "bundle": bundle(&bench)});
    assert_eq!(outcome(&bench, &block_china("dbip", &fallback)), (SourceId::Dbip, vec![], [true, false]));
}

#[test]
fn whatever_is_on_the_disk_stands_in_for_a_fallback_without_data() {
    let done = outcome(&Bench::new(), &block_china("rir", &json!({"source": "ipdeny"})));
    assert_eq!(done, (SourceId::Dbip, vec![], [false, true]));
}

#[test]
fn data_that_is_damaged_inside_counts_as_none() {
    let bench = Bench::new();
    damage(&bench);
    let bundled = json!({"source": "dbip", "bundle": bundle(&bench)});
    let alone = bench.run::<ApplyRequest>(&block_china("dbip", &json!({"source": "rir"}))).unwrap_err();
    assert_eq!(alone.code(), Code::DatabaseCorrupt);
    let done = outcome(&bench, &block_china("dbip", &bundled));
    assert_eq!(done, (SourceId::Dbip, vec!["database.unusable"], [true, false]));
}

#[test]
fn a_bundle_that_is_of_no_use_is_told_and_what_is_wrong_with_the_wanted_data_is_the_error() {
    let bench = without_data();
    let fallback = json!({"source": "dbip", "bundle": "/nowhere/dbip-country-lite-2026-11.csv"});
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&block_china("rir", &fallback));
    let error = done.unwrap_err();
    assert_eq!(error.code(), Code::DatabaseMissing);
    assert!(error.message().contains("rir"), "{error}");
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["source.unreadable"]);
}

#[test]
fn without_any_data_it_is_not_known_whom_a_policy_cuts_off_unless_it_drops_nobody() {
    let bench = without_data();
    let is_known = |countries: &[&str], fallback: &Value| {
        let mut request = apply(countries);
        (request["addresses"], request["fallback"]) = (json!(["1.0.0.7"]), fallback.clone());
        let (explained, warnings) = bench.run_with_warnings::<ExplainRequest>(&request);
        let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        (explained.unwrap().is_known, codes)
    };
    let nothing = json!({"source": "rir"});
    assert_eq!(is_known(&["CN"], &nothing), (false, vec!["database.missing"]));
    assert_eq!(is_known(&[], &nothing), (true, vec!["database.missing"]));
    assert_eq!(is_known(&["CN"], &Value::Null), (false, vec![]));
    assert_eq!(is_known(&["CN"], &json!({"source": "dbip", "bundle": bundle(&bench)})), (true, vec![]));
}

#[test]
fn countries_are_counted_by_what_stands_in() {
    let bench = without_data();
    let fallback = json!({"source": "dbip", "bundle": bundle(&bench)});
    let request = json!({"v": 1, "source": "rir", "fallback": fallback});
    let (counted, warnings) = bench.run_with_warnings::<CountriesRequest>(&request);
    let counted = counted.unwrap();
    let china = counted.countries.iter().find(|country| country.code.to_string() == "CN").unwrap();
    assert_eq!((counted.source, china.subnets.v4, warnings), (SourceId::Dbip, 1, vec![]));
}
