//! Sources' files in a zip, as people pack them and as attackers would.

use std::fs;
use std::io::{Cursor, Write};

use geoip_helper::database::Metadata;
use geoip_helper::dataset::SourceId;
use geoip_helper::source::{self, RowSink, SourceFile};
use serde_json::json;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::online::zones;
use crate::server::Server;
use crate::world::{Outcome, World, gzip};

const CSV: &str = "dbip-country-lite-2026-06.csv";
const ROWS: &str = "1.0.0.0,1.0.0.255,AD\n1.0.1.0,1.0.1.255,AE\n2a00::,2a00::ffff,AF\n";
const DELEGATION: &str = "2|ripencc|20261101|1|19830101|20261101|+0000\nripencc|*|ipv4|*|1|summary\n\
     ripencc|*|ipv6|*|0|summary\nripencc|*|asn|*|0|summary\nripencc|DE|ipv4|2.0.0.0|768|20200101|allocated|x\n";

/// A zip with these files; a name that ends in a slash is a folder.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).unwrap();
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// A zip that was written in one go, so that lengths and checksum follow the content.
fn streamed_zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new_stream(Vec::new());
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

impl World {
    fn update_from_bytes(&self, source: &str, name: &str, content: &[u8]) -> Outcome {
        let path = self.file(name);
        fs::write(&path, content).unwrap();
        self.update_from_files(source, &[path])
    }
}

#[test]
fn the_file_in_a_zip_counts_like_the_file_itself_for_every_source() {
    let tarball = zones(&[("./cn.zone", "1.0.1.0/24\n"), ("./de.zone", "2.16.0.0/13\n")]);
    let of_macos: &[(&str, &[u8])] = &[("__MACOSX/", b""), ("__MACOSX/._data", b"resources")];
    let files = [
        ("dbip", CSV, ROWS.as_bytes().to_vec()),
        ("dbip", "dbip-country-lite-2026-06.csv.gz", gzip(ROWS.as_bytes())),
        ("rir", "delegated-ripencc-extended-latest", DELEGATION.as_bytes().to_vec()),
        ("ipdeny", "all-zones.tar.gz", tarball),
    ];
    for (source, name, content) in files {
        let facts = |outcome: &Outcome| {
            let data = outcome.data();
            (data["release"].clone(), data["rows"].clone(), data["subnets"].clone())
        };
        let truth = facts(&World::new().update_from_bytes(source, name, &content));
        assert!(truth.0.is_string(), "{name} has a release");
        let inside = format!("of today/{name}");
        let packed = [&[("of today/", &b""[..]), (&inside, &content)], of_macos].concat();
        for zipped in [zip(&[(name, &content)]), zip(&packed), streamed_zip(name, &content)] {
            let outcome = World::new().update_from_bytes(source, "download.zip", &zipped);
            assert_eq!(facts(&outcome), truth, "{name}: {outcome:?}");
        }
    }
}

#[test]
fn a_mirror_may_serve_zips() {
    let (world, server) = (World::new(), Server::http());
    let tarball = zones(&[("./cn.zone", "1.0.1.0/24\n")]);
    server.serve("/all-zones.tar.gz", zip(&[("zones", &tarball)]));
    server.serve("/ipv6-all-zones.tar.gz", zones(&[("./cn.zone", "2001:250::/31\n")]));
    let request =
        json!({"v": 1, "source": "ipdeny", "online": "if_newer", "base_urls": {"ipdeny": server.url()}});
    assert_eq!(world.ask("update", &request).data()["subnets"], json!({"v4": 1, "v6": 1}));
}

#[test]
fn hostile_zips_are_refused_and_the_good_data_stays() {
    let world = World::new();
    world.update_from_bytes("dbip", "good.csv", ROWS.as_bytes());
    let good = zip(&[(CSV, ROWS.as_bytes())]);
    let marked = |offset: usize, bits: u8| {
        // The head of the file, and its entry in the directory, which has two more bytes before the same fields.
        let directory = good.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        let mut marked = good.clone();
        marked[offset] |= bits;
        marked[directory + 2 + offset] |= bits;
        marked
    };
    let many: Vec<String> = (0..20_000).map(|n| format!("{n:0>60}/")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let bomb = b"1.0.0.0,1.0.0.255,AD\n".repeat(13 << 20);
    // Packed twice, so that what is unpacked on the way is long, and what comes out of it is not.
    let nested = gzip(b"").repeat(13 << 20);
    let cases = [
        ("without a file", zip(&[]), "source.malformed"),
        ("with a folder only", zip(&[("data/", b"")]), "source.malformed"),
        ("with two files", zip(&[(CSV, ROWS.as_bytes()), ("readme.txt", b"hello")]), "source.malformed"),
        ("encrypted", marked(6, 1), "source.malformed"),
        ("packed in an unknown way", marked(8, 64), "source.malformed"),
        ("cut off", good[..good.len() - 9].to_vec(), "source.malformed"),
        ("with nothing but a head", good[..30].to_vec(), "source.malformed"),
        ("with a long directory", zip(&many), "source.too_large"),
        ("a bomb", zip(&[(CSV, &bomb)]), "source.too_large"),
        ("a bomb within", zip(&[(CSV, &nested)]), "source.too_large"),
    ];
    for (name, content, code) in cases {
        let outcome = world.update_from_bytes("dbip", &format!("{name}.zip"), &content);
        assert_eq!((outcome.status, outcome.code()), (1, code), "{name}: {outcome:?}");
        assert!(outcome.message().contains(name), "{name}: the file is not named: {outcome:?}");
        assert_eq!(world.country_by("dbip", "1.0.1.1"), "AE", "{name}: the good data is gone");
    }
}

#[test]
fn a_name_in_a_zip_is_no_path() {
    let world = World::new();
    for name in ["../../escaped.csv", "/tmp/geoip-escaped.csv", "..\\..\\escaped.csv", "\n\u{202e}.csv"] {
        let outcome = world.update_from_bytes("dbip", "paths.zip", &zip(&[(name, ROWS.as_bytes())]));
        assert_eq!(outcome.data()["subnets"], json!({"v4": 2, "v6": 1}), "{name}");
    }
    assert!(!world.file("../escaped.csv").exists() && !fs::exists("/tmp/geoip-escaped.csv").unwrap());
}

#[test]
fn a_zip_with_any_damage_is_refused_or_gives_the_same_rows() {
    let world = World::new();
    let path = world.file("damaged.zip");
    let rows = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let mut rows = RowSink::default();
        let file = SourceFile::open(&path).unwrap();
        let of_dbip = source::of(SourceId::Dbip);
        file.read(&mut |_| {}, |_, content| of_dbip.read("", CSV, content, &mut rows)).ok()?;
        let (builder, _) = rows.finish().ok()?;
        let database = builder.finish(Metadata::new(SourceId::Dbip, String::new(), Vec::new())).unwrap();
        Some((database.v4, database.v6))
    };
    for whole in [zip(&[(CSV, ROWS.as_bytes())]), streamed_zip(CSV, ROWS.as_bytes())] {
        let truth = rows(&whole);
        assert!(truth.is_some());
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                let found = rows(&damaged);
                assert!(found.is_none() || found == truth, "bit {bit} of byte {place}");
            }
        }
        assert!((0..whole.len()).all(|length| rows(&whole[..length]).is_none()));
    }
}
