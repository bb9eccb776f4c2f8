//! A state directory, the helper's binary, and data for it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::started_by;

/// The helper's binary under test.
pub const HELPER: &str = env!("CARGO_BIN_EXE_geoip-helper");

/// The environment variable that chooses the set backend.
pub const SET_BACKEND: &str = "GEOIP_SET_BACKEND";
pub const NETLINK: &str = "netlink";
pub const IPSET_TOOL: &str = "ipset";

/// The record of what is in force, in the state directory.
pub const IN_FORCE: &str = "in-force.json";

/// A private directory for one test.
pub struct World {
    directory: TempDir,
}

/// The result of the helper.
#[derive(Debug)]
pub struct Outcome {
    pub status: i32,
    pub progress: Vec<Value>,
    pub reply: Value,
}

impl World {
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// The state directory of the helper.
    pub fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// The record of what is in force.
    pub fn record(&self) -> Value {
        let text = fs::read(self.state().join(IN_FORCE)).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()["record"].take()
    }

    /// Changes the record of what is in force, with a valid checksum.
    pub fn edit_record(&self, edit: impl FnOnce(&mut Value)) {
        self.edit_record_of(IN_FORCE, edit);
    }

    /// As [`Self::edit_record`], for any record.
    pub fn edit_record_of(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let text = fs::read(self.state().join(name)).unwrap();
        let mut record = serde_json::from_slice::<Value>(&text).unwrap()["record"].take();
        edit(&mut record);
        let crc32 = crc32fast::hash(record.to_string().as_bytes());
        let edited = self.file("edited.json");
        fs::write(&edited, json!({"format": 1, "crc32": crc32, "record": record}).to_string()).unwrap();
        fs::rename(edited, self.state().join(name)).unwrap();
    }

    /// A file for the test itself.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Packs rows like DB-IP does.
    pub fn bundle(&self, name: &str, rows: &str) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, gzip(rows.as_bytes())).unwrap();
        path
    }

    /// A helper command for this state directory, to be run in any namespace.
    pub fn helper(&self, operation: &str) -> Command {
        let mut command = Command::new(HELPER);
        command.arg("--state-dir").arg(self.state()).arg(operation);
        command
    }

    /// Runs the helper outside of all test namespaces. The test must not change the machine's own firewall.
    pub fn ask(&self, operation: &str, request: &Value) -> Outcome {
        ask(powerless(&self.helper(operation)), request)
    }

    /// Compiles a bundle of the default source, which must succeed.
    pub fn update_from(&self, bundle: &Path) -> Outcome {
        let outcome = self.ask("update", &update_request(bundle));
        assert!(outcome.is_ok(), "{outcome:?}");
        outcome
    }
}

impl Outcome {
    pub fn is_ok(&self) -> bool {
        self.reply["ok"] == true && self.status == 0
    }

    /// The data of a success.
    pub fn data(&self) -> &Value {
        assert!(self.is_ok(), "{self:?}");
        &self.reply["data"]
    }

    /// The code of a failure.
    pub fn code(&self) -> &str {
        assert!(!self.is_ok(), "{self:?}");
        self.reply["error"]["code"].as_str().unwrap()
    }

    pub fn message(&self) -> &str {
        self.reply["error"]["message"].as_str().unwrap_or_default()
    }

    /// The codes of the warnings.
    pub fn warnings(&self) -> Vec<&str> {
        let warnings = self.reply["warnings"].as_array().unwrap();
        warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
    }
}

/// The same command, started as a root without the right to change the firewall.
pub fn powerless(command: &Command) -> Command {
    const NO_POWER: &str = "-net_admin";
    started_by("setpriv", &["--bounding-set", NO_POWER, "--inh-caps", NO_POWER], command)
}

/// Runs a helper command with a request on stdin. Every line of its output must be a message, the last one a reply.
pub fn ask(command: Command, request: &Value) -> Outcome {
    ask_raw(command, request.to_string().as_bytes())
}

/// As [`ask`], with any bytes on stdin.
pub fn ask_raw(mut command: Command, stdin: &[u8]) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    // A helper that refuses its arguments does not read stdin.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let message = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut messages: Vec<Value> = stdout.lines().map(message).collect();
    let reply = messages.pop().unwrap_or_else(|| panic!("no reply; stderr: {stderr}"));
    assert_eq!((&reply["type"], &reply["v"]), (&json!("reply"), &json!(1)), "{reply}");
    assert!(messages.iter().all(|message| message["type"] == "progress"), "{messages:?}");
    Outcome { status: output.status.code().unwrap_or(-1), progress: messages, reply }
}

pub fn update_request(bundle: &Path) -> Value {
    json!({"v": 1, "source": "dbip", "bundle": bundle, "online": "never"})
}

/// A request to apply or preview the blocking of countries.
pub fn block_request(countries: &[&str]) -> Value {
    json!({"v": 1, "source": "dbip", "policy": {"mode": "block", "countries": countries}})
}

/// A request without fields.
pub fn plain_request() -> Value {
    json!({"v": 1})
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// The pinned DB-IP Lite release that `bin/setup` prepares.
pub fn dbip_bundle() -> PathBuf {
    prepared("dbip-country-lite.csv.gz")
}

/// A file that `bin/setup` prepares.
pub fn prepared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/data").join(name);
    assert!(path.exists(), "{} is missing: run bin/setup", path.display());
    path
}

/// Overwrites one byte of a file.
pub fn flip_byte(path: &Path, offset: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

/// Truncates a file.
pub fn truncate(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

/// Exceptions without an end.
pub fn exceptions(subnets: &[&str]) -> Value {
    subnets.iter().map(|subnet| json!({"subnet": subnet})).collect()
}
