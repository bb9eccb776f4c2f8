//! The three sources from local files: special cases, and counts compared with an independent program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use geoip_helper::database::Metadata;
use geoip_helper::dataset::SourceId;
use geoip_helper::source::{self, RowSink};
use serde_json::{Value, json};

use crate::lab::run;
use crate::online::zones;
use crate::world::{Outcome, World, dbip_bundle, gzip, prepared};

const REGISTRIES: [&str; 5] = ["afrinic", "apnic", "arin", "lacnic", "ripencc"];

impl World {
    pub fn update_from_files(&self, source: &str, files: &[PathBuf]) -> Outcome {
        self.ask("update", &json!({"v": 1, "source": source, "files": files, "online": "never"}))
    }

    /// The country of an address by a source.
    pub fn country_by(&self, source: &str, address: &str) -> Value {
        let outcome = self.ask("explain", &json!({"v": 1, "addresses": [address], "source": source}));
        outcome.data()["addresses"][0]["country"].clone()
    }

    fn delegation_file(&self, content: &str) -> PathBuf {
        let path = self.file("delegated-ripencc-extended-latest");
        fs::write(&path, content).unwrap();
        path
    }
}

/// The helper's counts for each country, in the format of the independent program.
fn counted_by_helper(world: &World, source: &str) -> BTreeMap<String, Value> {
    let outcome = world.ask("countries", &json!({"v": 1, "source": source}));
    let countries = outcome.data()["countries"].as_array().unwrap().iter();
    let held = countries.filter(|country| country["subnets"] != json!({"v4": 0, "v6": 0}));
    held.map(|country| {
        let family = |family: &str| {
            let addresses = &country["addresses"][family];
            let addresses = addresses.as_str().map_or_else(|| addresses.to_string(), str::to_owned);
            json!({"subnets": country["subnets"][family], "addresses": addresses})
        };
        (country["code"].as_str().unwrap().to_owned(), json!({"v4": family("v4"), "v6": family("v6")}))
    })
    .collect()
}

fn counted_independently(source: &str, files: &[PathBuf]) -> BTreeMap<String, Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/count.py");
    let mut arguments = vec![script, PathBuf::from(source)];
    arguments.extend_from_slice(files);
    serde_json::from_str(&run("python3", &arguments)).unwrap()
}

fn assert_counts_agree(source: &str, files: &[PathBuf], countries: usize) {
    let world = World::new();
    let outcome = world.update_from_files(source, files);
    assert!(outcome.is_ok(), "{outcome:?}");
    let helper = counted_by_helper(&world, source);
    assert_eq!(helper, counted_independently(source, files));
    assert_eq!(helper.len(), countries);
}

#[test]
fn dbip_has_the_counts_of_an_independent_program() {
    assert_counts_agree("dbip", &[dbip_bundle()], 250);
}

#[test]
fn the_registries_have_the_counts_of_an_independent_program() {
    let files = REGISTRIES.map(|registry| prepared(&format!("delegated-{registry}-extended-latest")));
    assert_counts_agree("rir", &files, 237);
}

#[test]
fn ipdeny_has_the_counts_of_an_independent_program() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/data");
    let real = ["all-zones.tar.gz", "ipv6-all-zones.tar.gz"].map(|name| data.join(name));
    // Real zones cannot be downloaded for tests. GEOIP_IPDENY_ZONES names a directory of them to bin/setup.
    if real.iter().all(|file| file.exists()) {
        assert_counts_agree("ipdeny", &real, 238);
    }
    let world = World::new();
    let files = ["all-zones.tar.gz", "ipv6-all-zones.tar.gz"].map(|name| world.file(name));
    let zone =
        |country: usize| (0..50).map(|n| format!("{}.{n}.{}.0/2{}\n", country + 1, n * 3, n % 5)).collect();
    let v4: Vec<String> = (0..3).map(zone).collect();
    fs::write(
        &files[0],
        zones(&[("./cn.zone", &v4[0]), ("./de.zone", &v4[1]), ("us-aggregated.zone", &v4[2])]),
    )
    .unwrap();
    fs::write(
        &files[1],
        zones(&[("./cn.zone", "2001:250::/31\n2001:252::/32\n"), ("./de.zone", "2A00::/20\n")]),
    )
    .unwrap();
    assert_counts_agree("ipdeny", &files, 3);
}

const HEAD: &str = "2.3|ripencc|20261101|9|19830101|20261101|+0000\n";

#[test]
fn registry_rows_of_any_size_and_position_are_kept_exactly() {
    let world = World::new();
    let file = world.delegation_file(&format!(
        "# a comment\n{HEAD}ripencc|*|ipv4|*|7|summary\nripencc|*|asn|*|1|summary\nripencc|*|ipv6|*|2|summary\n\
         ripencc|DE|asn|100|1|20200101|allocated|x\n\
         ripencc|DE|ipv4|2.0.0.0|768|20200101|allocated|x\n\
         ripencc|FR|ipv4|2.1.0.128|256|20200101|assigned|x\n\
         ripencc||ipv4|2.2.0.0|256|20200101|available|\n\
         ripencc||ipv4|2.3.0.0|256||reserved|\n\
         ripencc|EU|ipv4|2.4.0.0|256|20200101|allocated|x\n\
         ripencc|ZZ|ipv4|2.5.0.0|256|20200101|allocated|x\n\
         ripencc|XK|ipv4|2.6.0.0|256|20200101|allocated|x\n\
         ripencc|DE|ipv6|2a00:1::|29|20200101|allocated|x\n\
         ripencc|FR|ipv6|2a01::1|64|20200101|assigned|x\n"
    ));
    let outcome = world.update_from_files("rir", &[file]);
    let rows = json!({"used": 5, "unassigned": 4, "malformed": 0, "out_of_order": 0});
    assert_eq!((&outcome.data()["rows"], &outcome.data()["release"]), (&rows, &json!("2026-11-01")));
    assert_eq!(outcome.warnings(), ["source.incomplete"]);
    for (address, country) in [
        ("2.0.2.255", json!("DE")),
        ("2.0.3.0", json!(null)),
        ("2.1.0.127", json!(null)),
        ("2.1.0.128", json!("FR")),
        ("2.1.1.127", json!("FR")),
        ("2.1.1.128", json!(null)),
        ("2.2.0.1", json!(null)),
        ("2.4.0.1", json!(null)),
        ("2.6.0.1", json!("XK")),
        ("2a00:7:ffff::1", json!("DE")),
        ("2a01::2", json!("FR")),
    ] {
        assert_eq!(world.country_by("rir", address), country, "{address}");
    }
}

#[test]
fn a_registry_file_must_agree_with_itself() {
    let record = "ripencc|DE|ipv4|2.0.0.0|256|20200101|allocated|x\n";
    let summary = |v4: u32| format!("ripencc|*|ipv4|*|{v4}|summary\nripencc|*|ipv6|*|0|summary\n");
    let cases = [
        ("no version line", format!("{}{record}", summary(1)), "no version line"),
        ("no summary", format!("{HEAD}{record}"), "no summary"),
        ("cut off", format!("{HEAD}{}{record}", summary(2)), "1 ipv4 records instead of 2"),
        (
            "another registry's",
            format!("{}{}{record}", HEAD.replace("ripencc", "arin"), summary(1)),
            "the file of arin",
        ),
        ("a page", "<html></html>".into(), "web page"),
    ];
    for (name, content, reason) in cases {
        let world = World::new();
        let outcome = world.update_from_files("rir", &[world.delegation_file(&content)]);
        assert_eq!(outcome.code(), "source.malformed", "{name}");
        assert!(outcome.message().contains(reason), "{name}: {outcome:?}");
    }
}

#[test]
fn malformed_registry_rows_are_counted_and_the_first_is_reported() {
    let world = World::new();
    let good: String =
        (0..20).map(|n| format!("ripencc|DE|ipv4|2.0.{n}.0|256|20200101|allocated|x\n")).collect();
    let bad = "ripencc|DE|ipv4|2.1.0.0|0|20200101|allocated|x\nripencc|DE|ipv4|255.255.255.0|257|20200101|allocated|x\n\
        ripencc|DE|ipv6|2a00::|129|20200101|allocated|x\nripencc|Germany|ipv4|2.2.0.0|256|20200101|allocated|x\n\
        ripencc|DE|ipv4|2.3.0.0|256|20200101|lost|x\nripencc|DE\n";
    let file = world.delegation_file(&format!(
        "{HEAD}ripencc|*|ipv4|*|24|summary\nripencc|*|ipv6|*|1|summary\n{good}{bad}"
    ));
    let outcome = world.update_from_files("rir", &[file]);
    assert_eq!(outcome.data()["rows"]["malformed"], 6);
    assert!(
        outcome.reply["warnings"].to_string().contains("line 24: its number of addresses is zero"),
        "{outcome:?}"
    );
}

#[test]
fn hostile_archives_are_refused_and_write_no_file() {
    let world = World::new();
    let good = [("./cn.zone", "1.0.1.0/24\n"), ("../../etc/de.zone", "2.0.0.0/16\n")];
    let path = world.file("all-zones.tar.gz");
    let write = |content: &[u8]| fs::write(&path, content).unwrap();
    let whole = {
        let mut tarball = tar::Builder::new(Vec::new());
        for (name, content) in good {
            let mut header = tar::Header::new_old();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_cksum();
            tarball.append(&header, content.as_bytes()).unwrap();
        }
        tarball.into_inner().unwrap()
    };
    write(&whole);
    assert!(world.update_from_files("ipdeny", std::slice::from_ref(&path)).is_ok());
    assert!(!world.file("../../etc/de.zone").exists());
    let long = format!("{}/us.zone", "d".repeat(120));
    for (name, content) in [
        ("cut off", whole[..700].to_vec()),
        ("not an archive", b"hello\n".repeat(300)),
        ("no zones", zones(&[("./README", "x")])),
        ("a page in a zone", zones(&[("./cn.zone", "<html>\n")])),
        ("the other family", zones(&[("./cn.zone", "2001:250::/31\n")])),
        ("a zone behind a long name", zones(&[("./cn.zone", "1.0.1.0/24\n"), (&long, "9.0.0.0/8\n")])),
        ("a zone that is a link", {
            let mut tarball = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Link);
            header.set_size(0);
            tarball.append_link(&mut header, "./us.zone", "./cn.zone").unwrap();
            tarball.into_inner().unwrap()
        }),
    ] {
        write(&content);
        let outcome = world.update_from_files("ipdeny", std::slice::from_ref(&path));
        assert_eq!(outcome.code(), "source.malformed", "{name}: {outcome:?}");
    }
    assert_eq!(world.country_by("ipdeny", "1.0.1.1"), "CN");
}

#[test]
fn a_tarball_with_any_damage_is_refused_or_gives_the_same_rows() {
    let whole = zones(&[("./cn.zone", "1.0.1.0/24\n1.0.2.0/23\n"), ("./de.zone", "2.16.0.0/13\n")]);
    let rows = |bytes: &[u8]| {
        let mut rows = RowSink::default();
        source::of(SourceId::Ipdeny).read("v4", "", &mut &bytes[..], &mut rows).ok()?;
        let (builder, _) = rows.finish().ok()?;
        let database = builder.finish(Metadata::new(SourceId::Ipdeny, String::new(), Vec::new())).unwrap();
        Some((database.v4, database.country_sets))
    };
    let truth = rows(&whole);
    assert!(truth.is_some());
    let mut refused = 0;
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[place] ^= 1 << bit;
            let found = rows(&damaged);
            refused += usize::from(found.is_none());
            assert!(found.is_none() || found == truth, "bit {bit} of byte {place}");
        }
    }
    assert!(refused > 7 * whole.len(), "only {refused} of {} were refused", 8 * whole.len());
    assert!((0..whole.len()).all(|length| rows(&whole[..length]).is_none()));
}

#[test]
fn an_archive_without_its_end_is_refused() {
    let packed = zones(&[("./cn.zone", "1.0.1.0/24\n"), ("./de.zone", "2.16.0.0/13\n")]);
    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut tar).unwrap();
    let entries = tar.len() - 1024;
    let taken = |content: &[u8]| {
        let world = World::new();
        let path = world.file("all-zones.tar");
        fs::write(&path, content).unwrap();
        world.update_from_files("ipdeny", &[path]).is_ok()
    };
    let with = |more: &[u8]| [&tar[..], more].concat();
    assert!(taken(&tar) && taken(&with(&[0; 9000])) && taken(&gzip(&tar)));
    for (name, content) in [
        ("cut behind the first entry", tar[..1024].to_vec()),
        ("cut behind the last entry", tar[..entries].to_vec()),
        ("cut within an entry", tar[..600].to_vec()),
        ("cut in the first block of zeros", tar[..entries + 100].to_vec()),
        ("another archive behind it", with(&tar)),
        ("packed without an end", gzip(&tar[..entries])),
        ("packed with a page behind it", [&packed[..], b"<html>"].concat()),
    ] {
        assert!(!taken(&content), "{name}");
    }
}

#[test]
fn one_invalid_byte_costs_a_registry_one_row() {
    let records: String =
        (0..20).map(|n| format!("ripencc|DE|ipv4|2.0.{n}.0|256|20200101|allocated|x\n")).collect();
    let file = format!("{HEAD}ripencc|*|ipv4|*|20|summary\nripencc|*|ipv6|*|0|summary\n{records}");
    let line = file.find("ripencc|DE|ipv4|2.0.3.0").unwrap();
    for odd in [0xff, 0] {
        for column in 0.."ripencc|DE|ipv4|2.0.3.0|256|20200101|allocated|x".len() {
            let mut bytes = file.clone().into_bytes();
            bytes[line + column] = odd;
            let world = World::new();
            let path = world.delegation_file("");
            fs::write(&path, bytes).unwrap();
            let outcome = world.update_from_files("rir", &[path]);
            let rows = json!({"used": 19, "unassigned": 0, "malformed": 1, "out_of_order": 0});
            assert_eq!(outcome.data()["rows"], rows, "column {column}");
        }
    }
    // A line with a missing field is different.
    let cut = file.replace("ripencc|DE|ipv4|2.0.3.0|256", "ripencc|DE|256");
    let world = World::new();
    assert_eq!(world.update_from_files("rir", &[world.delegation_file(&cut)]).code(), "source.malformed");
}

#[test]
fn files_that_are_not_of_the_source_are_refused() {
    let world = World::new();
    let file = world.delegation_file("x");
    let twice = world.update_from_files("rir", &[file.clone(), file.clone()]);
    assert_eq!(twice.code(), "request.invalid");
    let unknown = world.update_from_files("rir", &[world.file("stats.txt")]);
    assert!(unknown.message().contains("not a file of RIR delegation files (afrinic, apnic"), "{unknown:?}");
    let bundle = world.ask("update", &json!({"v": 1, "source": "rir", "bundle": file, "online": "never"}));
    assert_eq!(bundle.code(), "request.invalid");
}

#[test]
fn switching_back_to_a_source_uses_its_data_on_disk() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", "1.0.0.0,1.0.0.255,CN\n"));
    let tarball = world.file("all-zones.tar.gz");
    fs::write(&tarball, zones(&[("./de.zone", "1.0.0.0/24\n")])).unwrap();
    assert!(world.update_from_files("ipdeny", &[tarball]).is_ok());
    for (source, country) in [("dbip", "CN"), ("ipdeny", "DE"), ("dbip", "CN")] {
        let kept = world.ask("update", &json!({"v": 1, "source": source, "online": "if_missing"}));
        assert_eq!(kept.data()["origin"], "kept");
        assert_eq!(world.country_by(source, "1.0.0.1"), country);
    }
    let outcome = world.ask("explain", &json!({"v": 1, "addresses": ["1.0.0.1"]}));
    assert_eq!(outcome.data()["addresses"][0]["by_source"], json!({"dbip": "CN", "ipdeny": "DE"}));
}
