//! Phones that keep their way: who is kept, for how long, and what ends it.

use std::fs;

use serde_json::{Value, json};

use super::bench::{Bench, apply, named, plain};
use crate::net::Family;
use crate::ops::{
    ApplyRequest, AttachRequest, CheckRequest, ConfirmRequest, DetachRequest, ExplainRequest, ExportRequest,
    HealRequest, PreviewRequest, RevokeRequest, RollbackRequest, StatusRequest, ValidateRequest,
};
use crate::plan::{Reason, Verdict};
use crate::protocol;
use crate::warning::Warning;

const RECORD: &str = "phone-addresses.json";
const HOUR: u64 = 3600;
/// 202 and 203 are registered from CN, 204 from DE.
const LISTED: [(&str, &str); 3] = [("202", "1.0.0.7"), ("203", "2a00::7"), ("204", "1.1.0.7")];

fn contacts(listed: &[(&str, &str)]) -> Value {
    listed.iter().map(|(phone, address)| json!({"phone": phone, "address": address})).collect()
}

/// A request that blocks CN and keeps all phones, of which these are registered.
fn keeping(listed: &[(&str, &str)]) -> Value {
    let mut request = apply(&["CN"]);
    request["policy"]["keep_phones"] = true.into();
    request["contacts"] = contacts(listed);
    request
}

/// A request that blocks CN and keeps these phones, with the contacts of [`LISTED`].
fn but_for(exceptions: &Value) -> Value {
    let mut request = apply(&["CN"]);
    request["policy"]["exceptions"] = exceptions.clone();
    request["contacts"] = contacts(&LISTED);
    request
}

fn codes(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.code).collect()
}

impl Bench {
    /// A helper with this policy in force.
    fn obeying(request: &Value) -> Self {
        let bench = Self::blocking(&["CN"]);
        bench.run::<ApplyRequest>(request).unwrap();
        bench.assert_whole();
        bench
    }

    /// A look, five minutes after the one before, with these contacts or with none that are known. Returns the codes of its
    /// warnings.
    fn look_at(&self, contacts: &Value) -> Vec<&'static str> {
        self.pass_time(300);
        let request = json!({"v": 1, "settle_seconds": 0, "contacts": contacts});
        let (done, warnings) = self.run_with_warnings::<CheckRequest>(&request);
        assert_eq!(done.unwrap().drifts, []);
        codes(&warnings)
    }

    fn keeps<const N: usize>(&self, addresses: [&str; N]) -> [bool; N] {
        let state = self.kernel.state();
        addresses.map(|address| state.lets_in(address))
    }

    fn assert_whole(&self) {
        let status = self.run::<StatusRequest>(&plain()).unwrap();
        assert!(status.active, "{:?}", status.problems);
        self.assert_tidy();
    }

    fn end(&self, request: &Value) -> (Value, Vec<&'static str>) {
        let mut request = request.clone();
        request["v"] = 1.into();
        let (done, warnings) = self.run_with_warnings::<RevokeRequest>(&request);
        (serde_json::to_value(done.unwrap().revoked).unwrap(), codes(&warnings))
    }
}

#[test]
fn a_registered_phone_keeps_its_way_and_nobody_beside_it() {
    let bench = Bench::obeying(&keeping(&LISTED));
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8", "2a00::99", "2a00:0:0:1::7"]), [true, false, true, false]);
    let status = bench.run::<StatusRequest>(&plain()).unwrap();
    let phone = |phone: &str, address: &str| {
        json!({
            "phone": phone, "address": address, "country": "CN", "since": "2026-11-29T10:00:00Z",
            "seen_at": "2026-11-29T10:00:00Z", "expires_at": "2026-11-30T10:00:00Z", "is_registered": true,
        })
    };
    assert_eq!(
        serde_json::to_value(&status.passing.phones).unwrap(),
        json!([phone("202", "1.0.0.7"), phone("203", "2a00::/64")])
    );
}

#[test]
fn a_policy_without_kept_phones_has_neither_set_nor_rule_nor_record() {
    let bench = Bench::blocking(&["CN"]);
    let before = bench.kernel.state();
    let mut request = apply(&["CN"]);
    request["contacts"] = contacts(&LISTED);
    bench.run::<ApplyRequest>(&request).unwrap();
    bench.look_at(&contacts(&LISTED));
    assert_eq!(bench.kernel.state(), before);
    assert!(!bench.state().file(RECORD).path().exists());
    bench.run::<ApplyRequest>(&keeping(&LISTED)).unwrap();
    assert!(bench.kernel.state().set_names().contains(&"geoip_phones_v4"));
    bench.run::<ApplyRequest>(&apply(&["CN"])).unwrap();
    assert_eq!(bench.kernel.state(), before);
    assert!(!bench.state().file(RECORD).path().exists(), "no policy keeps phones any more");
    bench.assert_blocked(&["CN"]);
}

#[test]
fn contacts_change_neither_a_rule_nor_the_plan() {
    let bench = Bench::obeying(&keeping(&[]));
    let rules = || {
        let state = bench.kernel.state();
        Family::ALL.map(|family| state.all_rules(family).join("\n"))
    };
    let (before, plan) = (rules(), bench.in_force().applied().unwrap().unwrap().digest().to_owned());
    bench.assert_blocked(&["CN"]);
    assert_eq!(bench.look_at(&contacts(&LISTED)), [""; 0]);
    assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [true, true]);
    assert_eq!((rules(), bench.in_force().applied().unwrap().unwrap().digest()), (before, &*plan));
}

#[test]
fn a_phone_passes_as_long_as_it_is_registered_and_a_day_more() {
    let bench = Bench::obeying(&keeping(&LISTED));
    for _ in 0..12 {
        assert_eq!(bench.look_at(&contacts(&LISTED)), [""; 0]);
    }
    for _ in 0..24 * 12 - 1 {
        assert_eq!((bench.look_at(&json!([])), bench.keeps(["1.0.0.7"])), (vec![], [true]));
    }
    let told = bench.run::<StatusRequest>(&plain()).unwrap().passing.phones.remove(0);
    assert!(!told.is_registered);
    assert_eq!(
        (told.since.as_str(), told.seen_at.as_str()),
        ("2026-11-29T10:00:00Z", "2026-11-29T11:00:00Z")
    );
    bench.look_at(&json!([]));
    bench.assert_blocked(&["CN"]);
    assert_eq!(bench.run::<StatusRequest>(&plain()).unwrap().passing.phones, []);
}

#[test]
fn a_phone_that_comes_from_another_address_gets_that_as_well() {
    let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7")]));
    bench.look_at(&contacts(&[("202", "1.0.0.8")]));
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8", "1.0.0.9"]), [true, true, false]);
    bench.pass_time(24 * HOUR - 301);
    bench.look_at(&contacts(&[("202", "1.0.0.8")]));
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [false, true]);
}

#[test]
fn while_asterisk_is_silent_nothing_is_learnt_and_what_passes_keeps_its_end() {
    let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7")]));
    for _ in 0..24 * 12 - 1 {
        bench.look_at(&Value::Null);
        assert_eq!(bench.keeps(["1.0.0.7"]), [true]);
    }
    let told = bench.run::<StatusRequest>(&plain()).unwrap().passing.phones.remove(0);
    assert_eq!(told.expires_at, "2026-11-30T10:00:00Z");
    bench.pass_time(300);
    bench.run::<HealRequest>(&plain()).unwrap();
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
}

#[test]
fn after_a_reboot_phones_pass_at_once_for_what_is_left_to_them() {
    let bench = Bench::obeying(&keeping(&LISTED));
    bench.pass_time(23 * HOUR);
    bench.clock.reboot();
    for restore in Bench::RESTORES {
        bench.kernel.reboot();
        restore(&bench);
        assert_eq!(bench.keeps(["1.0.0.7", "2a00::7", "1.0.0.8"]), [true, true, false]);
    }
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_whole();
    bench.pass_time(HOUR);
    bench.kernel.reboot();
    bench.run::<AttachRequest>(&plain()).unwrap();
    bench.assert_blocked(&["CN"]);
}

#[test]
fn a_clock_that_is_set_lets_nobody_pass_longer_and_nobody_shorter() {
    for set_to in ["1970-01-01T00:00:00Z", "2036-01-01T00:00:00Z"] {
        let bench = Bench::obeying(&keeping(&LISTED));
        bench.clock.set(set_to);
        bench.look_at(&json!([]));
        bench.pass_time(23 * HOUR);
        bench.look_at(&json!([]));
        assert_eq!(bench.keeps(["1.0.0.7"]), [true], "{set_to}");
        let told = bench.run::<StatusRequest>(&plain()).unwrap().passing.phones.remove(0);
        assert!(told.since <= told.seen_at && told.seen_at < told.expires_at, "{told:?}");
        bench.pass_time(HOUR);
        bench.look_at(&json!([]));
        assert_eq!(bench.keeps(["1.0.0.7"]), [false], "{set_to}");
    }
}

#[test]
fn what_is_ended_is_out_at_once_and_does_not_come_back_from_there() {
    let bench = Bench::obeying(&keeping(&LISTED));
    let ended = json!([{"phone": "202", "address": "1.0.0.7"}]);
    assert_eq!(bench.end(&json!({"phone": "202", "address": "1.0.0.7"})), (ended, vec![]));
    assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [false, true]);
    bench.assert_whole();
    for _ in 0..3 {
        bench.look_at(&contacts(&LISTED));
        assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [false, true]);
    }
    bench.run::<ApplyRequest>(&keeping(&LISTED)).unwrap();
    assert_eq!(bench.keeps(["1.0.0.7"]), [false]);
    let (listed, other) = (contacts(&LISTED), contacts(&[("202", "1.0.0.7"), ("202", "1.0.0.8")]));
    bench.look_at(&other);
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [false, true], "another address");
    bench.look_at(&json!([]));
    bench.pass_time(24 * HOUR);
    bench.look_at(&json!([]));
    bench.look_at(&listed);
    assert_eq!(bench.keeps(["1.0.0.7"]), [true], "a day after it was registered there");
}

#[test]
fn all_of_a_phone_is_ended_at_once_and_an_ipv6_address_by_its_network_or_any_address_in_it() {
    let two = [("202", "1.0.0.7"), ("202", "2a00::7"), ("203", "1.0.0.9")];
    let bench = Bench::obeying(&keeping(&two));
    let (ended, warnings) = bench.end(&json!({"phone": "202"}));
    assert_eq!((ended.as_array().unwrap().len(), warnings.len()), (2, 0));
    assert_eq!(bench.keeps(["1.0.0.7", "2a00::7", "1.0.0.9"]), [false, false, true]);
    for address in ["2a00::/64", "2a00::7"] {
        let bench = Bench::obeying(&keeping(&two));
        let (ended, _) = bench.end(&json!({"phone": "202", "address": address}));
        assert_eq!(ended, json!([{"phone": "202", "address": "2a00::/64"}]));
        assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [true, false]);
    }
}

#[test]
fn an_address_of_two_phones_passes_until_it_is_ended_for_both_which_is_told() {
    let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7"), ("203", "1.0.0.7")]));
    let (ended, warnings) = bench.end(&json!({"phone": "202", "address": "1.0.0.7"}));
    assert_eq!((ended.as_array().unwrap().len(), warnings), (1, vec!["phone.address_shared"]));
    assert_eq!(bench.keeps(["1.0.0.7"]), [true]);
    assert_eq!(bench.end(&json!({"phone": "203", "address": "1.0.0.7"})).1, [""; 0]);
    assert_eq!(bench.keeps(["1.0.0.7"]), [false]);
}

#[test]
fn to_end_what_does_not_pass_is_no_failure_and_is_told() {
    let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7")]));
    for request in [json!({"phone": "203"}), json!({"phone": "202", "address": "1.0.0.8"})] {
        assert_eq!(bench.end(&request), (json!([]), vec!["phone.not_kept"]));
    }
    assert_eq!(bench.keeps(["1.0.0.7"]), [true]);
    let bench = Bench::blocking(&["CN"]);
    assert_eq!(bench.end(&json!({"phone": "202"})), (json!([]), vec!["phone.not_kept"]));
    assert!(!bench.state().file(RECORD).path().exists());
    let refused = bench.run::<RevokeRequest>(&json!({"v": 1, "phone": "202", "address": "1.0.0.0/24"}));
    assert_eq!(refused.unwrap_err().field(), Some("address"));
    let nothing = Bench::new().run::<RevokeRequest>(&json!({"v": 1, "phone": "202"}));
    assert_eq!(nothing.unwrap_err().code().as_str(), "policy.none");
}

#[test]
fn what_the_kernel_refuses_to_end_is_an_error_and_ends_with_the_next_look() {
    let bench = Bench::obeying(&keeping(&LISTED));
    bench.kernel.fail(0..50);
    assert!(bench.run::<RevokeRequest>(&json!({"v": 1, "phone": "202"})).is_err());
    bench.kernel.recover();
    assert_eq!(bench.keeps(["1.0.0.7"]), [true]);
    bench.look_at(&contacts(&LISTED));
    assert_eq!(bench.keeps(["1.0.0.7"]), [false]);
}

#[test]
fn a_travellers_pass_keeps_its_phone_alone_until_its_end() {
    let bench = Bench::obeying(&but_for(&json!([{"phone": "202", "expires_at": "2026-11-29T10:12:00Z"}])));
    assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [true, false]);
    let told = bench.run::<StatusRequest>(&plain()).unwrap().passing.phones.remove(0);
    assert_eq!(told.expires_at, "2026-11-29T10:12:00Z");
    for passes in [true, true, false] {
        bench.look_at(&contacts(&LISTED));
        assert_eq!(bench.keeps(["1.0.0.7"]), [passes]);
        bench.clock.set("1970-01-01T00:00:00Z");
    }
    let lasting = Bench::obeying(&but_for(&json!([{"phone": "203"}])));
    assert_eq!(lasting.keeps(["1.0.0.7", "2a00::7"]), [false, true]);
}

#[test]
fn an_apply_that_blocks_the_country_of_a_phone_keeps_the_phone() {
    let mut request = keeping(&[("202", "1.3.0.7")]);
    let bench = Bench::obeying(&request);
    assert_eq!(bench.run::<StatusRequest>(&plain()).unwrap().passing.phones, []);
    request["policy"]["countries"] = json!(["CN", "JP"]);
    bench.kernel.observe(|state| assert!(state.lets_in("1.3.0.7"), "it is never out"));
    let told = bench.run::<ApplyRequest>(&request).unwrap().passing.phones;
    bench.kernel.recover();
    assert_eq!((told.len(), bench.keeps(["1.3.0.7", "1.3.0.8"])), (1, [true, false]));
    bench.assert_whole();
    let remembers = || fs::read_to_string(bench.state().file(RECORD).path()).unwrap().contains("1.3.0.7");
    assert!(remembers());
    request["policy"]["countries"] = json!(["CN"]);
    bench.run::<ApplyRequest>(&request).unwrap();
    assert!(!remembers(), "no policy drops it any more");
}

#[test]
fn while_a_change_is_on_trial_and_after_it_phones_pass_as_they_should() {
    for keep in [false, true] {
        let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7")]));
        let mut request = but_for(&json!([{"phone": "203"}]));
        request["policy"]["countries"] = json!(["CN", "JP"]);
        request["confirm"] = json!({"token": "one", "seconds": 600});
        bench.run::<ApplyRequest>(&request).unwrap();
        assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [false, true]);
        bench.look_at(&contacts(&LISTED));
        if keep {
            bench.run::<ConfirmRequest>(&named("one")).unwrap();
        } else {
            bench.run::<RollbackRequest>(&named("one")).unwrap();
        }
        assert_eq!(bench.keeps(["1.0.0.7", "1.3.0.7"]), [!keep, !keep]);
        bench.assert_whole();
        let record = fs::read_to_string(bench.state().file(RECORD).path()).unwrap();
        assert_eq!(record.contains("1.0.0.7"), !keep);
    }
}

#[test]
fn a_trial_that_keeps_phones_leaves_nothing_of_them_behind_when_it_is_undone() {
    let bench = Bench::blocking(&["CN"]);
    let before = bench.kernel.state();
    let mut request = keeping(&LISTED);
    request["confirm"] = json!({"token": "one", "seconds": 60});
    bench.run::<ApplyRequest>(&request).unwrap();
    assert_eq!(bench.keeps(["1.0.0.7"]), [true]);
    bench.run::<RollbackRequest>(&named("one")).unwrap();
    assert_eq!(bench.kernel.state(), before);
    assert!(!bench.state().file(RECORD).path().exists());
}

#[test]
fn an_apply_that_fails_leaves_phones_as_they_were() {
    for (from, to) in [(keeping(&LISTED), apply(&["CN", "JP"])), (apply(&["CN"]), keeping(&LISTED))] {
        let kept_before = from["contacts"].is_array();
        let mut step = 0;
        loop {
            let bench = Bench::obeying(&from);
            let before = bench.kernel.state().set_names().join(" ");
            bench.kernel.fail(step..step + 1);
            let mut to = to.clone();
            to["policy"]["countries"] = json!(["CN", "JP"]);
            let done = bench.run::<ApplyRequest>(&to);
            if !bench.kernel.recover() {
                break assert!(step > 10, "{step} steps");
            }
            let is_kept = kept_before == done.is_err();
            assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [is_kept, false], "step {step}: {done:?}");
            if done.is_err() {
                assert_eq!(bench.kernel.state().set_names().join(" "), before, "step {step}");
            }
            bench.run::<HealRequest>(&plain()).unwrap();
            assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [is_kept, false], "step {step}");
            bench.assert_whole();
            step += 1;
        }
    }
}

#[test]
fn phones_that_keep_their_way_reach_no_port_of_administration() {
    let restricted = |countries: &[&str], action: &str| {
        let mut request = keeping(&[("202", "1.0.0.7"), ("203", "2a00::7")]);
        request["policy"]["admin"] = json!({"countries": countries, "ports": [22, 443]});
        request["policy"]["action"] = action.into();
        request
    };
    // CN is blocked, so that nobody administers from there even if it may by the restriction alone.
    for (countries, action, open_to_phones) in
        [(["DE"], "drop", false), (["CN"], "drop", false), (["DE"], "count", false), (["CN"], "count", true)]
    {
        let bench = Bench::obeying(&restricted(&countries, action));
        let state = bench.kernel.state();
        for address in ["1.0.0.7", "2a00::7"] {
            assert!(state.lets_in(address) && state.lets_in_to(address, 80), "{address}");
            for port in [22, 443] {
                assert_eq!(state.lets_in_to(address, port), open_to_phones, "{address} to {port}, {action}");
            }
        }
        let asked = json!([
            "1.0.0.7", {"address": "1.0.0.7", "protocol": "tcp", "port": 22},
            {"address": "1.0.0.7", "protocol": "udp", "port": 5060},
        ]);
        let answers = bench.run::<ExplainRequest>(&json!({"v": 1, "addresses": asked})).unwrap().addresses;
        assert_eq!((answers[0].verdict, answers[0].reason), (Verdict::Pass, Reason::PhoneException));
        let admin = answers[0].admin.unwrap();
        assert_eq!(admin.verdict == Verdict::Drop, !open_to_phones, "{admin:?}");
        let cut_off: Vec<bool> = answers.iter().map(|answer| answer.is_cut_off).collect();
        assert_eq!(cut_off, [false, !open_to_phones, false], "{countries:?}, {action}");
    }
    // A host and an exception that ends go on to reach them.
    let bench = Bench::obeying(&{
        let mut request = restricted(&["DE"], "drop");
        request["policy"]["exceptions"] =
            json!([{"subnet": "1.0.0.9", "expires_at": "2026-12-01T00:00:00Z"}]);
        request
    });
    assert!(bench.kernel.state().lets_in_to("1.0.0.9", 22));
}

#[test]
fn while_the_restriction_of_administration_changes_its_common_ports_stay_shut_to_phones() {
    let restricted = |ports: &[u16]| {
        let mut request = keeping(&[("202", "1.0.0.7")]);
        request["policy"]["admin"] = json!({"countries": ["DE"], "ports": ports});
        request
    };
    let bench = Bench::obeying(&restricted(&[22, 443]));
    bench.kernel.observe(|state| {
        assert!(state.lets_in("1.0.0.7") && !state.lets_in_to("1.0.0.7", 22));
    });
    bench.run::<ApplyRequest>(&restricted(&[22, 80])).unwrap();
    bench.kernel.recover();
    let state = bench.kernel.state();
    assert_eq!([22, 80, 443].map(|port| state.lets_in_to("1.0.0.7", port)), [false, false, true]);
}

#[test]
fn a_policy_that_only_counts_keeps_phones_too() {
    let mut request = keeping(&LISTED);
    request["policy"]["action"] = "count".into();
    let bench = Bench::obeying(&request);
    assert_eq!(bench.run::<StatusRequest>(&plain()).unwrap().passing.phones.len(), 2);
    request["policy"]["action"] = "drop".into();
    bench.run::<ApplyRequest>(&request).unwrap();
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [true, false]);
}

#[test]
fn explain_and_preview_name_the_phone_also_one_that_would_be_kept() {
    let bench = Bench::blocking(&["CN"]);
    let facts = |answers: &[crate::ops::parts::answers::AddressData]| {
        let fact = |answer: &crate::ops::parts::answers::AddressData| {
            (answer.reason, answer.entry.clone(), answer.is_cut_off)
        };
        answers.iter().map(fact).collect::<Vec<_>>()
    };
    let mut preview = keeping(&LISTED);
    preview["addresses"] = json!(["1.0.0.7", "2a00::99", "1.1.0.7"]);
    let mut explain = json!({"v": 1, "addresses": preview["addresses"], "policy": preview["policy"]});
    let by = |phone: &str| (Reason::PhoneException, Some(phone.to_owned()), false);
    let without = facts(&bench.run::<ExplainRequest>(&explain).unwrap().addresses);
    assert_eq!((without[0].0, without[0].2), (Reason::CountryBlocked, true));
    explain["contacts"] = contacts(&LISTED);
    for told in [
        facts(&bench.run::<ExplainRequest>(&explain).unwrap().addresses),
        facts(&bench.run::<PreviewRequest>(&preview).unwrap().addresses),
    ] {
        assert_eq!(told[..2], [by("202"), by("203")]);
        assert_eq!(told[2].0, Reason::CountryNotBlocked);
    }
    assert!(!bench.state().file(RECORD).path().exists(), "a question is not remembered");
    bench.run::<ApplyRequest>(&keeping(&LISTED)).unwrap();
    bench.end(&json!({"phone": "203"}));
    let told = facts(&bench.run::<ExplainRequest>(&explain).unwrap().addresses);
    assert_eq!((&told[0], told[1].0), (&by("202"), Reason::CountryBlocked), "what was ended stays so");
}

#[test]
fn a_damaged_record_is_told_and_the_next_contacts_make_a_new_one() {
    let bench = Bench::obeying(&keeping(&LISTED));
    fs::write(bench.state().file(RECORD).path(), "damaged").unwrap();
    let (done, warnings) = bench.run_with_warnings::<StatusRequest>(&plain());
    assert_eq!((done.unwrap().passing.phones, codes(&warnings)), (vec![], vec!["phone.addresses_lost"]));
    bench.run::<AttachRequest>(&plain()).unwrap();
    assert_eq!(bench.look_at(&Value::Null), ["phone.addresses_lost"]);
    assert_eq!(bench.keeps(["1.0.0.7"]), [true], "what the kernel holds stays");
    assert_eq!(bench.look_at(&contacts(&LISTED)), ["phone.addresses_lost"]);
    assert_eq!((bench.look_at(&contacts(&LISTED)), bench.keeps(["1.0.0.7"])), (vec![], [true]));
    fs::write(bench.state().file(RECORD).path(), "damaged").unwrap();
    let (_, warnings) = bench.end(&json!({"phone": "202", "address": "1.0.0.7"}));
    assert_eq!(warnings, ["phone.addresses_lost", "phone.not_kept"]);
    bench.look_at(&contacts(&LISTED));
    assert_eq!(bench.keeps(["1.0.0.7", "2a00::7"]), [false, true], "it ends nevertheless");
}

#[test]
fn without_country_data_nobody_new_is_kept_which_is_told() {
    let bench = Bench::obeying(&keeping(&[("202", "1.0.0.7")]));
    fs::remove_file(bench.state().file("dbip.geodb").path()).unwrap();
    assert_eq!(bench.look_at(&contacts(&[("202", "1.0.0.7"), ("203", "1.0.0.8")])), ["database.missing"]);
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [true, false]);
}

#[test]
fn what_somebody_adds_to_the_addresses_of_phones_is_found() {
    let bench = Bench::obeying(&keeping(&LISTED));
    bench.kernel.meddle(|state| state.add_member("geoip_phones_v4", "1.0.0.0/24"));
    let repaired = bench.run::<HealRequest>(&plain()).unwrap().repaired;
    assert_eq!(
        repaired.iter().map(|drift| drift.code.as_str()).collect::<Vec<_>>(),
        ["firewall.sets_drifted"]
    );
    assert_eq!(bench.keeps(["1.0.0.7", "1.0.0.8"]), [true, false]);
    bench.kernel.meddle(|state| {
        state.insert_rule(Family::V4, "GEOIP_VERDICT", "-m set --match-set geoip_phones_v4 src -j RETURN");
    });
    let repaired = bench.run::<HealRequest>(&plain()).unwrap().repaired;
    assert_eq!(
        repaired.iter().map(|drift| drift.code.as_str()).collect::<Vec<_>>(),
        ["firewall.chain_drifted"]
    );
    bench.assert_whole();
}

#[test]
fn the_addresses_of_phones_are_no_part_of_an_exported_file() {
    let bench = Bench::obeying(&keeping(&LISTED));
    let file = bench.state().file("export").path().to_owned();
    bench.run::<ExportRequest>(&json!({"v": 1, "format": "cidr", "file": file})).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.lines().any(|line| line == "1.0.0.7/32" || line == "1.0.0.0/16"), "{text}");
}

#[test]
fn detach_forgets_the_addresses_of_phones() {
    let bench = Bench::obeying(&keeping(&LISTED));
    bench.run::<DetachRequest>(&plain()).unwrap();
    assert!(!bench.state().file(RECORD).path().exists());
    assert!(bench.kernel.state().set_names().is_empty());
}

#[test]
fn phones_are_validated_like_subnets_and_a_refusal_names_the_field() {
    let mut request =
        but_for(&json!([{"phone": "202"}, {"phone": "202", "expires_at": "2026-12-01T18:00:00+02:00"}]));
    request.as_object_mut().unwrap().remove("contacts");
    request["written"] =
        json!([{"phone": " 202 "}, {"phone": "20 2"}, {"text": "phone:202"}, {"text": "phone:"}]);
    let valid = serde_json::to_value(Bench::new().run::<ValidateRequest>(&request).unwrap()).unwrap();
    let canonical = |end: Value, is_replaced: bool| json!({"phone": "202", "expires_at": end, "is_over": false, "is_replaced": is_replaced});
    assert_eq!(
        valid["exceptions"],
        json!([canonical(Value::Null, true), canonical("2026-12-01T16:00:00Z".into(), false)])
    );
    let wrong: Vec<&Value> =
        valid["written"].as_array().unwrap().iter().map(|written| &written["wrong"]).collect();
    assert_eq!(json!(wrong), json!([null, "phone", null, "phone"]));
    let refused = |request: &Value| {
        let error = protocol::parse::<ApplyRequest>(request.to_string().as_bytes()).unwrap_err();
        error.field().map(str::to_owned)
    };
    let many: Value = (0..1001).map(|number| json!({"phone": number.to_string()})).collect();
    for (request, field) in [
        (but_for(&json!([{"phone": "20/2"}])), "policy.exceptions[0].phone"),
        (but_for(&json!([{"phone": "202", "subnet": "1.0.0.7"}])), "policy.exceptions[0]"),
        (but_for(&many), "policy.exceptions"),
        (keeping(&[("202", "1.0.0.7"), ("202", "nowhere")]), "contacts[1].address"),
        (keeping(&vec![("202", "1.0.0.7"); 10_001]), "contacts"),
    ] {
        assert_eq!(refused(&request).as_deref(), Some(field));
    }
}

#[test]
fn a_policy_that_keeps_phones_is_another_one_than_one_that_does_not() {
    let bench = Bench::obeying(&keeping(&LISTED));
    let asked = |keep: bool| {
        let mut request = apply(&["CN"]);
        request["policy"]["keep_phones"] = keep.into();
        bench.run::<StatusRequest>(&request).unwrap().is_applied
    };
    assert_eq!((asked(true), asked(false)), (Some(true), Some(false)));
    let written = |bench: &Bench| {
        let in_force = bench.in_force();
        serde_json::to_string(&in_force.applied().unwrap().unwrap().policy).unwrap()
    };
    assert!(written(&bench).contains("keep_phones"));
    assert!(!written(&Bench::blocking(&["CN"])).contains("phone"));
}

#[test]
fn a_phone_with_too_many_addresses_is_told_wherever_it_is_asked_about() {
    let many: Vec<String> = (1..=9).map(|last| format!("1.0.0.{last}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|address| ("202", address.as_str())).collect();
    let bench = Bench::blocking(&["CN"]);
    let (done, warnings) = bench.run_with_warnings::<ApplyRequest>(&keeping(&many));
    assert_eq!((done.unwrap().passing.phones.len(), codes(&warnings)), (8, vec!["phone.many_addresses"]));
    assert_eq!(bench.look_at(&contacts(&many)), ["phone.many_addresses"]);
    let (_, warnings) = bench.run_with_warnings::<StatusRequest>(&plain());
    assert_eq!(codes(&warnings), ["phone.many_addresses"]);
    assert_eq!(bench.keeps(["1.0.0.8", "1.0.0.9"]), [true, false]);
}
