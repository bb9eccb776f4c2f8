//! Demonstrates the product: real country data in the real kernel of a private network namespace, and real packets from
//! blocked and allowed countries.
//!
//! Usage: `main_job HELPER DATA_DIRECTORY`. `bin/run` calls it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a demonstration ends where the world is not as expected"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[path = "../tests/helper/lab.rs"]
#[allow(dead_code, unreachable_pub, reason = "the lab is the tests', which need more of it")]
mod lab;

use lab::Lab;

const BLOCKED: [&str; 4] = ["CN", "RU", "IR", "KP"];
const ADDRESSES: [&str; 10] = [
    "223.5.5.5",
    "77.88.8.8",
    "175.45.176.1",
    "8.8.8.8",
    "9.9.9.9",
    "194.25.0.60",
    "2400:3200::1",
    "2a02:6b8::feed:ff",
    "2001:4860:4860::8888",
    "2620:fe::fe",
];

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (helper, data) = (arguments.next().unwrap(), arguments.next().unwrap());
    let state = tempfile::tempdir().unwrap();
    let demonstration = Demonstration { helper, state: state.path().join("state"), lab: Lab::new() };
    demonstration.compile(&data);
    demonstration.block();
    demonstration.show_packets();
    demonstration.show_kernel();
    demonstration.detach();
}

struct Demonstration {
    helper: PathBuf,
    state: PathBuf,
    lab: Lab,
}

impl Demonstration {
    fn command(&self, operation: &str) -> Command {
        let mut command = Command::new(&self.helper);
        command.arg("--state-dir").arg(&self.state).arg(operation);
        command
    }

    /// Runs the helper inside the PBX's namespace. It must succeed.
    fn ask(&self, operation: &str, request: &Value) -> Value {
        let reply = reply(self.lab.pbx.wrap(&self.command(operation)), request);
        assert_eq!(reply["ok"], true, "{reply}");
        reply["data"].clone()
    }

    /// Compiles the local files. A source without files is downloaded, outside the lab.
    fn compile(&self, data: &Path) {
        title("Country data, compiled");
        for (source, beginnings) in [
            ("dbip", &["dbip-country-lite"][..]),
            ("rir", &["delegated-"]),
            ("ipdeny", &["all-zones", "ipv6-all-zones"]),
        ] {
            let files = files_named(data, beginnings);
            let online = if files.is_empty() { "if_missing" } else { "never" };
            let request =
                json!({"v": 1, "source": source, "files": files, "online": online, "timeout_seconds": 5});
            let reply = reply(self.command("update"), &request);
            let data = &reply["data"];
            if reply["ok"] == false {
                println!("{source:<7} not at hand: {}", reply["error"]["message"].as_str().unwrap());
                continue;
            }
            println!(
                "{source:<7} {:<11} {} countries, {} IPv4 and {} IPv6 subnets   ({})",
                data["release"].as_str().unwrap_or("?"),
                data["countries"],
                data["subnets"]["v4"],
                data["subnets"]["v6"],
                data["licence"].as_str().unwrap()
            );
        }
    }

    fn block(&self) {
        title(&format!("Blocking {} by DB-IP Lite", BLOCKED.join(", ")));
        let policy = json!({"mode": "block", "countries": BLOCKED});
        let applied = self.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy}));
        for set in applied["sets"].as_array().unwrap() {
            let name = set["name"].as_str().unwrap();
            println!("{name}: {} entries, {} bytes", set["entries"], set["memory_bytes"]);
        }
        let attached = self.ask("attach", &json!({"v": 1}));
        println!("attached to INPUT: {}", attached["attached"]);
    }

    fn show_packets(&self) {
        title("Real packets, what the sources say of them, and what became of them");
        let addresses: Vec<IpAddr> = ADDRESSES.iter().map(|address| address.parse().unwrap()).collect();
        let explained = self.ask("explain", &json!({"v": 1, "addresses": addresses}));
        let arrived = self.lab.arriving(&addresses);
        println!("{:<22} {:<28} {:<8} packet", "from", "country by source", "verdict");
        for (address, answer) in addresses.iter().zip(explained["addresses"].as_array().unwrap()) {
            let by_source: BTreeMap<&str, &str> = (answer["by_source"].as_object().unwrap().iter())
                .map(|(source, country)| (source.as_str(), country.as_str().unwrap_or("-")))
                .collect();
            let mut countries: Vec<&str> = by_source.values().copied().collect();
            countries.sort_unstable();
            countries.dedup();
            let listed: Vec<String> =
                by_source.iter().map(|(source, country)| format!("{source} {country}")).collect();
            let verdict = answer["verdict"].as_str().unwrap();
            let packet = if arrived.contains(address) { "arrived" } else { "dropped" };
            let note = if countries.len() > 1 { "  the sources disagree" } else { "" };
            println!("{:<22} {:<28} {verdict:<8} {packet}{note}", address.to_string(), listed.join(", "));
            assert_eq!(verdict == "pass", packet == "arrived", "{address}");
        }
    }

    fn show_kernel(&self) {
        title("The kernel's own listing");
        print!("{}", self.lab.pbx.run("iptables", &["-S"]));
        print!("{}", self.lab.pbx.run("ip6tables", &["-S"]));
        print!("{}", self.lab.pbx.run("ipset", &["list", "-t"]));
    }

    fn detach(&self) {
        title("Detached, without a trace");
        self.ask("detach", &json!({"v": 1}));
        print!("{}", self.lab.pbx.run("iptables", &["-S"]));
        assert_eq!(self.lab.pbx.run("ipset", &["list", "-n"]), "");
    }
}

/// Runs a helper command with a request and parses its last line.
fn reply(mut command: Command, request: &Value) -> Value {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the helper starts");
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(stdout.lines().last().expect("the helper replies")).unwrap()
}

/// The files of a directory whose names start with one of these texts.
fn files_named(directory: &Path, beginnings: &[&str]) -> Vec<PathBuf> {
    let names_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        beginnings.iter().any(|beginning| name.starts_with(beginning))
    };
    fs::read_dir(directory).unwrap().map(|file| file.unwrap().path()).filter(names_it).collect()
}

fn title(text: &str) {
    println!("\n== {text}");
}
