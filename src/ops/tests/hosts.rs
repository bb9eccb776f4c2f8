//! Hosts that are exceptions: what name servers say is in force, for how long, and what is told of it.

use std::fs;

use serde_json::{Value, json};

use super::bench::{Bench, apply, named, plain};
use crate::ops::{
    ApplyRequest, AttachRequest, CheckRequest, ConfirmRequest, DetachRequest, ExplainRequest, ExportRequest,
    HealRequest, PreviewRequest, RollbackRequest, StatusRequest, ValidateRequest,
};
use crate::plan::Reason;
use crate::protocol;
use crate::resolver::{Answer, Answers};
use crate::warning::Warning;

const HOST: &str = "anna.example.net";
const RECORD: &str = "host-answers.json";

/// A request that blocks CN but for these exceptions.
fn but_for(exceptions: &Value) -> Value {
    let mut request = apply(&["CN"]);
    request["policy"]["exceptions"] = exceptions.clone();
    request
}

fn but_for_host() -> Value {
    but_for(&json!([{"host": HOST}]))
}

/// A helper whose policy blocks CN but for the host, which has these addresses.
fn with_host(addresses: &[&str]) -> Bench {
    let bench = Bench::blocking(&["CN"]);
    bench.names.answer(HOST, addresses);
    bench.run::<ApplyRequest>(&but_for_host()).unwrap();
    bench
}

fn codes(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.code).collect()
}

impl Bench {
    /// A look, five minutes after the one before. Returns the codes of its warnings.
    fn look(&self) -> Vec<&'static str> {
        self.pass_time(300);
        let (done, warnings) = self.run_with_warnings::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0}));
        assert_eq!(done.unwrap().drifts, []);
        codes(&warnings)
    }

    /// Which of these addresses get in.
    fn lets_in<const N: usize>(&self, addresses: [&str; N]) -> [bool; N] {
        let state = self.kernel.state();
        addresses.map(|address| state.lets_in(address))
    }
}

#[test]
fn an_applied_host_passes_at_once_and_nobody_beside_it() {
    let bench = with_host(&["1.0.0.7", "2a00::1:0:0:1"]);
    assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8", "2a00::7", "2a00:0:0:1::7"]), [true, false, true, false]);
    let status = bench.run::<StatusRequest>(&plain()).unwrap();
    assert!(status.active, "{:?}", status.problems);
    assert_eq!(
        serde_json::to_value(&status.passing.hosts).unwrap(),
        json!([{
            "host": HOST, "addresses": ["1.0.0.7", "2a00::/64"], "former": [], "resolved_at": "2026-11-29T10:00:00Z",
            "silent_since": null, "kept_until": null, "warnings": [],
        }])
    );
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    bench.assert_blocked(&["CN"]);
    assert!(!bench.state().file(RECORD).path().exists(), "no policy names a host any more");
}

#[test]
fn a_host_is_no_part_of_the_plan() {
    let bench = Bench::blocking(&["CN"]);
    let plan = bench.in_force().applied().unwrap().unwrap().digest().to_owned();
    bench.names.answer(HOST, &["1.0.0.7"]);
    let sets = || bench.kernel.state().set_names().iter().map(ToString::to_string).collect::<Vec<_>>();
    let before = sets();
    bench.run::<ApplyRequest>(&but_for_host()).unwrap();
    assert_eq!((bench.in_force().applied().unwrap().unwrap().digest(), sets()), (&*plan, before));
    assert!(!bench.run::<ApplyRequest>(&but_for_host()).unwrap().kernel.changed);
}

#[test]
fn a_look_follows_the_host_and_the_former_address_passes_two_looks_longer() {
    let bench = with_host(&["1.0.0.7"]);
    bench.names.answer(HOST, &["1.0.0.8"]);
    for former_passes in [true, true, false, false] {
        assert_eq!(bench.look(), [""; 0]);
        assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8", "1.0.0.9"]), [former_passes, true, false]);
        assert!(bench.run::<StatusRequest>(&plain()).unwrap().active);
    }
}

#[test]
fn nobody_is_asked_but_by_an_apply_and_a_look() {
    let bench = with_host(&["1.0.0.7"]);
    assert_eq!(bench.names.questions(), 1);
    let asking = {
        let mut asking = but_for_host();
        asking["addresses"] = json!(["1.0.0.7"]);
        asking
    };
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.run::<HealRequest>(&plain()).unwrap();
    bench.run::<StatusRequest>(&asking).unwrap();
    bench.run::<ExplainRequest>(&asking).unwrap();
    bench.run::<PreviewRequest>(&asking).unwrap();
    bench.run::<ValidateRequest>(&but_for_host()).unwrap();
    assert_eq!(bench.names.questions(), 1);
    bench.look();
    assert_eq!(bench.names.questions(), 2);
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    bench.look();
    assert_eq!(bench.names.questions(), 2, "no host is named");
}

#[test]
fn after_a_reboot_without_a_network_the_last_answer_is_restored_for_what_is_left_of_it() {
    let bench = with_host(&["1.0.0.7", "2a00::7"]);
    bench.names.fall_silent();
    bench.kernel.reboot();
    bench.clock.reboot();
    for restore in Bench::RESTORES {
        bench.kernel.reboot();
        restore(&bench);
        assert_eq!(bench.lets_in(["1.0.0.7", "2a00::7", "1.0.0.8"]), [true, true, false]);
    }
    assert_eq!(bench.names.questions(), 1);
    assert_eq!(bench.look(), ["host.silent"]);
    bench.pass_time(24 * 3600);
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
}

#[test]
fn what_name_servers_are_silent_about_stays_for_a_day_and_is_told() {
    let bench = with_host(&["1.0.0.7"]);
    bench.names.fall_silent();
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&but_for_host());
    let told = done.unwrap().passing.hosts.remove(0);
    assert_eq!((codes(&warnings), told.warnings), (vec!["host.silent"], vec!["host.silent"]));
    assert_eq!(
        (told.resolved_at.as_deref(), told.silent_since.as_deref(), told.kept_until.as_deref()),
        (Some("2026-11-29T10:00:00Z"), Some("2026-11-29T10:00:00Z"), Some("2026-11-30T10:00:00Z"))
    );
    for _ in 0..24 * 12 - 1 {
        assert_eq!((bench.look(), bench.lets_in(["1.0.0.7"])), (vec!["host.silent"], [true]));
    }
    assert_eq!((bench.look(), bench.lets_in(["1.0.0.7"])), (vec!["host.silent"], [false]));
    let status = bench.run::<StatusRequest>(&plain()).unwrap();
    let told = &status.passing.hosts[0];
    assert!(status.active && told.addresses.is_empty() && told.kept_until.is_none());
    bench.names.answer(HOST, &["1.0.0.8"]);
    assert_eq!((bench.look(), bench.lets_in(["1.0.0.7", "1.0.0.8"])), (vec![], [false, true]));
}

#[test]
fn a_host_without_an_address_keeps_its_former_ones_for_two_looks() {
    let bench = with_host(&["1.0.0.7"]);
    bench.names.answer(HOST, &[]);
    for passes in [true, true, false] {
        assert_eq!((bench.look(), bench.lets_in(["1.0.0.7"])), (vec!["host.without_address"], [passes]));
    }
}

#[test]
fn private_addresses_and_those_beyond_the_limit_are_told_and_change_nothing() {
    let many: Vec<String> = (1..=20).map(|last| format!("1.0.0.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let bench = with_host(&many);
    assert_eq!(bench.look(), ["host.many_addresses"]);
    assert_eq!(bench.lets_in(["1.0.0.1", "1.0.0.16", "1.0.0.17"]), [true, true, false]);
    let bench = with_host(&["192.168.1.1", "127.0.0.1", "fe80::1"]);
    let (done, warnings) = bench.run_with_warnings::<StatusRequest>(&plain());
    assert_eq!(
        (done.unwrap().passing.hosts[0].addresses.len(), codes(&warnings)),
        (0, vec!["host.not_public"])
    );
    bench.assert_blocked(&["CN"]);
}

#[test]
fn explain_and_preview_name_the_host_and_the_end_of_its_exception() {
    let bench = with_host(&["1.0.0.7", "1.1.0.7", "2a00::7"]);
    let facts = |answers: &[crate::ops::parts::answers::AddressData]| {
        let fact = |answer: &crate::ops::parts::answers::AddressData| {
            (answer.reason, answer.entry.clone(), answer.expires_at.clone(), answer.is_cut_off)
        };
        answers.iter().map(fact).collect::<Vec<_>>()
    };
    let by_host =
        |end: Option<&str>| (Reason::HostException, Some(HOST.to_owned()), end.map(str::to_owned), false);
    let asked = json!(["1.0.0.7", "2a00::99", "1.0.0.8", "1.1.0.7"]);
    let told = facts(&bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": asked})).unwrap().addresses);
    assert_eq!(told[..2], [by_host(None), by_host(None)]);
    let reasons: Vec<_> = told.iter().map(|told| told.0).collect();
    assert_eq!(reasons[2..], [Reason::CountryBlocked, Reason::CountryNotBlocked]);
    let mut timed = but_for(&json!([{"host": HOST, "expires_at": "2026-11-29T11:00:00Z"}]));
    timed["addresses"] = asked;
    let told = facts(&bench.run::<PreviewRequest>(&timed).unwrap().addresses);
    assert_eq!(told[0], by_host(Some("2026-11-29T11:00:00Z")));
}

#[test]
fn the_exception_of_a_host_may_end() {
    let bench = Bench::blocking(&["CN"]);
    bench.names.answer(HOST, &["1.0.0.7"]);
    let request = but_for(&json!([{"host": HOST, "expires_at": "2026-11-29T10:06:00Z"}]));
    bench.run::<ApplyRequest>(&request).unwrap();
    assert_eq!((bench.look(), bench.lets_in(["1.0.0.7"])), (vec![], [true]));
    bench.clock.set("1970-01-01T00:00:00Z");
    assert_eq!(
        (bench.look(), bench.lets_in(["1.0.0.7"])),
        (vec![], [false]),
        "a clock that is set back saves nobody"
    );
    bench.clock.set("2026-11-29T10:20:00Z");
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&request);
    assert_eq!((done.unwrap().passing.hosts, codes(&warnings)), (vec![], vec!["policy.exception_expired"]));
}

#[test]
fn while_a_change_is_on_trial_and_after_it_the_hosts_of_both_policies_pass_as_they_should() {
    let other = "berta.example.net";
    for keep in [false, true] {
        let bench = with_host(&["1.0.0.7"]);
        bench.names.answer(other, &["1.0.0.8"]);
        let mut request = but_for(&json!([{"host": other}]));
        request["confirm"] = json!({"token": "one", "seconds": 60});
        bench.run::<ApplyRequest>(&request).unwrap();
        assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [false, true]);
        bench.names.fall_silent();
        if keep {
            bench.run::<ConfirmRequest>(&named("one")).unwrap();
        } else {
            bench.run::<RollbackRequest>(&named("one")).unwrap();
        }
        assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [!keep, keep]);
        let record = fs::read_to_string(bench.state().file(RECORD).path()).unwrap();
        assert_eq!([HOST, other].map(|host| record.contains(host)), [!keep, keep]);
    }
}

#[test]
fn an_apply_that_fails_leaves_the_host_as_it_was() {
    for step in 0..40 {
        let bench = with_host(&["1.0.0.7"]);
        bench.names.answer("berta.example.net", &["1.0.0.8"]);
        bench.kernel.fail(step..step + 1);
        let mut request = but_for(&json!([{"host": "berta.example.net"}]));
        request["policy"]["countries"] = json!(["CN", "JP"]);
        let done = bench.run::<ApplyRequest>(&request);
        if !bench.kernel.recover() {
            return assert!(step > 10, "{step} steps");
        }
        assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [done.is_err(), done.is_ok()], "step {step}");
        bench.run::<HealRequest>(&plain()).unwrap();
        assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [done.is_err(), done.is_ok()], "step {step}");
    }
    unreachable!("an apply has fewer steps");
}

#[test]
fn a_look_that_the_kernel_refuses_is_told_and_the_next_one_mends_it() {
    let bench = with_host(&["1.0.0.7"]);
    bench.names.answer(HOST, &["1.0.0.8"]);
    bench.kernel.fail(0..50);
    bench.pass_time(300);
    let look = || bench.run_with_warnings::<CheckRequest>(&json!({"v": 1, "settle_seconds": 0}));
    let (done, warnings) = look();
    assert_eq!((done.unwrap().drifts, codes(&warnings)), (vec![], vec!["firewall.command"]));
    bench.kernel.recover();
    assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [true, false]);
    assert_eq!(bench.look(), [""; 0]);
    assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [true, true]);
}

#[test]
fn a_damaged_record_is_told_and_the_hosts_are_asked_about_again() {
    let bench = with_host(&["1.0.0.7"]);
    fs::write(bench.state().file(RECORD), "damaged").unwrap();
    let (done, warnings) = bench.run_with_warnings::<StatusRequest>(&plain());
    let codes_of_status = codes(&warnings);
    assert_eq!(codes_of_status, ["host.answers_lost", "host.silent"]);
    assert!(done.unwrap().passing.hosts[0].resolved_at.is_none());
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(bench.lets_in(["1.0.0.7"]), [true], "what the kernel holds stays");
    assert_eq!(bench.look(), ["host.answers_lost"]);
    assert_eq!((bench.look(), bench.lets_in(["1.0.0.7"])), (vec![], [true]));
}

#[test]
fn a_damaged_record_takes_nobody_out_while_name_servers_are_silent() {
    let bench = with_host(&["1.0.0.7"]);
    fs::write(bench.state().file(RECORD), "damaged").unwrap();
    bench.names.fall_silent();
    for _ in 0..3 {
        assert!(bench.look().contains(&"host.answers_lost"));
        assert_eq!(bench.lets_in(["1.0.0.7"]), [true]);
    }
    bench.names.answer(HOST, &["1.0.0.8"]);
    bench.look();
    assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [false, true]);
}

#[test]
fn what_somebody_adds_to_the_exempt_addresses_is_found() {
    let bench = with_host(&["1.0.0.7"]);
    bench.kernel.meddle(|state| state.add_member("geoip_exempt_v4", "1.0.0.0/24"));
    let repaired = bench.run::<HealRequest>(&plain()).unwrap().repaired;
    assert_eq!(
        repaired.iter().map(|drift| drift.code.as_str()).collect::<Vec<_>>(),
        ["firewall.sets_drifted"]
    );
    assert_eq!(bench.lets_in(["1.0.0.7", "1.0.0.8"]), [true, false]);
}

#[test]
fn the_addresses_of_a_host_are_no_part_of_an_exported_file() {
    let bench = with_host(&["1.0.0.7"]);
    let file = bench.state().file("export").path().to_owned();
    let exported = |request: &Value| {
        let mut request = request.clone();
        (request["v"], request["format"], request["file"]) = (1.into(), "cidr".into(), json!(file));
        bench.run::<ExportRequest>(&request).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let _ = fs::remove_file(&file);
        text.lines().any(|line| line == "1.0.0.7/32" || line == "1.0.0.0/16")
    };
    assert!(!exported(&json!({})));
    let wanted = but_for_host();
    assert!(!exported(&json!({"wanted": {"source": "dbip", "policy": wanted["policy"]}})));
    assert!(exported(&json!({"wanted": {"source": "dbip", "policy": apply(&["CN"])["policy"]}})));
}

#[test]
fn detach_forgets_what_name_servers_said() {
    let bench = with_host(&["1.0.0.7"]);
    bench.run::<DetachRequest>(&plain()).unwrap();
    assert!(!bench.state().file(RECORD).path().exists());
    assert!(bench.kernel.state().set_names().is_empty());
}

#[test]
fn one_family_without_an_answer_is_told_and_the_other_passes() {
    let bench = Bench::blocking(&["CN"]);
    let v4 = Answer::Addresses(vec!["1.0.0.7".parse().unwrap()]);
    bench.names.say(HOST, Answers { v4, v6: Answer::Silence("SERVFAIL".to_owned()) });
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&but_for_host());
    done.unwrap();
    assert_eq!((codes(&warnings), bench.lets_in(["1.0.0.7"])), (vec!["host.silent"], [true]));
    assert!(warnings[0].message.contains("SERVFAIL"), "{warnings:?}");
}

#[test]
fn hosts_are_validated_like_subnets() {
    let exceptions =
        json!([{"host": "Anna.Example.net."}, {"host": HOST, "expires_at": "2026-12-01T18:00:00+02:00"}]);
    let mut request = but_for(&exceptions);
    request["written"] = json!([
        {"text": " anna.example.net "}, {"text": "10.0.0.300"}, {"text": "pbx.local"}, {"host": "an_na.example"},
        {"host": HOST, "expires_at": "soon"}, {"text": "198.51.100.7/24"},
    ]);
    let valid = serde_json::to_value(bench_validate(&request).unwrap()).unwrap();
    let canonical = |end: Value, is_replaced: bool| json!({"host": HOST, "expires_at": end, "is_over": false, "is_replaced": is_replaced});
    assert_eq!(
        valid["exceptions"],
        json!([canonical(Value::Null, true), canonical("2026-12-01T16:00:00Z".into(), false)])
    );
    let wrong: Vec<&Value> =
        valid["written"].as_array().unwrap().iter().map(|written| &written["wrong"]).collect();
    assert_eq!(json!(wrong), json!([null, "subnet", "host", "host", "expires_at", null]));
    request["written"] = json!([{"host": HOST, "text": HOST}]);
    assert_eq!(bench_validate(&request).unwrap_err().field(), Some("written[0]"));
}

fn bench_validate(request: &Value) -> crate::error::Result<crate::ops::validate::ValidateData> {
    Bench::new().run::<ValidateRequest>(request)
}

#[test]
fn a_refusal_of_a_host_names_the_field() {
    let refused = |exceptions: &Value| {
        let request = but_for(exceptions).to_string();
        protocol::parse::<ApplyRequest>(request.as_bytes()).unwrap_err().field().map(str::to_owned)
    };
    let many: Vec<Value> =
        (0..65).map(|number| json!({"host": format!("host-{number}.example.net")})).collect();
    for (exceptions, field) in [
        (json!([{"host": "pbx"}]), "policy.exceptions[0].host"),
        (json!([{"host": HOST}, {"host": "1.0.0.7"}]), "policy.exceptions[1].host"),
        (json!([{"host": HOST, "subnet": "1.0.0.7"}]), "policy.exceptions[0]"),
        (json!([{}]), "policy.exceptions[0]"),
        (json!(many), "policy.exceptions"),
    ] {
        assert_eq!(refused(&exceptions).as_deref(), Some(field), "{exceptions}");
    }
}

#[test]
fn a_policy_with_a_host_is_the_applied_one_whatever_the_host_has() {
    let bench = with_host(&["1.0.0.7"]);
    bench.names.answer(HOST, &["1.0.0.8"]);
    bench.look();
    let status = bench.run::<StatusRequest>(&but_for_host()).unwrap();
    assert_eq!(status.is_applied, Some(true));
    assert_eq!(bench.run::<StatusRequest>(&apply(&["CN"])).unwrap().is_applied, Some(false));
}

#[test]
fn a_host_passes_a_restriction_of_administration_like_any_exception() {
    let bench = Bench::blocking(&["CN"]);
    bench.names.answer(HOST, &["1.3.0.7"]);
    let mut request = but_for_host();
    request["policy"]["admin"] = json!({"countries": ["DE"], "ports": [22]});
    bench.run::<ApplyRequest>(&request).unwrap();
    let state = bench.kernel.state();
    assert_eq!(["1.3.0.7", "1.3.0.8"].map(|address| state.lets_in_to(address, 22)), [true, false]);
    let asked = json!({"v": 1, "addresses": ["1.3.0.7", "1.3.0.8"]});
    let answers = bench.run::<ExplainRequest>(&asked).unwrap().addresses;
    let reasons: Vec<_> = answers.iter().map(|answer| answer.admin.unwrap().reason).collect();
    assert_eq!(reasons, [Reason::HostException, Reason::CountryNotAllowed]);
}
