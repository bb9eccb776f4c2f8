//! Limits on what data can do: it cannot fill the kernel's memory, and missing data closes no family.

use std::fmt::Write;

use serde_json::json;

use crate::pbx::{BLOCKED, Flavour, PASSING, Pbx};
use crate::world::{block_request, update_request};

/// Ranges of CN that nearly fill their blocks, so that each needs some nine entries.
fn rows_of_many_entries(rows: u32) -> String {
    (0..rows).fold("2a00::,2a00::ff,CN\n".into(), |mut text, row| {
        let [a, b, c, _] = (0x0100_0000 + row * 0x1000).to_be_bytes();
        let _ = writeln!(text, "{a}.{b}.{c}.1,{a}.{b}.{}.254,CN", c + 15);
        text
    })
}

#[test]
fn a_plan_that_is_too_large_is_refused_and_the_last_one_stays() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["CN"]);
    pbx.attach();
    let before = pbx.kernel();
    let odd = pbx.world.bundle("odd.csv.gz", &rows_of_many_entries(300_000));
    let mut forced = update_request(&odd);
    forced["force"] = json!(true);
    let refused = pbx.ask("update", &forced);
    assert_eq!((refused.status, refused.code()), (1, "plan.too_large"), "{refused:?}");
    assert_eq!(pbx.kernel(), before);
    // The data is not stored either, so the policy can still be applied again.
    assert_eq!(pbx.ask("apply", &block_request(&["CN"])).data()["changed"], false);

    // With a policy that does not use it the data is accepted, and policies that use it are refused.
    pbx.apply(&["DE"]);
    assert!(pbx.ask("update", &forced).is_ok());
    for operation in ["preview", "apply"] {
        assert_eq!(pbx.ask(operation, &block_request(&["CN"])).code(), "plan.too_large", "{operation}");
    }
}

#[test]
fn a_family_without_data_is_not_closed() {
    let pbx = Pbx::new(Flavour::Legacy);
    let only_v4 = pbx.world.bundle("v4.csv.gz", "1.0.0.0,1.0.255.255,CN\n1.2.0.0,1.2.255.255,DE\n");
    let mut forced = update_request(&only_v4);
    forced["force"] = json!(true);
    assert_eq!(pbx.ask("update", &forced).warnings(), ["source.family_missing"]);
    let policy = json!({"mode": "allow", "countries": ["DE"], "unknown": "drop"});
    let request = json!({"v": 1, "source": "dbip", "policy": policy});
    let outcome = pbx.ask("apply", &request);
    assert!(outcome.is_ok() && outcome.warnings() == ["source.family_missing"], "{outcome:?}");
    pbx.attach();
    pbx.assert_filtering(&["1.2.0.9", "2a00::1", "2a00:100::"], &["1.0.0.9", "9.9.9.9"]);
    let explained = pbx.ask("explain", &json!({"v": 1, "addresses": ["2a00::1", "9.9.9.9"]}));
    let reasons: Vec<_> = (0..2).map(|n| explained.data()["addresses"][n]["reason"].clone()).collect();
    assert_eq!(reasons, ["unknown_passes", "unknown_dropped"]);
}

#[test]
fn an_exception_for_a_mapped_address_applies_to_ipv4() {
    let pbx = Pbx::new(Flavour::Legacy);
    let mut request = block_request(&["CN"]);
    let timed = json!({"subnet": "::ffff:1.0.63.0/120", "expires_at": "9999-12-31T23:59:59Z"});
    request["policy"]["exceptions"] = json!([{"subnet": "::ffff:1.0.0.0"}, timed]);
    assert!(pbx.ask("apply", &request).is_ok());
    pbx.attach();
    let mut passing = PASSING.to_vec();
    passing.extend(["1.0.0.0", "1.0.63.255"]);
    pbx.assert_filtering(&passing, &BLOCKED[2..]);
    let addresses = json!(["1.0.0.0", "::ffff:1.0.0.0", "::ffff:1.0.63.7"]);
    let explained = pbx.ask("explain", &json!({"v": 1, "addresses": addresses}));
    let reasons: Vec<_> = (0..3).map(|n| explained.data()["addresses"][n]["reason"].clone()).collect();
    assert_eq!(reasons, ["exception", "exception", "timed_exception"]);
}
