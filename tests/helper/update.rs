//! Data for `update`: what it accepts, what it refuses, and what it leaves alone.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::lab::run;
use crate::world::{
    HELPER, Outcome, World, block_request, dbip_bundle, flip_byte, gzip, plain_request, truncate,
    update_request,
};

/// Twenty countries, each with a /24 and an IPv6 block: enough for the check on shrunk data.
fn rows(countries: usize) -> String {
    const CODES: [&str; 20] = [
        "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AT", "AU", "BA", "BB", "BD", "BE", "BF", "BG",
        "BH", "BI", "BJ",
    ];
    let v4 = (0..countries).map(|n| format!("1.0.{n}.0,1.0.{n}.255,{}\n", CODES[n]));
    let v6 = (0..countries).map(|n| format!("2a00:{n:x}::,2a00:{n:x}::ffff,{}\n", CODES[n]));
    v4.chain(v6).collect()
}

/// Updates from raw bytes.
fn update_with(world: &World, name: &str, content: &[u8]) -> Outcome {
    let path = world.file(name);
    fs::write(&path, content).unwrap();
    world.ask("update", &update_request(&path))
}

fn country_of(world: &World, address: &str) -> Value {
    let outcome = world.ask("explain", &json!({"v": 1, "addresses": [address], "source": "dbip"}));
    outcome.data()["addresses"][0]["country"].clone()
}

#[test]
fn a_bundle_becomes_a_database_with_its_release_and_counts() {
    let world = World::new();
    let outcome = world.update_from(&world.bundle("dbip-country-lite-2026-06.csv.gz", &rows(20)));
    let data = outcome.data();
    assert_eq!(
        (&data["source"], &data["origin"], &data["release"]),
        (&json!("dbip"), &json!("bundle"), &json!("2026-06"))
    );
    assert_eq!((&data["subnets"], &data["countries"]), (&json!({"v4": 20, "v6": 20}), &json!(20)));
    assert_eq!(data["rows"], json!({"used": 40, "unassigned": 0, "malformed": 0, "out_of_order": 0}));
    assert!(data["licence"].as_str().unwrap().contains("https://db-ip.com"));
    assert_eq!(country_of(&world, "1.0.3.9"), "AG");
}

#[test]
fn progress_ends_at_100_percent() {
    let world = World::new();
    let outcome = world.update_from(&world.bundle("a.csv.gz", &rows(20)));
    assert_eq!(outcome.progress.last().unwrap()["percent"], 100);
}

#[test]
fn the_same_bundle_changes_nothing_and_another_one_is_taken() {
    let world = World::new();
    let bundle = world.bundle("a.csv.gz", &rows(20));
    let first = world.update_from(&bundle);
    let again = world.update_from(&bundle);
    assert_eq!((&first.data()["origin"], &again.data()["origin"]), (&json!("bundle"), &json!("kept")));
    assert_eq!(first.data()["compiled_at"], again.data()["compiled_at"]);
    let other = world.update_from(&world.bundle("b.csv.gz", &rows(19)));
    assert_eq!((&other.data()["origin"], &other.data()["countries"]), (&json!("bundle"), &json!(19)));
}

#[test]
fn an_older_bundle_does_not_replace_newer_data() {
    let world = World::new();
    world.update_from(&world.bundle("dbip-country-lite-2026-06.csv.gz", &rows(20)));
    let older = world.update_from(&world.bundle("dbip-country-lite-2026-05.csv.gz", &rows(19)));
    assert_eq!((&older.data()["origin"], &older.data()["release"]), (&json!("kept"), &json!("2026-06")));
}

#[test]
fn without_a_bundle_the_data_on_disk_is_kept() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", &rows(20)));
    let outcome = world.ask("update", &json!({"v": 1, "source": "dbip", "online": "never"}));
    assert_eq!(outcome.data()["origin"], "kept");
}

#[test]
fn malformed_rows_are_skipped_counted_and_reported() {
    let world = World::new();
    let bad = "\u{feff}1.0.0.0,1.0.0.255,AD\r\n1.0.1.255,1.0.1.0,AE\n1.0.2.0,2a00::,AF\n1.0.3.0,1.0.3.255\n\
        1.0.4.0,1.0.4.255,AFG\n1.0.5.0,1.0.5.256,AG\n\n\"1.0.6.0\",\"1.0.6.255\",\"AI\"\n1.0.7.0,1.0.7.255,ZZ\n\
        1.0.8.0,1.0.8.255,\n1.0.9.0,1.0.9.255,AL\n1.0.10.0,1.0.10.255,AM\n1.0.11.0,1.0.11.255,AO\n\
        1.0.12.0,1.0.12.255,QQ\n";
    let outcome = update_with(&world, "bad.csv.gz", &gzip(bad.as_bytes()));
    assert_eq!(
        outcome.data()["rows"],
        json!({"used": 6, "unassigned": 2, "malformed": 5, "out_of_order": 0})
    );
    assert_eq!(
        outcome.warnings(),
        ["source.malformed_rows", "source.unknown_codes", "source.family_missing"]
    );
    let warnings = outcome.reply["warnings"].to_string();
    assert!(
        warnings.contains("line 2: the range ends before it begins") && warnings.contains("QQ"),
        "{warnings}"
    );
    assert_eq!(country_of(&world, "1.0.0.1"), "AD");
    assert_eq!(country_of(&world, "1.0.6.1"), "AI");
    assert_eq!(country_of(&world, "1.0.12.1"), "QQ");
}

#[test]
fn a_row_that_claims_the_internet_is_skipped_and_reported() {
    let world = World::new();
    for (first, last) in [
        ("0.0.0.0", "255.255.255.255"),
        ("8.0.0.0", "15.255.255.255"),
        ("::", "ffff::"),
        ("2000::", "2800::"),
    ] {
        let claim = format!("{}{first},{last},RU\n", rows(20));
        let outcome = update_with(&world, "claim.csv.gz", &gzip(claim.as_bytes()));
        assert_eq!(
            (&outcome.data()["rows"]["malformed"], outcome.warnings()),
            (&json!(1), vec!["source.malformed_rows"])
        );
        assert_eq!(
            (country_of(&world, "8.8.8.8"), country_of(&world, "2001:db9::1")),
            (json!(null), json!(null))
        );
        let alone =
            update_with(&World::new(), "alone.csv.gz", &gzip(format!("{first},{last},RU\n").as_bytes()));
        assert_eq!(alone.code(), "source.malformed");
        assert!(alone.message().contains("it is too wide for one holder"), "{alone:?}");
    }
    // As wide as real rows, within global unicast and outside it.
    let wide = format!("{}2003:4000::,23ff:ffff::,CH\n4000::,fbff::,CH\n", rows(20));
    let outcome = update_with(&world, "wide.csv.gz", &gzip(wide.as_bytes()));
    assert_eq!((outcome.warnings().len(), country_of(&world, "2100::1")), (0, json!("CH")));
}

#[test]
fn rows_in_any_order_give_the_same_answers() {
    let world = World::new();
    let reversed: String = rows(20).lines().rev().map(|row| format!("{row}\n")).collect();
    let outcome = update_with(&world, "reversed.csv.gz", &gzip(reversed.as_bytes()));
    assert_eq!(outcome.data()["rows"]["out_of_order"], 38);
    assert_eq!((country_of(&world, "1.0.0.1"), country_of(&world, "1.0.19.1")), (json!("AD"), json!("BJ")));
    assert_eq!(country_of(&world, "2a00:3::1"), "AG");
}

#[test]
fn hostile_files_are_refused_and_the_good_data_stays() {
    let world = World::new();
    world.update_from(&world.bundle("good.csv.gz", &rows(20)));
    let good = gzip(rows(20).as_bytes());
    let mut damaged = good.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let page = b"<!DOCTYPE html>\n<html><body>Sign in to the hotel network</body></html>".to_vec();
    let bomb = gzip(&b"1.0.0.0,1.0.0.255,AD\n".repeat(13 << 20));
    let cases = [
        ("empty", Vec::new(), "source.malformed"),
        ("empty gzip", gzip(b""), "source.malformed"),
        ("cut off", good[..good.len() - 9].to_vec(), "source.malformed"),
        ("cut off in its head", good[..5].to_vec(), "source.malformed"),
        ("damaged", damaged, "source.malformed"),
        ("trailing garbage", [good.clone(), b"garbage".to_vec()].concat(), "source.malformed"),
        ("a web page", page.clone(), "source.malformed"),
        ("a packed web page", gzip(&page), "source.malformed"),
        ("binary", gzip(&[0; 4096]), "source.malformed"),
        ("one endless line", gzip(&vec![b'1'; 1 << 20]), "source.malformed"),
        ("nothing but bad rows", gzip(&b"hello\n".repeat(500)), "source.malformed"),
        ("mostly bad rows", gzip(format!("{}{}", rows(20), "x\n".repeat(50)).as_bytes()), "source.malformed"),
        ("a bomb", bomb, "source.too_large"),
    ];
    for (name, content, code) in cases {
        let outcome = update_with(&world, &format!("{name}.csv.gz"), &content);
        assert_eq!((outcome.status, outcome.code()), (1, code), "{name}: {outcome:?}");
        assert!(outcome.message().contains(name), "{name}: the file is not named: {outcome:?}");
        assert!(!outcome.reply["error"]["hint"].as_str().unwrap().is_empty());
        assert_eq!(country_of(&world, "1.0.3.9"), "AG", "{name}: the good data is gone");
    }
    let missing = world.ask("update", &update_request(&world.file("missing.csv.gz")));
    assert_eq!(missing.code(), "source.unreadable");
    let directory = world.ask("update", &update_request(&world.state()));
    assert_eq!(directory.code(), "source.unreadable");
    let pipe = world.file("pipe.csv.gz");
    run("mkfifo", &[&pipe]);
    assert_eq!(world.ask("update", &update_request(&pipe)).code(), "source.unreadable");
    let left: Vec<_> = fs::read_dir(world.state()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "only the database and two locks: {left:?}");
}

#[test]
fn data_that_shrank_by_half_is_refused_unless_forced() {
    let world = World::new();
    world.update_from(&world.bundle("good.csv.gz", &rows(20)));
    let shrunk = world.bundle("shrunk.csv.gz", &rows(11));
    let refused = world.ask("update", &update_request(&shrunk));
    assert_eq!(refused.code(), "source.shrunk");
    assert_eq!(country_of(&world, "1.0.19.1"), "BJ");
    let mut forced = update_request(&shrunk);
    forced["force"] = json!(true);
    assert_eq!(world.ask("update", &forced).data()["countries"], 11);
    assert_eq!(country_of(&world, "1.0.19.1"), json!(null));
}

#[test]
fn a_damaged_database_is_noticed_at_any_byte_and_rebuilt() {
    let world = World::new();
    let bundle = world.bundle("a.csv.gz", &rows(20));
    world.update_from(&bundle);
    let database = world.state().join("dbip.geodb");
    let good = fs::read(&database).unwrap();
    let preview = || world.ask("preview", &crate::world::block_request(&["AD"]));
    for offset in (0..good.len()).step_by(37) {
        flip_byte(&database, offset);
        let outcome = preview();
        assert!(
            ["database.corrupt", "database.version"].contains(&outcome.code()),
            "byte {offset} of {}: {outcome:?}",
            good.len()
        );
        fs::write(&database, &good).unwrap();
    }
    for length in [0, 7, 100, good.len() as u64 / 2, good.len() as u64 - 1] {
        truncate(&database, length);
        assert_eq!(preview().code(), "database.corrupt", "cut to {length}");
        fs::write(&database, &good).unwrap();
    }
    fs::write(&database, [&good[..], b"x"].concat()).unwrap();
    assert_eq!(preview().code(), "database.corrupt");

    // Operations that read only the head notice a wrong length of the file too.
    for length in [good.len() as u64 + 1, good.len() as u64 - 1, good.len() as u64 / 2] {
        truncate(&database, length);
        let status = world.ask("status", &plain_request());
        assert_eq!((&status.data()["databases"], status.warnings()[0]), (&json!([]), "database.unusable"));
    }

    let rebuilt = world.update_from(&bundle);
    assert_eq!(
        (&rebuilt.data()["origin"], rebuilt.warnings()),
        (&json!("bundle"), vec!["database.unusable"])
    );
    assert!(preview().is_ok());
}

#[test]
fn a_damaged_database_never_gives_a_wrong_answer_about_an_address() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", &rows(20)));
    let database = world.state().join("dbip.geodb");
    let good = fs::read(&database).unwrap();
    let explain = || world.ask("explain", &json!({"v": 1, "addresses": ["1.0.19.1", "2001:db8::1"]}));
    let truth = explain();
    let mut noticed = 0;
    for offset in (0..good.len()).step_by(23) {
        flip_byte(&database, offset);
        let outcome = explain();
        if outcome.warnings() == ["database.unusable"] {
            noticed += 1;
        } else {
            assert_eq!(outcome.data(), truth.data(), "byte {offset} of {}", good.len());
        }
        fs::write(&database, &good).unwrap();
    }
    assert!(noticed > 0);
}

#[test]
fn a_database_of_another_version_is_reported_as_such() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", &rows(20)));
    let database = world.state().join("dbip.geodb");
    let mut bytes = fs::read(&database).unwrap();
    // The version number follows the eight bytes of the magic.
    bytes[8] = 99;
    fs::write(&database, bytes).unwrap();
    assert_eq!(world.ask("preview", &crate::world::block_request(&["AD"])).code(), "database.version");
}

#[test]
fn one_update_at_a_time() {
    let world = World::new();
    world.update_from(&world.bundle("a.csv.gz", &rows(20)));
    let lock = fs::File::open(world.state().join("data.lock")).unwrap();
    lock.lock().unwrap();
    let outcome = world.ask("update", &update_request(&world.file("a.csv.gz")));
    assert_eq!((outcome.status, outcome.code()), (3, "state.busy"));
}

#[test]
fn a_killed_update_leaves_the_old_or_the_new_data() {
    let world = World::new();
    let bundles = [19, 20].map(|countries| {
        // So long that the kills hit every step.
        let rows = rows(countries)
            + &(0..60_000)
                .map(|n| format!("9.{}.{}.0,9.{}.{}.9,US\n", n >> 8, n & 255, n >> 8, n & 255))
                .collect::<String>();
        world.bundle(&format!("{countries}.csv.gz"), &rows)
    });
    let whole = std::time::Instant::now();
    world.update_from(&bundles[0]);
    let whole = whole.elapsed();
    for kill in 0..60_u32 {
        let mut child = world.helper("update").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let request = update_request(&bundles[(kill as usize + 1) % 2]).to_string();
        let _ = child.stdin.take().unwrap().write_all(request.as_bytes());
        std::thread::sleep(whole * kill / 60);
        let _ = child.kill();
        child.wait().unwrap();
        let preview = world.ask("preview", &crate::world::block_request(&["AD"]));
        assert!(preview.is_ok(), "kill {kill}: {preview:?}");
    }
    world.update_from(&bundles[0]);
    let left: Vec<_> = fs::read_dir(world.state()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "only the database and two locks: {left:?}");
}

#[test]
fn a_full_disk_is_an_error_and_the_old_data_stays() {
    let world = World::new();
    let (small, large) = (world.bundle("small.csv.gz", &rows(20)), dbip_bundle());
    let disk = world.file("disk");
    fs::create_dir(&disk).unwrap();
    // A disk of one megabyte in a separate mount namespace. The second update does not fit on it.
    let script = format!(
        "mount -t tmpfs -o size=1m none {disk} && for bundle in {small} {large}; do
           {HELPER} --state-dir {disk}/state update --online never --bundle $bundle >/dev/null; echo $?;
         done; {HELPER} --state-dir {disk}/state explain 1.0.3.9; ls -A {disk}/state | wc -l",
        disk = disk.display(),
        small = small.display(),
        large = large.display(),
    );
    let output = run("unshare", &["-m", "sh", "-c", &script]);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..2], ["0", "1"], "{output}");
    assert!(lines[2].contains(r#""country":"AG""#), "{output}");
    assert_eq!(lines[3].trim(), "3", "{output}");
}

#[test]
fn files_of_a_killed_update_are_removed() {
    let world = World::new();
    let bundle = world.bundle("a.csv.gz", &rows(20));
    world.update_from(&bundle);
    for name in [".unfinished-data-kX8s2", ".unfinished-firewall-kX8s2"] {
        let leftover = world.state().join(name);
        fs::write(&leftover, "half a database").unwrap();
        world.update_from(&bundle);
        assert!(!leftover.exists(), "{name}");
    }
}

#[test]
fn mapped_addresses_count_as_ipv4() {
    let world = World::new();
    let rows = "1.0.0.0,1.0.0.255,AD\n::ffff:1.0.1.0,::ffff:1.0.1.255,AE\n2a00::,2a00::ff,AF\n";
    let outcome = world.update_from(&world.bundle("a.csv.gz", rows));
    assert_eq!((&outcome.data()["subnets"], outcome.warnings().len()), (&json!({"v4": 2, "v6": 1}), 0));
    assert_eq!(country_of(&world, "1.0.1.7"), "AE");
    assert_eq!(country_of(&world, "::ffff:1.0.1.7"), "AE");
}

#[test]
fn a_family_without_data_is_reported_while_the_data_is_in_use() {
    let world = World::new();
    let only_v6 = world.update_from(&world.bundle("v6.csv.gz", "2a00::,2a00::ffff,CN\n"));
    let missing = &only_v6.reply["warnings"][0];
    assert_eq!(missing["code"], "source.family_missing");
    assert!(missing["message"].as_str().unwrap().contains("no IPv4 addresses"), "{missing}");
    let kept = world.ask("update", &json!({"v": 1, "source": "dbip", "online": "never"}));
    assert_eq!((&kept.data()["origin"], kept.warnings()), (&json!("kept"), vec!["source.family_missing"]));
    for (operation, request) in [("status", plain_request()), ("preview", block_request(&["CN"]))] {
        assert!(world.ask(operation, &request).warnings().contains(&"source.family_missing"), "{operation}");
    }
    let whole =
        world.update_from(&world.bundle("both.csv.gz", "1.0.0.0,1.0.0.255,CN\n2a00::,2a00::ffff,CN\n"));
    assert_eq!(whole.warnings(), [""; 0]);
}
