//! Hosts that are exceptions: real name servers, the real kernel and real packets.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::names::{NameServer, Says};
use crate::pbx::{Flavour, Pbx};
use crate::world::{Outcome, plain_request};

const HOST: &str = "anna.example.net";
const RECORD: &str = "host-answers.json";

/// Blocks CN but for this host.
fn but_for(host: &str) -> Value {
    let exceptions = json!([{"host": host}]);
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": ["CN"], "exceptions": exceptions}})
}

/// A PBX whose name server has an address on the internet.
fn with_name_server(pbx: Pbx) -> (Pbx, NameServer) {
    let server = NameServer::start(&pbx.lab.internet, "198.51.100.53");
    pbx.lab.pbx.resolve_by(&[server.address]);
    (pbx, server)
}

impl Pbx {
    fn let_in(&self, host: &str) -> Outcome {
        let outcome = self.ask("apply", &but_for(host));
        assert!(outcome.is_ok(), "{outcome:?}");
        self.attach();
        outcome
    }

    /// A look: what it says of the hosts.
    fn ask_names_again(&self) -> Outcome {
        let outcome = self.ask("check", &json!({"v": 1, "settle_seconds": 0}));
        assert_eq!(outcome.data()["drifts"], json!([]), "{outcome:?}");
        outcome
    }
}

#[test]
fn the_addresses_of_a_host_pass_and_a_look_follows_them() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        let (pbx, names) = with_name_server(pbx);
        names.answer(HOST, &["1.0.9.9", "2a00:0:9::9"]);
        assert_eq!(pbx.let_in(HOST).warnings(), [""; 0]);
        pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::1234", "9.9.9.9"], &["1.0.9.8", "2a00:0:9:1::9"]);
        assert!(pbx.lab.connects("1.0.9.9".parse().unwrap()), "a friend cannot connect");
        names.answer(HOST, &["1.0.10.10"]);
        for former in [true, true, false] {
            let look = pbx.ask_names_again();
            assert_eq!(look.data()["hosts"][0]["addresses"], json!(["1.0.10.10"]));
            let (mut passing, mut blocked) = (vec!["1.0.10.10"], vec!["1.0.10.9"]);
            let before = if former { &mut passing } else { &mut blocked };
            before.extend(["1.0.9.9", "2a00:0:9::9"]);
            pbx.assert_filtering(&passing, &blocked);
        }
        let status = pbx.ask("status", &plain_request());
        assert_eq!(
            (&status.data()["active"], &status.data()["exact"]),
            (&json!(true), &json!(true)),
            "{status:?}"
        );
        assert!(pbx.ask("detach", &plain_request()).is_ok());
        assert!(!pbx.world.state().join(RECORD).exists());
    }
}

#[test]
fn a_host_that_does_not_exist_any_more_passes_for_two_looks() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.answer(HOST, &["1.0.9.9"]);
    pbx.let_in(HOST);
    names.say(HOST, Says::Nxdomain);
    for _ in 0..2 {
        assert_eq!(pbx.ask_names_again().warnings(), ["host.without_address"]);
        pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.8"]);
    }
    pbx.ask_names_again();
    pbx.assert_filtering(&[], &["1.0.9.9"]);
}

#[test]
fn a_name_server_that_fails_or_is_silent_takes_nobody_out_and_keeps_nobody_waiting() {
    let (mut pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.answer(HOST, &["1.0.9.9"]);
    pbx.let_in(HOST);
    for says in [Says::Servfail, Says::Nothing] {
        names.say(HOST, says.clone());
        let begun = Instant::now();
        let outcome = pbx.ask("apply", &but_for(HOST));
        assert!(begun.elapsed() < Duration::from_secs(8), "{says:?}: {:?}", begun.elapsed());
        assert_eq!(outcome.warnings(), ["host.silent"], "{says:?}");
        let host = &outcome.data()["hosts"][0];
        assert_eq!(host["addresses"], json!(["1.0.9.9"]), "{says:?}");
        assert!(host["silent_since"].is_string() && host["kept_until"].is_string(), "{host}");
        assert_eq!(pbx.ask_names_again().warnings(), ["host.silent"], "{says:?}");
        pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.8"]);
    }
    // As if they had been silent for a day but for two seconds.
    pbx.world
        .edit_record_of(RECORD, |record| record[HOST]["v4"]["age"] = json!({"secs": 86_398, "nanos": 0}));
    pbx.lab = Lab::new();
    pbx.attach();
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.8"]);
    sleep(Duration::from_secs(4));
    pbx.assert_filtering(&[], &["1.0.9.9"]);
}

#[test]
fn after_a_reboot_without_a_network_a_host_passes_at_once() {
    let (mut pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.answer(HOST, &["1.0.9.9", "2a00:0:9::9"]);
    pbx.let_in(HOST);
    let _ = names.asked();
    pbx.lab = Lab::new();
    let begun = Instant::now();
    pbx.attach();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(names.asked(), []);
    pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::9"], &["1.0.9.8"]);
    assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
}

#[test]
fn another_name_server_is_asked_where_one_fails() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    let broken = NameServer::start(&pbx.lab.internet, "198.51.100.54");
    names.answer(HOST, &["1.0.9.9"]);
    for says in [Says::Servfail, Says::Nothing, Says::Referral, Says::Empty] {
        broken.say(HOST, says.clone());
        pbx.lab.pbx.resolve_by(&[broken.address, names.address]);
        let outcome = pbx.ask("apply", &but_for(HOST));
        assert_eq!(
            (outcome.warnings(), &outcome.data()["hosts"][0]["addresses"]),
            (vec![], &json!(["1.0.9.9"])),
            "{says:?}"
        );
        assert!(!broken.asked().is_empty());
    }
}

#[test]
fn a_chain_of_names_leads_to_the_addresses_and_a_circle_to_none() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.say(HOST, Says::Chain(12, vec!["1.0.9.9".parse().unwrap(), "2a00:0:9::9".parse().unwrap()]));
    assert_eq!(pbx.let_in(HOST).warnings(), [""; 0]);
    pbx.assert_filtering(&["1.0.9.9", "2a00:0:9::9"], &["1.0.9.8"]);
    names.say(HOST, Says::Loop);
    let begun = Instant::now();
    let warnings = pbx.ask_names_again();
    assert!(["host.silent", "host.without_address"].contains(&warnings.warnings()[0]), "{warnings:?}");
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}

#[test]
fn of_more_addresses_than_fit_into_a_datagram_sixteen_pass() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    let many: Vec<String> = (1..=40).map(|last| format!("1.0.9.{last}")).collect();
    names.answer(HOST, &many.iter().map(String::as_str).collect::<Vec<_>>());
    let outcome = pbx.let_in(HOST);
    assert_eq!(outcome.warnings(), ["host.many_addresses"]);
    assert_eq!(outcome.data()["hosts"][0]["addresses"].as_array().unwrap().len(), 16);
    assert!(names.asked().contains(&("tcp", 1)), "the answer was cut off over UDP");
    pbx.assert_filtering(&["1.0.9.1", "1.0.9.16"], &["1.0.9.17", "1.0.9.40"]);
}

#[test]
fn private_addresses_change_nothing_and_half_an_answer_counts() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.answer(HOST, &["192.168.1.1", "1.0.9.9"]);
    let outcome = pbx.let_in(HOST);
    assert_eq!(outcome.warnings(), ["host.not_public"]);
    assert_eq!(outcome.data()["hosts"][0]["addresses"], json!(["1.0.9.9"]));
    names.say(HOST, Says::OnlyV4(vec!["1.0.10.10".parse().unwrap()]));
    let look = pbx.ask_names_again();
    assert_eq!(
        (look.warnings(), &look.data()["hosts"][0]["addresses"]),
        (vec!["host.silent"], &json!(["1.0.10.10"]))
    );
    pbx.assert_filtering(&["1.0.10.10", "1.0.9.9"], &["1.0.9.8"]);
}

#[test]
fn the_hosts_file_counts_and_a_system_without_name_servers_is_told() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.lab.pbx.resolve_by(&[]);
    assert_eq!(pbx.let_in(HOST).warnings(), ["host.silent"]);
    let names = NameServer::start(&pbx.lab.internet, "198.51.100.53");
    pbx.lab.pbx.resolve_by(&[names.address]);
    pbx.lab.pbx.know_hosts(&format!("1.0.9.9 {HOST}\n"));
    assert_eq!(pbx.ask_names_again().data()["hosts"][0]["addresses"], json!(["1.0.9.9"]));
    pbx.assert_filtering(&["1.0.9.9"], &["1.0.9.8"]);
}

#[test]
fn a_flag_names_a_host_like_a_subnet() {
    let (pbx, names) = with_name_server(Pbx::new(Flavour::Legacy));
    names.answer(HOST, &["1.0.9.9"]);
    let mut command = pbx.helper("apply");
    command.args([
        "--json",
        "--mode",
        "block",
        "--countries",
        "CN",
        "--exceptions",
        "1.0.10.10,Anna.example.net.",
    ]);
    let output = pbx.lab.pbx.wrap(&command).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    pbx.attach();
    pbx.assert_filtering(&["1.0.9.9", "1.0.10.10"], &["1.0.9.8"]);
    let explained = pbx.ask("explain", &json!({"v": 1, "addresses": ["1.0.9.9"]}));
    let answer = &explained.data()["addresses"][0];
    assert_eq!((&answer["reason"], &answer["entry"]), (&json!("host_exception"), &json!(HOST)));
    let record = fs::metadata(pbx.world.state().join(RECORD)).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&record.permissions()) & 0o777, 0o600);
}
