//! The module's zip, checked against what MikoPBX does with it: where it looks for files, what it refuses, and what it
//! cannot keep.
//!
//! Reads `target/ModuleGeoIP.<version>.zip`, made by `bin/package`, or the zip that `GEOIP_ZIP` names. Needs PHP, and
//! the user emulation of qemu for the helper of another machine. Run by `cargo test --test package -- --ignored`; a zip
//! for tests fails what is in `release`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where its world is not as expected")]
#![allow(clippy::format_collect, reason = "brevity counts more than speed here")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

const SIZE_LIMIT: u64 = 14 << 20;

struct Entry {
    bytes: Vec<u8>,
    mode: u32,
}

struct Package {
    path: PathBuf,
    /// In the order of the zip.
    names: Vec<String>,
    entries: BTreeMap<String, Entry>,
}

impl Package {
    fn open() -> Self {
        let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("target/ModuleGeoIP.{}.zip", env!("CARGO_PKG_VERSION")));
        let path = std::env::var_os("GEOIP_ZIP").map_or(built, PathBuf::from);
        let file = File::open(&path).expect("bin/package has built the zip");
        let mut zip = ZipArchive::new(file).unwrap();
        let (mut names, mut entries) = (Vec::new(), BTreeMap::new());
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            let (name, mode) = (file.name().unwrap().into_owned(), file.unix_mode().unwrap());
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            names.push(name.clone());
            assert!(entries.insert(name.clone(), Entry { bytes, mode }).is_none(), "{name} stands twice");
        }
        Self { path, names, entries }
    }

    fn text(&self, name: &str) -> &str {
        let entry = self.entries.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        std::str::from_utf8(&entry.bytes).unwrap()
    }

    /// The machines whose helpers are in the zip, as `uname -m` names them.
    fn machines(&self) -> Vec<&str> {
        let helpers = self.names.iter().filter_map(|name| name.strip_prefix("bin/geoip-helper-"));
        let machines: Vec<_> = helpers.collect();
        assert!(!machines.is_empty(), "a zip without a helper");
        machines
    }

    fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().map(String::as_str).filter(move |name| {
            std::path::Path::new(name).extension().is_some_and(|found| found == extension)
        })
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn files_that_core_looks_for_are_at_the_root() {
    let package = Package::open();
    for name in [
        "module.json",
        "Setup/PbxExtensionSetup.php",
        "Lib/GeoIPConf.php",
        "App/Controllers/ModuleGeoIPController.php",
        "App/Views/ModuleGeoIP/index.volt",
        "Models/ModuleGeoIP.php",
        "Messages/en.php",
        "public/assets/img/logo.svg",
        "db/.gitkeep",
        "bin/task.php",
        "data/dbip-country-lite.csv.gz",
        "data/README.md",
        "LICENSE",
        "THIRD-PARTY-LICENSES.txt",
    ] {
        assert!(package.entries.contains_key(name), "{name} is missing");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn core_accepts_and_keeps_every_entry() {
    let package = Package::open();
    assert!(package.names.is_sorted());
    for (name, entry) in &package.entries {
        assert!(!name.contains("..") && !name.starts_with('/') && !name.contains('\\'), "{name} is refused");
        assert_eq!(entry.mode & 0o170_000, 0o100_000, "{name}: a link would become a text file");
        let executable = entry.mode & 0o111 != 0;
        assert_eq!(executable, name.starts_with("bin/"), "{name}: only what is in bin/ stays executable");
        // An upgrade keeps only the settings in this directory, and old files replace new ones.
        assert!(!name.starts_with("db/") || name == "db/.gitkeep", "{name}: an upgrade would replace it");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn module_json_has_every_key_that_core_reads() {
    let package = Package::open();
    let module: serde_json::Value = serde_json::from_str(package.text("module.json")).unwrap();
    for key in ["developer", "moduleUniqueID", "support_email", "version", "min_pbx_version"] {
        assert!(module[key].as_str().is_some_and(|value| !value.is_empty()), "{key}");
    }
    assert_eq!(module["moduleUniqueID"], "ModuleGeoIP");
    assert_eq!(module["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(module["min_pbx_version"], "2026.1.223");
    for publishes in ["publish_release", "changelog_enabled", "create_github_release"] {
        assert_eq!(module["release_settings"][publishes], true, "{publishes}");
    }
    assert!(module["wiki_links"].is_object());
    let newest = concat!("# Changelog\n\n## ", env!("CARGO_PKG_VERSION"), "\n");
    assert!(include_str!("../CHANGELOG.md").starts_with(newest), "administrators read what is new in it");
    let licensed = module.as_object().unwrap().keys().any(|key| key.starts_with("lic_"));
    assert!(!licensed, "the module is free");
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn the_helpers_have_valid_checksums() {
    let package = Package::open();
    let sums = package.text("bin/geoip-helper.sha256");
    for machine in package.machines() {
        let name = format!("geoip-helper-{machine}");
        let digest = Sha256::digest(&package.entries[&format!("bin/{name}")].bytes);
        let sum: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(sums.lines().any(|line| line == format!("{sum}  {name}")), "{name}");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn the_helpers_run() {
    let package = Package::open();
    for machine in package.machines() {
        let runner =
            if machine == std::env::consts::ARCH { "env" } else { &*format!("qemu-{machine}-static") };
        let entry = &package.entries[&format!("bin/geoip-helper-{machine}")];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("geoip-helper");
        fs::write(&path, &entry.bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let mut helper = Command::new(runner)
            .arg(&path)
            .arg("--state-dir")
            .arg(directory.path().join("state"))
            .args(["--json", "countries"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        helper.stdin.take().unwrap().write_all(br#"{"v":1,"source":"dbip"}"#).unwrap();
        let output = helper.wait_with_output().unwrap();
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(reply["ok"], true, "{machine}: {reply}");
        assert!(reply["data"]["countries"].as_array().unwrap().len() >= 249, "{machine}");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn every_php_file_compiles() {
    let package = Package::open();
    assert!(package.with_extension("php").count() > 30);
    for name in package.with_extension("php") {
        let mut php = Command::new("php")
            .args(["-d", "error_reporting=-1", "-d", "display_errors=stdout", "-l"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        php.stdin.take().unwrap().write_all(&package.entries[name].bytes).unwrap();
        let output = php.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && !said.contains("Deprecated"), "{name}: {said}");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn the_page_has_one_script_one_style_and_its_pictures() {
    let package = Package::open();
    let (script, style) = ("public/assets/js/page.js", "public/assets/css/page.css");
    let assets = package.names.iter().filter(|name| name.starts_with("public/"));
    let assets: Vec<_> = assets.filter(|name| !name.starts_with("public/assets/img/flags/")).collect();
    assert_eq!(assets, [style, "public/assets/img/logo.svg", script]);
    for bundled in [script, style] {
        let text = package.text(bundled);
        assert!(
            !text.lines().any(|line| line.starts_with("import ") || line.starts_with("@import")),
            "{bundled}"
        );
    }
    let controller = package.text("App/Controllers/ModuleGeoIPController.php");
    assert!(controller.contains("/page.css'") && controller.contains("/page.js'"));
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn flags_missing_in_core_are_in_the_zip_with_their_licence() {
    let package = Package::open();
    let flags: Vec<_> =
        package.names.iter().filter(|name| name.starts_with("public/assets/img/flags/")).collect();
    let styles = package.text("public/assets/css/page.css");
    assert!(flags.len() >= 12 && package.text("public/assets/img/flags/LICENSE").contains("MIT"));
    for flag in flags.into_iter().filter_map(|name| name.strip_suffix(".svg")) {
        let code = flag.rsplit('/').next().unwrap();
        assert!(styles.contains(&format!("flags/{code}.svg")), "the flag of {code} is not shown");
    }
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn the_bill_of_materials_lists_everything_linked_and_packed() {
    let package = Package::open();
    let bill: serde_json::Value = serde_json::from_str(package.text("sbom.cdx.json")).unwrap();
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    let components = bill["components"].as_array().unwrap();
    let names: BTreeSet<&str> =
        components.iter().map(|component| component["name"].as_str().unwrap()).collect();
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let licences = package.text("THIRD-PARTY-LICENSES.txt");
    for component in components {
        let field = |key: &str| component[key].as_str().unwrap_or_default();
        assert!(!component["licenses"].as_array().unwrap().is_empty(), "{component}");
        assert!(field("purl").contains(&format!("@{}", field("version"))), "{component}");
        assert!(licences.contains(field("name")), "{component}");
        if field("purl").starts_with("pkg:cargo/") {
            assert!(licences.contains(&format!("{} {} (", field("name"), field("version"))), "{component}");
            let locked = format!("name = \"{}\"\nversion = \"{}\"\n", field("name"), field("version"));
            let checksum = component["hashes"][0]["content"].as_str().unwrap();
            assert!(lock.contains(&locked) && lock.contains(checksum), "{component}");
        }
    }
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let (_, section) = manifest.split_once("[dependencies]").unwrap();
    let direct = section.lines().skip(1).take_while(|line| !line.starts_with('['));
    for name in direct.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name) {
        assert!(names.contains(name), "{name} is linked and not named");
    }
    for name in ["flag-icons", "world-atlas", "@ip-location-db/dbip-country"] {
        assert!(names.contains(name), "{name} is packed and not named");
    }
    assert!(["proptest", "rcgen", "d3-geo"].iter().all(|name| !names.contains(name)), "{names:?}");
}

#[test]
#[ignore = "needs the zip that bin/package builds"]
fn the_version_stands_in_every_place() {
    let package = Package::open();
    for (name, entry) in &package.entries {
        assert!(!entry.bytes.windows(15).any(|window| window == b"%ModuleVersion%"), "{name}");
    }
}

/// What only the zip for users keeps.
mod release {
    use super::*;

    #[test]
    #[ignore = "needs the zip that bin/package builds"]
    fn the_helpers_are_static_programs_for_both_machines() {
        let package = Package::open();
        assert_eq!(package.machines(), ["aarch64", "x86_64"]);
        for (machine, code) in [("x86_64", 62_u16), ("aarch64", 183)] {
            let bytes = &package.entries[&format!("bin/geoip-helper-{machine}")].bytes;
            assert_eq!(&bytes[..4], b"\x7fELF");
            assert_eq!(
                u16::from_le_bytes([bytes[18], bytes[19]]),
                code,
                "for another machine than {machine}"
            );
            assert!(!has_interpreter(bytes), "{machine}: it needs the C library of the machine");
        }
    }

    /// True if an ELF64 file has a program header of type `PT_INTERP`.
    fn has_interpreter(elf: &[u8]) -> bool {
        let number = |at: usize, size: usize| {
            elf[at..at + size].iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte))
        };
        let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
        (0..count).any(|index| number(table + index * size, 4) == 3)
    }

    #[test]
    #[ignore = "needs the zip that bin/package builds"]
    fn it_is_small_and_contains_no_trace_of_the_build_machine() {
        let package = Package::open();
        assert!(fs::metadata(&package.path).unwrap().len() < SIZE_LIMIT);
        let root = env!("CARGO_MANIFEST_DIR").as_bytes();
        for (name, entry) in package.entries.iter().filter(|(name, _)| !name.starts_with("data/")) {
            assert!(
                !entry.bytes.windows(root.len()).any(|window| window == root),
                "{name} names the source's directory"
            );
        }
    }
}
