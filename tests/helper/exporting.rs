//! Files for other firewalls, taken by real kernels and tried with packets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::pbx::{BLOCKED, Flavour, PASSING, Pbx};
use crate::world::Outcome;

/// Blocks CN but for two networks, one of which comes back at the end of time.
fn policy() -> Value {
    json!({"mode": "block", "countries": ["CN"], "exceptions": [
        {"subnet": "1.0.9.0/24"}, {"subnet": "2a00:0:9::/48"},
        {"subnet": "1.0.8.8/32", "expires_at": "2099-01-01T00:00:00Z"},
    ]})
}

fn request(format: &str, policy: &Value, file: &Path) -> Value {
    json!({"v": 1, "format": format, "wanted": {"source": "dbip", "policy": policy}, "file": file})
}

/// A Linux host with the PBX in a container: it has the file and its own tools, and nothing of ours.
struct Host {
    pbx: Pbx,
    file: PathBuf,
}

impl Host {
    fn new() -> Self {
        let pbx = Pbx::new(Flavour::Legacy);
        let file = pbx.world.file("export");
        Self { pbx, file }
    }

    fn export(&self, format: &str, policy: &Value) -> Outcome {
        let outcome = self.pbx.world.ask("export", &request(format, policy, &self.file));
        assert!(outcome.is_ok(), "{outcome:?}");
        outcome
    }

    /// Does what the reply says, as a shell would.
    fn take(&self, outcome: &Outcome) {
        for command in outcome.data()["commands"].as_array().unwrap() {
            let line = command.as_str().unwrap().replace("FILE", self.file.to_str().unwrap());
            let mut shell = self.pbx.command("sh");
            shell.args(["-ec", &line]);
            let output = self.pbx.lab.pbx.wrap(&shell).output().unwrap();
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    fn assert_filtering_by_the_policy(&self) {
        let excepted = ["1.0.9.1", "1.0.8.8", "2a00:0:9::1", "10.9.9.9", "fd00::9"];
        let passing: Vec<&str> = PASSING.into_iter().chain(excepted).collect();
        let blocked: Vec<&str> = BLOCKED.into_iter().chain(["1.0.8.9", "1.0.10.1", "2a00:0:a::1"]).collect();
        self.pbx.assert_filtering(&passing, &blocked);
    }
}

#[test]
fn a_host_that_takes_the_file_filters_as_the_pbx_would() {
    for format in ["ipset", "nft"] {
        let host = Host::new();
        let first = host.export(format, &policy());
        host.take(&first);
        host.assert_filtering_by_the_policy();
        let flow = host.pbx.lab.open_flow("1.0.64.7".parse().unwrap());

        let again = host.export(format, &policy());
        assert_eq!(again.data()["sha256"], first.data()["sha256"]);
        host.take(&again);
        host.assert_filtering_by_the_policy();
        let jumps = host.pbx.input("iptables").iter().filter(|rule| rule.contains("GEOIP_HOST")).count();
        assert_eq!(jumps, usize::from(format == "ipset"), "{format}: the jump is there once");

        host.take(&host.export(format, &json!({"mode": "block", "countries": ["DE"]})));
        host.pbx.assert_filtering(&["1.0.0.7", "2a00:1::7"], &["1.0.64.7", "2a00:100::7"]);
        assert!(flow.still_flows(), "{format}: an open connection was cut");

        let counting = json!({"mode": "block", "countries": ["CN", "DE"], "action": "count"});
        host.take(&host.export(format, &counting));
        host.pbx.assert_filtering(&["1.0.0.7", "1.0.64.7", "2a00:1::7"], &[]);
    }
}

#[test]
fn a_host_of_a_policy_that_only_counts_drops_nobody() {
    for format in ["ipset", "nft"] {
        let host = Host::new();
        host.take(&host.export(format, &json!({"mode": "block", "countries": ["CN"], "action": "count"})));
        host.pbx.assert_filtering(&["1.0.0.7", "1.0.64.7", "2a00:1::7"], &[]);
    }
}

#[test]
fn without_a_policy_the_applied_one_is_written() {
    let host = Host::new();
    let nothing = json!({"v": 1, "format": "cidr", "file": host.file});
    assert_eq!(host.pbx.ask("export", &nothing).code(), "policy.none");
    assert!(!host.file.exists());
    host.pbx.apply(&["CN"]);
    let applied = host.pbx.ask("export", &nothing);
    let text = fs::read_to_string(&host.file).unwrap();
    let blocks: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let subnets = &applied.data()["subnets"];
    assert_eq!(json!(blocks.len()), json!(subnets["v4"].as_u64().unwrap() + subnets["v6"].as_u64().unwrap()));
    assert!(blocks.contains(&"1.0.0.0/18") && blocks.contains(&"1.1.0.5/32"));
    assert!(text.contains("IP Geolocation by DB-IP"));
}

#[test]
fn a_person_has_the_file_on_stdout_and_a_program_has_to_name_it() {
    let host = Host::new();
    let flags = ["--format", "cidr", "--mode", "block", "--countries", "CN", "--family", "v4"];
    let run = |more: &[&str]| -> std::process::Output {
        let mut helper: Command = host.pbx.world.helper("export");
        helper.args(flags).args(more).output().unwrap()
    };
    let printed = run(&[]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success() && text.ends_with("1.1.0.8/31\n"), "{text}");
    assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("1.")), "{text}");
    let refused = run(&["--json"]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stdout));
    let half =
        host.pbx.world.helper("export").args(["--format", "cidr", "--countries", "CN"]).output().unwrap();
    assert_eq!(half.status.code(), Some(2), "countries without a mode are no policy");

    for file in [Value::Null, json!("relative")] {
        let request =
            json!({"v": 1, "format": "cidr", "file": file, "wanted": {"source": "dbip", "policy": policy()}});
        let outcome = host.pbx.world.ask("export", &request);
        assert_eq!((outcome.code(), &outcome.reply["error"]["field"]), ("request.invalid", &json!("file")));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_reported_and_nothing_is_left() {
    let host = Host::new();
    // Nothing but a file is replaced.
    fs::create_dir(&host.file).unwrap();
    let link = host.pbx.world.file("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    for (file, code) in [
        (host.file.clone(), "request.invalid"),
        (link, "request.invalid"),
        (PathBuf::from("/dev/null"), "request.invalid"),
        (host.file.join("missing/file"), "state.io"),
    ] {
        let outcome = host.pbx.world.ask("export", &request("nft", &policy(), &file));
        assert_eq!(outcome.code(), code, "{}", file.display());
    }
    let left = fs::read_dir(host.file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(
        !left.into_iter().any(|name| name.to_string_lossy().contains("unfinished")),
        "nothing is left behind"
    );
}
