//! The protocol as programs and people see it.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::lab::{Namespace, run};
use crate::world::{HELPER, World, ask, ask_raw, block_request, flip_byte, plain_request};

#[test]
fn a_bad_request_is_refused_with_its_code_and_exit_status() {
    let world = World::new();
    let cases: [(&str, &[u8], &str); 7] = [
        ("update", b"", "empty"),
        ("update", b"not json", "expected ident"),
        ("update", br#"{"v":1,"source":"maxmind"}"#, "source: unknown variant `maxmind`"),
        ("update", br#"{"v":1,"source":"dbip","bundel":"x"}"#, "unknown field `bundel`"),
        ("apply", br#"{"v":1,"source":"dbip"}"#, "missing field `policy`"),
        ("explain", br#"{"v":1,"addresses":["8.8.8.8","8.8.8"]}"#, "addresses[1]: invalid IP address syntax"),
        ("status", br#"{"v":3}"#, "protocol version 3 is not supported"),
    ];
    for (operation, request, expected) in cases {
        let outcome = ask_raw(world.helper(operation), request);
        assert_eq!((outcome.status, outcome.code()), (2, "request.invalid"), "{operation}: {outcome:?}");
        assert!(outcome.message().contains(expected), "{operation}: {outcome:?}");
    }
    assert!(!world.state().exists(), "a refused request left something behind");
}

#[test]
fn a_closed_stderr_does_not_stop_the_operation() {
    let world = World::new();
    let bundle = world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n2a00::,2a00::ff,CN\n");
    let update = format!(
        "{HELPER} --state-dir {} update --source dbip --online never --bundle {} 2>/dev/full",
        world.state().display(),
        bundle.display()
    );
    // On a terminal, progress is shown to people.
    let said = run("script", &["-qec", &update, "/dev/null"]);
    assert!(said.contains("dbip") && said.contains("1 countries"), "{said}");
    assert!(world.state().join("dbip.geodb").exists());
}

#[test]
fn an_unknown_operation_is_answered_in_json() {
    let mut command = Command::new(HELPER);
    command.arg("destroy");
    let outcome = ask_raw(command, b"");
    assert_eq!((outcome.status, outcome.code()), (2, "request.invalid"));
    assert!(outcome.message().contains("destroy"), "{outcome:?}");
}

#[test]
fn an_unknown_country_is_refused() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n2.0.0.0,2.0.0.255,XK\n"));
    let outcome = world.ask("preview", &block_request(&["CN", "QQ"]));
    assert_eq!((outcome.status, outcome.code()), (2, "request.unknown_country"));
    assert!(world.ask("preview", &block_request(&["cn", "XK", "AQ"])).is_ok());
}

#[test]
fn a_policy_is_validated_as_apply_would_without_reading_the_rows() {
    let world = World::new();
    let validate = |countries: &[&str]| world.ask("validate", &block_request(countries));
    assert!(validate(&["CN", "XK"]).is_ok(), "well-known codes need no data");
    assert_eq!((validate(&["QQ"]).status, validate(&["QQ"]).code()), (2, "request.unknown_country"));
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n2.0.0.0,2.0.0.255,QQ\n"));
    assert!(validate(&["QQ"]).is_ok(), "the source holds it");
    assert_eq!(validate(&["QX"]).code(), "request.unknown_country");
    // The last byte belongs to the rows.
    let database = world.state().join("dbip.geodb");
    flip_byte(&database, usize::try_from(std::fs::metadata(&database).unwrap().len()).unwrap() - 1);
    assert_eq!(world.ask("preview", &block_request(&["QQ"])).code(), "database.corrupt");
    assert!(validate(&["QQ"]).is_ok());
}

#[test]
fn missing_data_and_policies_are_reported() {
    let (world, namespace) = (World::new(), Namespace::new("bare"));
    let answer = |operation, request: &Value| ask(namespace.wrap(&world.helper(operation)), request);
    assert_eq!(answer("apply", &block_request(&["CN"])).code(), "database.missing");
    assert_eq!(answer("preview", &block_request(&["CN"])).code(), "database.missing");
    assert_eq!(answer("attach", &plain_request()).code(), "policy.none");
    let update = json!({"v": 1, "source": "dbip", "online": "never"});
    assert_eq!(answer("update", &update).code(), "database.missing");
    let explained = answer("explain", &json!({"v": 1, "addresses": ["8.8.8.8"]}));
    assert_eq!(explained.data()["addresses"][0]["reason"], "no_policy");
}

#[test]
fn countries_without_data_are_the_same_list_with_a_warning() {
    let world = World::new();
    let outcome = world.ask("countries", &json!({"v": 1, "source": "dbip"}));
    let countries = outcome.data()["countries"].as_array().unwrap();
    assert_eq!(outcome.warnings(), ["database.unusable"]);
    assert!(countries.iter().all(|country| country["subnets"]["v4"] == 0));
    let codes = |countries: &[Value]| countries.iter().map(|one| one["code"].clone()).collect::<Vec<_>>();
    let beyond_iso = countries.iter().filter(|country| country["iso"] == false);
    assert_eq!(codes(&beyond_iso.cloned().collect::<Vec<_>>()), ["XK"]);
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n"));
    let with_data = world.ask("countries", &json!({"v": 1, "source": "dbip"}));
    assert_eq!(codes(with_data.data()["countries"].as_array().unwrap()), codes(countries));
}

#[test]
fn subnets_are_the_smallest_cover_and_codes_outside_iso_are_flagged() {
    let world = World::new();
    // Two neighbours that form a /23, one odd range of three addresses, one IPv6 block.
    let rows = "1.0.0.0,1.0.0.255,DE\n1.0.1.0,1.0.1.255,DE\n1.0.9.1,1.0.9.3,DE\n\
        5.0.0.0,5.0.0.255,XK\n2a00::,2a00:0:ffff:ffff:ffff:ffff:ffff:ffff,DE\n";
    world.update_from(&world.bundle("a.csv.gz", rows));
    let outcome = world.ask("countries", &json!({"v": 1, "source": "dbip"}));
    let countries = outcome.data()["countries"].as_array().unwrap();
    let find = |code: &str| countries.iter().find(|country| country["code"] == code).unwrap();
    assert_eq!(countries.len(), 250);
    assert_eq!(find("DE")["subnets"], json!({"v4": 3, "v6": 1}));
    // 2^96, which a JSON number cannot represent exactly.
    assert_eq!(find("DE")["addresses"], json!({"v4": 515, "v6": "79228162514264337593543950336"}));
    assert_eq!((&find("DE")["iso"], &find("DE")["continent"]), (&json!(true), &json!("EU")));
    let kosovo = find("XK");
    assert_eq!(
        (&kosovo["iso"], &kosovo["name"], &kosovo["continent"]),
        (&json!(false), &json!("Kosovo"), &json!(null))
    );
}

#[test]
fn explain_reports_verdict_reason_and_entry() {
    let world = World::new();
    let rows = "0.1.0.0,0.1.255.255,CN\n1.0.0.0,1.0.0.255,CN\n1.0.1.0,1.0.1.255,DE\n\
        1.0.1.128,1.0.2.255,CN\n2a00::,2a00::ffff,CN\n";
    world.update_from(&world.bundle("a.csv.gz", rows));
    let cases = [
        // address, country, verdict, reason, entry
        ("1.0.0.7", json!("CN"), "drop", "country_blocked", json!("1.0.0.0-1.0.0.255")),
        ("::ffff:1.0.0.7", json!("CN"), "drop", "country_blocked", json!("1.0.0.0-1.0.0.255")),
        ("1.0.1.7", json!("DE"), "pass", "country_not_blocked", json!("1.0.1.0-1.0.1.127")),
        // Claimed by a blocked and an allowed country: allowed wins.
        ("1.0.1.200", json!("DE"), "pass", "contested", json!("1.0.1.128-1.0.1.255")),
        ("1.0.2.7", json!("CN"), "drop", "country_blocked", json!("1.0.2.0-1.0.2.255")),
        ("9.9.9.9", json!(null), "pass", "unknown_passes", json!(null)),
        ("1.0.0.99", json!("CN"), "pass", "exception", json!("1.0.0.96/28")),
        ("0.1.2.3", json!("CN"), "pass", "special_purpose", json!("0.0.0.0/8 this network (RFC 791)")),
        ("fe80::1", json!(null), "pass", "special_purpose", json!("fe80::/10 link-local (RFC 4291)")),
        ("2a00::1", json!("CN"), "drop", "country_blocked", json!("2a00::-2a00::ffff")),
    ];
    let addresses: Vec<&str> = cases.iter().map(|case| case.0).collect();
    let policy = json!({"mode": "block", "countries": ["CN"], "exceptions": [{"subnet": "1.0.0.99/28"}]});
    let request = json!({"v": 1, "addresses": addresses, "source": "dbip", "policy": policy});
    let outcome = world.ask("explain", &request);
    for (answer, (address, country, verdict, reason, entry)) in
        outcome.data()["addresses"].as_array().unwrap().iter().zip(cases)
    {
        // An address that is mapped into IPv6 is told as the IPv4 address that it is.
        let address = address.trim_start_matches("::ffff:");
        let expected = json!({"address": address, "country": country, "verdict": verdict, "reason": reason,
            "entry": entry, "expires_at": null, "admin": null, "by_source": {"dbip": country}, "network": null,
            "is_cut_off": verdict == "drop"});
        assert_eq!(*answer, expected);
    }
}

#[test]
fn allow_mode_drops_all_other_countries_and_unknown_as_configured() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n1.0.1.0,1.0.1.255,DE\n"));
    for (unknown, verdict, reason) in
        [("pass", "pass", "unknown_passes"), ("drop", "drop", "unknown_dropped")]
    {
        let policy = json!({"mode": "allow", "countries": ["DE"], "unknown": unknown});
        let addresses = ["1.0.0.1", "1.0.1.1", "9.9.9.9", "10.0.0.1", "::1"];
        let outcome = world.ask("explain", &json!({"v": 1, "addresses": addresses, "policy": policy}));
        let answers = outcome.data()["addresses"].as_array().unwrap();
        let said: Vec<_> =
            answers.iter().map(|answer| (answer["verdict"].clone(), answer["reason"].clone())).collect();
        let expected = [
            ("drop", "country_not_allowed"),
            ("pass", "country_allowed"),
            (verdict, reason),
            ("pass", "special_purpose"),
            ("pass", "special_purpose"),
        ];
        assert_eq!(said, expected.map(|(verdict, reason)| (json!(verdict), json!(reason))));
    }
}

#[test]
fn thousands_of_addresses_fit_into_one_request() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.255.255.255,CN\n"));
    let addresses: Vec<String> = (0..20_000).map(|n| format!("1.{}.{}.1", n / 256, n % 256)).collect();
    let outcome = world.ask("explain", &json!({"v": 1, "addresses": addresses}));
    let answers = outcome.data()["addresses"].as_array().unwrap();
    assert_eq!(answers.len(), 20_000);
    assert!(answers.iter().zip(&addresses).all(|(answer, address)| answer["address"] == **address));
    assert!(answers.iter().all(|answer| answer["country"] == "CN"));
}

#[test]
fn flags_and_json_are_equivalent() {
    let world = World::new();
    let bundle = world.bundle("dbip-country-lite-2026-05.csv.gz", "1.0.0.0,1.0.0.255,CN\n");
    let mut command = world.helper("update");
    command.args(["--source", "dbip", "--online", "never", "--bundle"]).arg(&bundle);
    let outcome = ask_raw(command, b"");
    assert_eq!(outcome.data()["release"], "2026-05");
    let mut command = world.helper("explain");
    command.args(["1.0.0.1", "--mode", "block", "--countries", "cn,ru"]);
    assert_eq!(ask_raw(command, b"").data()["addresses"][0]["verdict"], "drop");
    let mut command = world.helper("explain");
    command.args([
        "9.9.9.9:443/tcp",
        "--mode",
        "block",
        "--admin-ports",
        "22,443",
        "--admin-countries",
        "cn",
    ]);
    assert_eq!(ask_raw(command, b"").data()["addresses"][0]["is_cut_off"], true);
    let mut command = world.helper("status");
    command.arg("--json");
    assert_eq!(ask_raw(command, b"").data()["active"], false);
}

#[test]
fn a_person_on_a_terminal_reads_text() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n"));
    // `script` gives the helper a terminal.
    let state = world.state();
    let line =
        format!("{HELPER} --state-dir {} explain 1.0.0.1 --mode block --countries CN", state.display());
    let text = run("script", &["-qec", &line, "/dev/null"]);
    assert!(text.contains("1.0.0.1: drop, country blocked: China (CN) [1.0.0.0-1.0.0.255]"), "{text}");
    let text =
        run("script", &["-qec", &format!("{HELPER} --state-dir {} status", state.display()), "/dev/null"]);
    assert!(text.contains("not active") && text.contains("dbip of unknown date: 1 countries"), "{text}");
}

#[test]
fn help_and_version_are_there() {
    let help = run(HELPER, &["--help"]);
    for operation in ["update", "apply", "attach", "detach", "explain", "status", "countries", "preview"] {
        assert!(help.contains(operation), "{operation} is missing in\n{help}");
    }
    let version = run(HELPER, &["--version"]);
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
}

#[test]
fn a_closed_reader_does_not_crash_the_helper() {
    let world = World::new();
    let mut child =
        world.helper("countries").arg("--source").arg("dbip").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
