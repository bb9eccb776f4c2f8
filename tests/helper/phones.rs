//! Phones that keep their way: the real kernel and real packets.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{Flavour, Pbx};
use crate::world::{Outcome, block_request, plain_request};

const RECORD: &str = "phone-addresses.json";
/// The port of SIP, on which the PBX of the lab takes connections, stands for one of administration in some tests.
const PORT: u16 = 5060;

fn contacts(listed: &[(&str, &str)]) -> Value {
    listed.iter().map(|(phone, address)| json!({"phone": phone, "address": address})).collect()
}

/// Blocks CN and keeps all phones, of which these are registered.
fn keeping(listed: &[(&str, &str)]) -> Value {
    let mut request = block_request(&["CN"]);
    request["policy"]["keep_phones"] = true.into();
    request["contacts"] = contacts(listed);
    request
}

impl Pbx {
    fn keep(&self, request: &Value) -> Outcome {
        let outcome = self.ask("apply", request);
        assert!(outcome.is_ok(), "{outcome:?}");
        self.attach();
        self.assert_intact();
        outcome
    }

    fn assert_intact(&self) {
        let status = self.ask("status", &plain_request());
        assert_eq!(
            (&status.data()["active"], &status.data()["exact"]),
            (&json!(true), &json!(true)),
            "{status:?}"
        );
    }

    fn look_at(&self, contacts: &Value) -> Outcome {
        let outcome = self.ask("check", &json!({"v": 1, "settle_seconds": 0, "contacts": contacts}));
        assert_eq!(outcome.data()["drifts"], json!([]), "{outcome:?}");
        outcome
    }

    fn phone_sets(&self) -> usize {
        let sets = self.lab.pbx.run("ipset", &["list", "-n"]);
        sets.lines().filter(|name| name.contains("phones")).count()
    }
}

#[test]
fn a_registered_phone_keeps_its_way_and_is_out_at_once_when_that_is_ended() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        let outcome = pbx.keep(&keeping(&[("202", "1.0.9.9"), ("203", "2a00:0:9::9"), ("204", "1.1.0.10")]));
        assert_eq!((outcome.warnings(), outcome.data()["phones"].as_array().unwrap().len()), (vec![], 2));
        pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::1234", "9.9.9.9"], &["1.0.9.8", "2a00:0:9:1::9"]);
        assert!(pbx.lab.connects("1.0.9.9".parse().unwrap()), "a friend cannot connect");
        pbx.look_at(&contacts(&[("202", "1.0.10.10"), ("203", "2a00:0:9::9")]));
        pbx.assert_filtering(&["1.0.9.9", "1.0.10.10", "2a00:0:9::9"], &["1.0.9.8"]);
        pbx.assert_intact();
        let call = pbx.lab.open_flow("1.0.10.10".parse().unwrap());
        let ended = pbx.ask("revoke", &json!({"v": 1, "phone": "202", "address": "1.0.10.10"}));
        assert_eq!(ended.data()["revoked"], json!([{"phone": "202", "address": "1.0.10.10"}]));
        pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::9"], &["1.0.10.10"]);
        assert!(call.still_flows(), "what is open stays open");
        let look = pbx.look_at(&contacts(&[("202", "1.0.10.10"), ("202", "1.0.11.11")]));
        assert_eq!(look.data()["phones"].as_array().unwrap().len(), 3, "{look:?}");
        pbx.assert_filtering(&["1.0.11.11", "1.0.9.9"], &["1.0.10.10"]);
        pbx.assert_intact();
        assert_eq!(pbx.phone_sets(), 2);
        pbx.keep(&block_request(&["CN"]));
        pbx.assert_filtering(&[], &["1.0.9.9", "1.0.11.11", "2a00:0:9::9"]);
        assert_eq!(pbx.phone_sets(), 0);
        assert!(!pbx.world.state().join(RECORD).exists());
        pbx.keep(&keeping(&[("202", "1.0.9.9")]));
        assert!(pbx.ask("detach", &plain_request()).is_ok());
        assert_eq!((pbx.phone_sets(), pbx.world.state().join(RECORD).exists()), (0, false));
    }
}

#[test]
fn a_kept_phone_calls_and_reaches_no_port_of_administration() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        pbx.build_input_up_to_the_hook();
        let phones = ["1.0.9.9", "2a00:0:9::9"];
        // CN is blocked: to administer from there takes an exception, whatever the restriction says.
        for countries in [["DE"], ["CN"]] {
            let mut request = keeping(&[("202", phones[0]), ("203", phones[1])]);
            request["policy"]["admin"] = json!({"countries": countries, "ports": [22, PORT]});
            pbx.keep(&request);
            // UDP packets to the same port, as phones send them, ask no restriction.
            pbx.assert_filtering(&phones, &["1.0.9.8", "2a00:0:9:1::9"]);
            for phone in phones {
                assert!(!pbx.lab.connects(phone.parse().unwrap()), "{phone}");
            }
            request["policy"]["admin"]["ports"] = json!([22]);
            pbx.keep(&request);
            for phone in phones {
                assert!(pbx.lab.connects(phone.parse().unwrap()), "{phone}");
            }
            assert!(!pbx.lab.connects("1.0.9.8".parse().unwrap()));
        }
    }
}

#[test]
fn while_its_country_is_blocked_a_phone_is_never_out() {
    let pbx = Pbx::new(Flavour::Legacy);
    let mut request = keeping(&[("202", "1.1.0.10"), ("203", "2a00:100::9")]);
    pbx.keep(&request);
    let phones = ["1.1.0.10", "2a00:100::9", "9.9.9.9"];
    request["policy"]["countries"] = json!(["CN", "DE"]);
    pbx.while_filtering(&phones, &["1.0.9.8"], || drop(pbx.keep(&request)));
    pbx.assert_filtering(&phones, &["1.1.0.11", "2a00:100:0:1::9"]);
}

#[test]
fn after_a_reboot_a_phone_passes_for_what_is_left_to_it() {
    let mut pbx = Pbx::new(Flavour::Legacy);
    pbx.keep(&keeping(&[("202", "1.0.9.9"), ("203", "2a00:0:9::9")]));
    let record = fs::metadata(pbx.world.state().join(RECORD)).unwrap();
    assert_eq!(record.permissions().mode() & 0o777, 0o600);
    pbx.lab = Lab::new();
    pbx.attach();
    pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::9"], &["1.0.9.8"]);
    pbx.assert_intact();
    // As if it had been seen last a day ago but for two seconds.
    pbx.world.edit_record_of(RECORD, |record| {
        record["held"]["202"][0]["age"] = json!({"secs": 86_398, "nanos": 0});
    });
    pbx.lab = Lab::new();
    pbx.attach();
    sleep(Duration::from_secs(4));
    pbx.assert_filtering(&["2a00:0:9::9"], &["1.0.9.9"]);
}

#[test]
fn a_change_that_nobody_confirms_gives_phones_their_way_back() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.keep(&keeping(&[("202", "1.0.9.9")]));
    let mut request = block_request(&["CN", "DE"]);
    request["confirm"] = json!({"token": "one", "seconds": 600});
    assert!(pbx.ask("apply", &request).is_ok());
    pbx.assert_filtering(&["9.9.9.9"], &["1.0.9.9", "1.1.0.10"]);
    assert_eq!(pbx.phone_sets(), 0);
    assert!(pbx.ask("rollback", &json!({"v": 1, "token": "one"})).is_ok());
    pbx.assert_filtering(&["1.0.9.9", "1.1.0.10"], &["1.0.9.8"]);
    pbx.assert_intact();
}

#[test]
fn flags_keep_phones_and_end_what_passes_for_them() {
    let pbx = Pbx::new(Flavour::Legacy);
    let run = |operation: &str, arguments: &[&str]| {
        let mut command = pbx.helper(operation);
        command.args(arguments);
        let output = pbx.lab.pbx.wrap(&command).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let blocking = ["--json", "--mode", "block", "--countries", "CN"];
    let listed = contacts(&[("202", "1.0.9.9"), ("203", "1.0.10.10")]);
    run("apply", &[&blocking[..], &["--exceptions", "1.0.12.12,phone:202@2199-01-01T00:00:00Z"]].concat());
    pbx.attach();
    pbx.look_at(&listed);
    pbx.assert_filtering(&["1.0.9.9", "1.0.12.12"], &["1.0.10.10"]);
    run("apply", &[&blocking[..], &["--keep-phones"]].concat());
    pbx.look_at(&listed);
    pbx.assert_filtering(&["1.0.9.9", "1.0.10.10"], &["1.0.12.12"]);
    let explained = pbx.ask("explain", &json!({"v": 1, "addresses": ["1.0.9.9"]}));
    let answer = &explained.data()["addresses"][0];
    assert_eq!((&answer["reason"], &answer["entry"]), (&json!("phone_exception"), &json!("202")));
    assert!(run("revoke", &["--json", "202"]).contains(r#""address":"1.0.9.9""#));
    pbx.assert_filtering(&["1.0.10.10"], &["1.0.9.9"]);
}

#[test]
fn thousands_of_phones_are_held_in_one_step() {
    let pbx = Pbx::new(Flavour::Legacy);
    let listed: Vec<(String, String)> = (0..10_000_u32)
        .map(|number| {
            (format!("{}", number % 4000), format!("1.0.{}.{}", 66 + number / 250, 1 + number % 250))
        })
        .collect();
    let listed: Vec<(&str, &str)> =
        listed.iter().map(|(phone, address)| (phone.as_str(), address.as_str())).collect();
    let begun = std::time::Instant::now();
    let outcome = pbx.keep(&keeping(&listed));
    assert_eq!(outcome.data()["phones"].as_array().unwrap().len(), 10_000);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    pbx.assert_filtering(&["1.0.66.1", "1.0.105.250"], &["1.0.66.0", "1.0.105.251"]);
}
