//! Downloads over an unreliable network, from a server that misbehaves as instructed.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use geoip_helper::country::COUNTRIES;
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

use crate::server::{Authority, Behaviour, Server, tunnel_everything_to};
use crate::world::{Outcome, World, ask, gzip, plain_request};

const REGISTRIES: [&str; 5] = ["afrinic", "apnic", "arin", "lacnic", "ripencc"];

/// Rows of this many countries, each with a /24 and an IPv6 address.
fn rows(countries: usize) -> String {
    const CODES: [&str; 10] = ["AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AT"];
    let v4 = (0..countries).map(|n| format!("1.0.{n}.0,1.0.{n}.255,{}\n", CODES[n]));
    let v6 = (0..countries).map(|n| format!("2a00:{n}::,2a00:{n}::,{}\n", CODES[n]));
    v4.chain(v6).collect()
}

/// The same rows, packed like DB-IP.
fn csv(countries: usize) -> Vec<u8> {
    gzip(rows(countries).as_bytes())
}

/// The file name of DB-IP's edition some months ago.
fn dbip_path(months_ago: i32) -> String {
    let month = Zoned::now().date().first_of_month().checked_sub(months_ago.months()).unwrap();
    format!("/dbip-country-lite-{:04}-{:02}.csv.gz", month.year(), month.month())
}

fn release(months_ago: i32) -> String {
    dbip_path(months_ago)["/dbip-country-lite-".len()..][..7].to_owned()
}

fn request(source: &str, online: &str, base: &str) -> Value {
    json!({"v": 1, "source": source, "online": online, "base_urls": {source: base}, "timeout_seconds": 2})
}

impl World {
    /// Updates from a mirror.
    fn update_online(&self, source: &str, online: &str, server: &Server) -> Outcome {
        self.ask("update", &request(source, online, &server.url()))
    }
}

fn countries(outcome: &Outcome) -> u64 {
    outcome.data()["countries"].as_u64().unwrap()
}

/// A delegation file with one /24 and one /48 for each of these countries.
fn delegation(registry: &str, codes: &[&str]) -> String {
    let octet = 10 + REGISTRIES.iter().position(|other| *other == registry).unwrap();
    let record = |(n, code): (usize, &&str)| {
        format!(
            "{registry}|{code}|ipv4|{octet}.0.{n}.0|256|20200101|allocated|x\n\
             {registry}|{code}|ipv6|2a00:{octet}:{n}::|48|20200101|allocated|x\n"
        )
    };
    let records: String = codes.iter().enumerate().map(record).collect();
    let count = codes.len();
    format!(
        "2|{registry}|20261101|{count}|19830101|20261101|+0000\n{registry}|*|ipv4|*|{count}|summary\n\
         {registry}|*|ipv6|*|{count}|summary\n{registry}|*|asn|*|0|summary\n{records}"
    )
}

fn md5_hex(content: &[u8]) -> String {
    use md5::{Digest, Md5};
    Md5::digest(content).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Serves the delegation file of a registry with its checksum file, in the style of that registry.
fn serve_registry(server: &Server, registry: &str, codes: &[&str]) {
    let name = format!("delegated-{registry}-extended-latest");
    let file = delegation(registry, codes);
    let sum = md5_hex(file.as_bytes());
    let companion = match registry {
        "arin" => format!("{sum}  delegated-arin-extended-20261101"),
        _ => format!("MD5 ({name}) = {sum}\n"),
    };
    server.serve(&format!("/{name}"), file);
    server.serve(&format!("/{name}.md5"), companion);
}

const CODES: [[&str; 2]; 5] = [["ZA", "EG"], ["CN", "JP"], ["US", "CA"], ["BR", "AR"], ["DE", "RU"]];

fn serve_all_registries(server: &Server) {
    for (registry, codes) in REGISTRIES.iter().zip(CODES) {
        serve_registry(server, registry, &codes);
    }
}

#[test]
fn the_newest_month_is_found_by_walking_back() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(2), csv(10));
    server.serve(&dbip_path(3), csv(9));
    let outcome = world.update_online("dbip", "if_newer", &server);
    assert_eq!(
        (&outcome.data()["origin"], &outcome.data()["release"]),
        (&json!("online"), &json!(release(2)))
    );
    assert_eq!(server.answered(), [(dbip_path(0), 404), (dbip_path(1), 404), (dbip_path(2), 200)]);
    assert_eq!(outcome.progress.last().unwrap()["percent"], 100);
}

#[test]
fn a_file_named_after_a_future_month_does_not_block_real_editions() {
    let (world, server) = (World::new(), Server::http());
    let misnamed = world.file(&dbip_path(-2)[1..]);
    std::fs::write(&misnamed, csv(9)).unwrap();
    let outcome =
        world.ask("update", &json!({"v": 1, "source": "dbip", "files": [misnamed], "online": "never"}));
    assert_eq!(
        (countries(&outcome), &outcome.data()["release"], outcome.warnings()),
        (9, &json!(null), vec!["source.future_release"])
    );
    server.serve(&dbip_path(0), csv(10));
    assert_eq!(world.update_online("dbip", "if_newer", &server).data()["release"], json!(release(0)));
    // The edition of next month is accepted, in case our clock is behind.
    let early = world.file(&dbip_path(-1)[1..]);
    std::fs::write(&early, csv(9)).unwrap();
    let outcome =
        world.ask("update", &json!({"v": 1, "source": "dbip", "files": [early], "online": "never"}));
    assert_eq!((&outcome.data()["release"], outcome.warnings().len()), (&json!(release(-1)), 0));
}

#[test]
fn an_unchanged_file_costs_one_small_request_and_a_newer_month_is_taken() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(0), csv(9));
    world.update_online("dbip", "if_newer", &server);
    server.asked();
    let again = world.update_online("dbip", "if_newer", &server);
    assert_eq!((&again.data()["origin"], again.warnings().len()), (&json!("kept"), 0));
    assert_eq!(again.data()["failure"], json!(null));
    assert_eq!(server.answered(), [(dbip_path(0), 304)]);
    let status = world.ask("status", &json!({"v": 1}));
    let database = &status.data()["databases"][0];
    let moment = |field: &str| database[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(moment("checked_at") > moment("compiled_at"), "{database}");
    server.serve(&dbip_path(0), csv(10));
    let changed = world.update_online("dbip", "if_newer", &server);
    assert_eq!((&changed.data()["origin"], countries(&changed)), (&json!("online"), 10));
    assert_eq!(changed.data()["changes"]["appeared"], json!(["AT"]));
    assert_eq!(changed.data()["changes"]["moved"], json!({"v4": 256, "v6": "1"}));
}

#[test]
fn the_bundle_comes_first_and_the_network_is_not_touched_while_there_is_data() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(0), csv(10));
    let bundle = world.file("dbip-country-lite.csv.gz");
    std::fs::write(&bundle, csv(8)).unwrap();
    let mut with_bundle = request("dbip", "if_missing", &server.url());
    with_bundle["bundle"] = json!(bundle);
    assert_eq!(world.ask("update", &with_bundle).data()["origin"], "bundle");
    assert_eq!(world.update_online("dbip", "if_missing", &server).data()["origin"], "kept");
    assert_eq!(world.update_online("dbip", "never", &server).data()["origin"], "kept");
    assert_eq!(server.asked(), []);
    let missing = World::new();
    assert_eq!(missing.update_online("dbip", "never", &server).code(), "database.missing");
    assert_eq!(missing.update_online("dbip", "if_missing", &server).data()["origin"], "online");
}

#[test]
fn a_newer_month_replaces_the_bundle_and_a_bundle_never_replaces_a_newer_month() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(1), csv(10));
    let bundle = world.file(&dbip_path(3)[1..]);
    std::fs::write(&bundle, csv(8)).unwrap();
    let mut newer = request("dbip", "if_newer", &server.url());
    newer["bundle"] = json!(bundle);
    let outcome = world.ask("update", &newer);
    assert_eq!(
        (&outcome.data()["origin"], &outcome.data()["release"]),
        (&json!("online"), &json!(release(1)))
    );
    newer["online"] = json!("never");
    let outcome = world.ask("update", &newer);
    assert_eq!((&outcome.data()["origin"], &outcome.data()["release"]), (&json!("kept"), &json!(release(1))));
}

#[test]
fn an_unusable_bundle_is_an_error_only_if_the_network_fails_too() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(0), csv(10));
    let damaged = world.file("damaged.csv.gz");
    std::fs::write(&damaged, &csv(10)[..40]).unwrap();
    for (bundle, code) in [(damaged, "source.malformed"), (world.file("missing.csv.gz"), "source.unreadable")]
    {
        for online in ["if_newer", "if_missing"] {
            let world = World::new();
            let mut with_bundle = request("dbip", online, &server.url());
            with_bundle["bundle"] = json!(bundle);
            let outcome = world.ask("update", &with_bundle);
            assert_eq!((&outcome.data()["origin"], outcome.warnings()), (&json!("online"), vec![code]));
        }
        // If the network fails too, the error of the bundle is reported.
        let mut without_network = request("dbip", "if_missing", "http://127.0.0.1:9/");
        without_network["bundle"] = json!(bundle);
        assert_eq!(World::new().ask("update", &without_network).code(), code);
    }
}

#[test]
fn a_wrong_clock_is_corrected_by_the_date_of_the_server() {
    let (world, server) = (World::new(), Server::http());
    server.set_date("Mon, 15 Jun 2015 12:00:00 GMT");
    server.serve("/dbip-country-lite-2015-05.csv.gz", csv(10));
    let outcome = world.update_online("dbip", "if_missing", &server);
    assert_eq!(outcome.data()["release"], "2015-05");
}

/// What the server does to a download, and the expected code.
fn misbehaviours() -> Vec<(&'static str, Behaviour, &'static str)> {
    let page = b"<html>captive portal</html>".to_vec();
    let mut corrupt = csv(10);
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    vec![
        ("403", Behaviour::Status(403), "source.download"),
        ("500", Behaviour::Status(500), "source.download"),
        ("hangs up half-way", Behaviour::Truncate(csv(10)), "source.download"),
        ("silent", Behaviour::Silent, "source.download"),
        ("a page", Behaviour::Serve(page), "source.malformed"),
        ("nothing", Behaviour::Serve(Vec::new()), "source.malformed"),
        ("half a gzip", Behaviour::Serve(csv(10)[..40].to_vec()), "source.malformed"),
        ("a corrupt gzip", Behaviour::Serve(corrupt), "source.malformed"),
        ("a bomb", Behaviour::Serve(gzip(&b"1.0.0.0,1.0.0.255,AD\n".repeat(13 << 20))), "source.too_large"),
        ("65 MiB", Behaviour::Serve(vec![0; 65 << 20]), "source.too_large"),
        ("a loop", Behaviour::Redirect(dbip_path(0)), "source.download"),
    ]
}

#[test]
fn a_misbehaving_server_is_an_error_without_data_and_a_warning_with_it() {
    for (name, behaviour, code) in misbehaviours() {
        let (world, server) = (World::new(), Server::http());
        server.at(&dbip_path(0), behaviour);
        let first = world.update_online("dbip", "if_newer", &server);
        assert_eq!((first.status, first.code()), (1, code), "{name}: {first:?}");
        assert!(first.message().contains(&server.url()), "{name}: the URL is not named: {first:?}");
        assert!(!first.reply["error"]["hint"].as_str().unwrap().is_empty());

        let bundle = world.file("dbip-country-lite.csv.gz");
        std::fs::write(&bundle, csv(10)).unwrap();
        let mut with_bundle = request("dbip", "if_newer", &server.url());
        with_bundle["bundle"] = json!(bundle);
        let second = world.ask("update", &with_bundle);
        assert_eq!((&second.data()["origin"], second.warnings()), (&json!("bundle"), vec![code]), "{name}");
        let third = world.update_online("dbip", "if_newer", &server);
        assert_eq!(
            (&third.data()["origin"], countries(&third), third.warnings()),
            (&json!("kept"), 10, vec![code]),
            "{name}"
        );
        assert_eq!(third.data()["failure"]["code"], code, "{name}");
        let stage = if code == "source.malformed" { "parse" } else { "download" };
        assert_eq!(third.data()["failure"]["stage"], stage, "{name}");
        let left = std::fs::read_dir(world.state()).unwrap().count();
        assert_eq!(left, 3, "{name}: something was left behind");
    }
}

#[test]
fn temporary_failures_are_retried() {
    let (world, server) = (World::new(), Server::http());
    server.at(&dbip_path(0), Behaviour::FailFirst(2, Box::new(Behaviour::Serve(csv(10)))));
    assert_eq!(world.update_online("dbip", "if_newer", &server).data()["origin"], "online");
    let statuses: Vec<u16> = server.asked().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [503, 503, 200]);
}

#[test]
fn an_interrupted_download_is_resumed() {
    let (world, server) = (World::new(), Server::http());
    server.at(&dbip_path(0), Behaviour::CutOff(csv(10)));
    assert_eq!(countries(&world.update_online("dbip", "if_newer", &server)), 10);
    let statuses: Vec<u16> = server.asked().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [200, 206]);
}

#[test]
fn an_answer_that_is_not_the_rest_of_the_file_restarts_the_download() {
    let old = csv(10);
    let ended = "Content-Length: 9\r\n\r\n123456789";
    for (name, rest) in [
        ("416", "HTTP/1.1 416 x\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n".to_owned()),
        ("412", "HTTP/1.1 412 x\r\nContent-Length: 0\r\n\r\n".into()),
        ("404", "HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n".into()),
        ("304", "HTTP/1.1 304 x\r\n\r\n".into()),
        ("no range", format!("HTTP/1.1 206 x\r\n{ended}")),
        ("another range", format!("HTTP/1.1 206 x\r\nContent-Range: bytes 1-9/{}\r\n{ended}", old.len())),
        (
            "another total",
            format!(
                "HTTP/1.1 206 x\r\nContent-Range: bytes {}-{}/{}\r\n{ended}",
                old.len() - 9,
                old.len(),
                old.len() + 1
            ),
        ),
        (
            "another tag",
            format!(
                "HTTP/1.1 206 x\r\nETag: \"b\"\r\nContent-Range: bytes {}-{}/{}\r\n{ended}",
                old.len() - 9,
                old.len() - 1,
                old.len()
            ),
        ),
    ] {
        let (world, server) = (World::new(), Server::http());
        server.at(&dbip_path(0), Behaviour::Replace(old.clone(), rest.leak(), csv(9)));
        let outcome = world.update_online("dbip", "if_newer", &server);
        assert_eq!((countries(&outcome), outcome.warnings().len()), (9, 0), "{name}");
        assert_eq!(server.asked().len(), 3, "{name}");
    }
}

#[test]
fn a_part_of_the_rest_is_not_mistaken_for_all_of_it() {
    let plain = rows(10);
    let ends: Vec<usize> = plain.match_indices('\n').map(|(end, _)| end + 1).collect();
    let begun = format!(
        "HTTP/1.1 200 x\r\nETag: \"a\"\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
        ends[1],
        &plain[..ends[1]]
    );
    let part = |from: usize, to: usize, total: &str| {
        let head = format!("HTTP/1.1 206 x\r\nETag: \"a\"\r\nContent-Range: bytes {from}-{}/{total}", to - 1);
        format!("{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", to - from, &plain[from..to])
    };
    for (total, believed) in [(plain.len().to_string(), true), ("*".into(), false)] {
        let (world, server) = (World::new(), Server::http());
        let answers = [begun.clone(), part(ends[1], ends[3], &total), part(ends[3], plain.len(), &total)];
        server.at(&dbip_path(0), Behaviour::InTurn(answers.map(String::into_bytes).to_vec()));
        let outcome = world.update_online("dbip", "if_newer", &server);
        assert_eq!(outcome.is_ok(), believed, "{outcome:?}");
        assert!(!believed || countries(&outcome) == 10, "{outcome:?}");
    }
}

#[test]
fn not_modified_is_not_accepted_for_an_unconditional_request() {
    let (world, server) = (World::new(), Server::http());
    server.at(&dbip_path(0), Behaviour::Raw(b"HTTP/1.1 304 x\r\n\r\n".into()));
    let outcome = world.update_online("dbip", "if_newer", &server);
    assert_eq!(outcome.code(), "source.download", "{outcome:?}");
    assert!(outcome.message().contains("304"), "{outcome:?}");
}

#[test]
fn a_server_that_never_sends_the_rest_is_given_up() {
    let (world, server) = (World::new(), Server::http());
    let rest = "HTTP/1.1 206 x\r\nContent-Length: 0\r\n\r\n";
    server.at(&dbip_path(0), Behaviour::Raw(rest.into()));
    assert_eq!(world.update_online("dbip", "if_newer", &server).code(), "source.download");
    assert_eq!(server.answered(), [(dbip_path(0), 206)]);
}

#[test]
fn a_file_that_may_be_incomplete_is_refused() {
    let plain = rows(10);
    let chunked = format!("{:x}\r\n{plain}\r\n", plain.len());
    let with = |head: &str, body: &[u8]| [head.as_bytes(), b"\r\n\r\n", body].concat();
    for (name, answer, believed) in [
        ("no length", with("HTTP/1.1 200 x\r\nConnection: close", plain.as_bytes()), false),
        ("no length in HTTP/1.0", with("HTTP/1.0 200 x", plain.as_bytes()), false),
        ("another coding", with("HTTP/1.1 200 x\r\nTransfer-Encoding: x", plain.as_bytes()), false),
        ("no last chunk", with("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked", chunked.as_bytes()), false),
        ("half of what is packed", with("HTTP/1.0 200 x", &csv(10)[..60]), false),
        (
            "a last chunk",
            with("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked", format!("{chunked}0\r\n\r\n").as_bytes()),
            true,
        ),
        (
            "a length",
            with(&format!("HTTP/1.0 200 x\r\nContent-Length: {}", plain.len()), plain.as_bytes()),
            true,
        ),
        ("packed", with("HTTP/1.0 200 x", &csv(10)), true),
        ("packed and said so", with("HTTP/1.0 200 x\r\nContent-Encoding: gzip", &csv(10)), true),
    ] {
        let (world, server) = (World::new(), Server::http());
        server.at(&dbip_path(0), Behaviour::Raw(answer));
        let outcome = world.update_online("dbip", "if_newer", &server);
        assert_eq!(outcome.is_ok(), believed, "{name}: {outcome:?}");
        if name.starts_with("no length") {
            assert!(outcome.message().contains("came without its length"), "{outcome:?}");
        }
    }
}

#[test]
fn a_registry_file_without_a_length_is_complete_by_its_summary() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    let body = delegation("arin", &CODES[2]);
    server.at(
        "/delegated-arin-extended-latest",
        Behaviour::Raw(format!("HTTP/1.0 200 x\r\n\r\n{body}").into()),
    );
    assert_eq!(countries(&world.update_online("rir", "if_newer", &server)), 10);
}

#[test]
fn a_mirror_may_answer_403_for_a_missing_file() {
    let (world, server) = (World::new(), Server::http());
    server.at(&dbip_path(0), Behaviour::Status(403));
    server.serve(&dbip_path(1), csv(10));
    let outcome = world.update_online("dbip", "if_newer", &server);
    assert_eq!((&outcome.data()["release"], outcome.warnings().len()), (&json!(release(1)), 0));
    // It can also forbid everything, which is reported.
    let forbidding = Server::http();
    (0..7).for_each(|months| forbidding.at(&dbip_path(months), Behaviour::Status(403)));
    let outcome = World::new().update_online("dbip", "if_newer", &forbidding);
    assert!(outcome.message().contains("403 Forbidden"), "{outcome:?}");
    let publishers = Publishers::new();
    publishers.server.at(&format!("/free{}", dbip_path(0)), Behaviour::Status(403));
    publishers.server.serve(&format!("/free{}", dbip_path(1)), csv(10));
    assert_eq!(publishers.update("dbip").code(), "source.download");
}

#[test]
fn the_secrets_of_a_mirror_are_sent_only_to_it() {
    let (world, server) = (World::new(), Server::http());
    let mirror = server.url().replace("://", "://anna:topsecret@");
    let says = |source: &str, mirror: &str| {
        let mut helper = world.helper("update");
        helper.env("RUST_LOG", "info");
        let mut child =
            helper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let request = request(source, "if_newer", mirror).to_string();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), request.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    server.at(&dbip_path(0), Behaviour::FailFirst(1, Box::new(Behaviour::Serve(csv(10)))));
    serve_all_registries(&server);
    server.at("/delegated-apnic-extended-latest.md5", Behaviour::Status(404));
    let presigned = "https://store.example/x?token=topsecret&anna";
    server.at("/all-zones.tar.gz", Behaviour::Redirect(presigned.into()));
    let mut said = String::new();
    for (source, mirror) in [
        ("dbip", mirror.as_str()),
        ("dbip", &mirror),
        ("rir", &mirror),
        ("ipdeny", &mirror),
        ("dbip", "http://anna:topsecret@127.0.0.1:9/"),
        ("dbip", "http:anna:topsecret@mirror.example"),
        ("dbip", "http://mirror.example/?anna=topsecret"),
        ("dbip", "http://anna:top/topsecret@mirror.example/"),
        ("http://anna:topsecret@mirror.example/", ""),
    ] {
        said += &says(source, mirror);
    }
    said += &world.ask("status", &plain_request()).reply.to_string();
    assert!(said.contains("://***@") && !said.contains("topsecret") && !said.contains("anna"), "{said}");
    assert_eq!(server.asked()[0].authorization.as_deref(), Some("Basic YW5uYTp0b3BzZWNyZXQ="));
    for file in std::fs::read_dir(world.state()).unwrap() {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(9).any(|bytes| bytes == b"topsecret"));
    }
    // With a masked URL, the file is still recognised as unchanged.
    assert!(says("dbip", &mirror).contains("\"origin\":\"kept\""));
}

#[test]
fn a_server_that_never_ends_is_given_up() {
    let (world, server) = (World::new(), Server::http());
    server.at(&dbip_path(0), Behaviour::Silent);
    let started = Instant::now();
    assert_eq!(world.update_online("dbip", "if_newer", &server).code(), "source.download");
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
}

#[test]
fn a_refused_connection_is_a_readable_error() {
    let world = World::new();
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = world.ask("update", &request("dbip", "if_newer", &format!("http://{unused}/mirror/")));
    assert_eq!(outcome.code(), "source.download");
    assert!(outcome.message().contains("refused"), "{outcome:?}");
}

#[test]
fn online_data_that_shrank_is_refused_unless_forced() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(1), csv(10));
    world.update_online("dbip", "if_newer", &server);
    server.serve(&dbip_path(0), csv(5));
    let refused = world.update_online("dbip", "if_newer", &server);
    assert_eq!(
        (&refused.data()["origin"], countries(&refused), refused.warnings()),
        (&json!("kept"), 10, vec!["source.shrunk"])
    );
    let mut forced = request("dbip", "if_newer", &server.url());
    forced["force"] = json!(true);
    let forced = world.ask("update", &forced);
    assert_eq!((&forced.data()["origin"], countries(&forced)), (&json!("online"), 5));
    assert_eq!(forced.data()["changes"]["vanished"], json!(["AL", "AM", "AO", "AR", "AT"]));
}

#[test]
fn the_user_agent_names_the_module() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&dbip_path(0), csv(10));
    world.update_online("dbip", "if_newer", &server);
    let asked = server.asked();
    assert!(asked[0].user_agent.starts_with("GeoIP-Filter-for-MikoPBX/"), "{asked:?}");
}

#[test]
fn https_needs_a_valid_certificate_and_never_falls_back_to_http() {
    let world = World::new();
    let authority = Authority::new(&world.file(""));
    let trusting = |server: &Server| {
        let mut helper = world.helper("update");
        helper.env("SSL_CERT_FILE", &authority.file);
        ask(helper, &request("dbip", "if_newer", &server.url()))
    };
    let good = Server::https(authority.server_config(&["127.0.0.1"], false));
    good.serve(&dbip_path(0), csv(10));
    let untrusted = world.update_online("dbip", "if_newer", &good);
    assert!(untrusted.message().contains("UnknownIssuer"), "{untrusted:?}");

    let expired = Server::https(authority.server_config(&["127.0.0.1"], true));
    expired.serve(&dbip_path(0), csv(10));
    assert!(trusting(&expired).message().to_lowercase().contains("expired"));
    let other = Server::https(authority.server_config(&["example.org"], false));
    other.serve(&dbip_path(0), csv(10));
    assert!(trusting(&other).message().contains("not valid for name"));

    let plain = Server::http();
    plain.serve("/stolen.csv.gz", csv(10));
    let downgrading = Server::https(authority.server_config(&["127.0.0.1"], false));
    downgrading.at(&dbip_path(0), Behaviour::Redirect(format!("{}/stolen.csv.gz", plain.url())));
    let outcome = trusting(&downgrading);
    assert_eq!(outcome.code(), "source.download");
    assert!(outcome.message().contains("plain http"), "{outcome:?}");
    assert_eq!(plain.asked(), []);

    assert_eq!(trusting(&good).data()["origin"], "online");
}

/// The publishers, all played by one server behind a proxy that directs every tunnel to it.
struct Publishers {
    server: Server,
    world: World,
    authority: Authority,
    proxy: String,
}

impl Publishers {
    fn new() -> Self {
        let world = World::new();
        let authority = Authority::new(&world.file(""));
        let names = [
            "download.db-ip.com",
            "ftp.afrinic.net",
            "ftp.apnic.net",
            "ftp.arin.net",
            "ftp.lacnic.net",
            "ftp.ripe.net",
            "www.ipdeny.com",
        ];
        let server = Server::https(authority.server_config(&names, false));
        let proxy = tunnel_everything_to(server.address());
        Self { server, world, authority, proxy }
    }

    fn update(&self, source: &str) -> Outcome {
        let mut helper = self.world.helper("update");
        helper
            .env("SSL_CERT_FILE", &self.authority.file)
            .env("HTTPS_PROXY", &self.proxy)
            .env_remove("NO_PROXY");
        ask(helper, &json!({"v": 1, "source": source, "online": "if_newer", "timeout_seconds": 2}))
    }
}

#[test]
fn the_publishers_urls_are_right_and_the_system_proxy_is_used() {
    let publishers = Publishers::new();
    publishers.server.serve(&format!("/free{}", dbip_path(0)), csv(10));
    let outcome = publishers.update("dbip");
    assert_eq!(outcome.data()["origin"], "online");
    let location = outcome.data()["parts"][0]["location"].as_str().unwrap();
    assert_eq!(location, format!("https://download.db-ip.com/free{}", dbip_path(0)));
    // A redirect away from https is refused.
    publishers
        .server
        .at(&format!("/free{}", dbip_path(0)), Behaviour::Redirect("http://127.0.0.1:9/x".into()));
    let outcome = publishers.update("dbip");
    assert_eq!(outcome.warnings(), ["source.download"]);
    let survived = &outcome.reply["warnings"][0];
    assert_eq!(survived["retryable"], true);
    assert!(
        survived["hint"].as_str().unwrap().contains("proxy"),
        "what can be done is told, too: {survived}"
    );
}

#[test]
fn if_a_registry_fails_its_file_comes_from_the_ripe_mirror() {
    let publishers = Publishers::new();
    for (registry, codes) in REGISTRIES.iter().zip(CODES) {
        let name = format!("/pub/stats/{registry}/delegated-{registry}-extended-latest");
        let file = delegation(registry, &codes);
        publishers.server.serve(&format!("{name}.md5"), md5_hex(file.as_bytes()));
        // The first request fails. It is to the registry's own server, because the mirror comes second.
        let behaviour = Behaviour::Serve(file.into_bytes());
        let fails = if *registry == "lacnic" { 3 } else { 0 };
        publishers.server.at(&name, Behaviour::FailFirst(fails, Box::new(behaviour)));
    }
    let outcome = publishers.update("rir");
    assert_eq!((&outcome.data()["origin"], countries(&outcome)), (&json!("online"), 10));
    let locations: Vec<&str> = outcome.data()["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["location"].as_str().unwrap())
        .collect();
    assert_eq!(locations[2], "https://ftp.arin.net/pub/stats/arin/delegated-arin-extended-latest");
    assert_eq!(locations[3], "https://ftp.ripe.net/pub/stats/lacnic/delegated-lacnic-extended-latest");
    assert_eq!(locations[4], "https://ftp.ripe.net/pub/stats/ripencc/delegated-ripencc-extended-latest");
}

#[test]
fn a_file_of_a_publisher_without_an_md5_sum_is_refused() {
    let publishers = Publishers::new();
    for (registry, codes) in REGISTRIES.iter().zip(CODES) {
        let name = format!("/pub/stats/{registry}/delegated-{registry}-extended-latest");
        publishers.server.serve(&name, delegation(registry, &codes));
    }
    assert_eq!(publishers.update("rir").code(), "source.checksum");
}

#[test]
fn all_registries_can_be_downloaded_from_a_mirror_with_their_sums() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    let outcome = world.update_online("rir", "if_missing", &server);
    assert_eq!(
        (&outcome.data()["origin"], countries(&outcome), outcome.warnings().len()),
        (&json!("online"), 10, 0)
    );
    assert_eq!(outcome.data()["release"], "2026-11-01");
    server.asked();
    let again = world.update_online("rir", "if_newer", &server);
    assert_eq!(again.data()["origin"], "kept");
    let answered = server.answered();
    assert_eq!(
        (answered.len(), answered.iter().all(|(_, status)| *status == 304)),
        (5, true),
        "{answered:?}"
    );
}

#[test]
fn a_wrong_md5_sum_is_a_failed_download_and_no_sum_on_a_mirror_a_warning() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    server.serve("/delegated-apnic-extended-latest.md5", "MD5 (x) = 00000000000000000000000000000000\n");
    assert_eq!(world.update_online("rir", "if_newer", &server).code(), "source.checksum");
    server.at("/delegated-apnic-extended-latest.md5", Behaviour::Status(404));
    let outcome = world.update_online("rir", "if_newer", &server);
    assert_eq!((countries(&outcome), outcome.warnings()), (10, vec!["source.no_checksum"]));
}

#[test]
fn if_a_registry_fails_its_last_good_rows_are_kept() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    server.at("/delegated-lacnic-extended-latest", Behaviour::Status(404));
    let first = world.update_online("rir", "if_newer", &server);
    assert_eq!(first.code(), "source.download");
    assert!(first.message().contains("lacnic"), "{first:?}");

    serve_registry(&server, "lacnic", &["BR", "AR"]);
    world.update_online("rir", "if_newer", &server);
    server.at("/delegated-lacnic-extended-latest", Behaviour::Status(404));
    serve_registry(&server, "ripencc", &["DE", "RU", "FR"]);
    let outcome = world.update_online("rir", "if_newer", &server);
    assert_eq!((&outcome.data()["origin"], countries(&outcome)), (&json!("online"), 11));
    assert_eq!(outcome.warnings(), ["source.download"]);
    assert_eq!(outcome.data()["changes"]["vanished"], json!([]));
    let explained = world.ask("explain", &json!({"v": 1, "addresses": ["13.0.0.1"], "source": "rir"}));
    assert_eq!(explained.data()["addresses"][0]["country"], "BR");
}

#[test]
fn a_registry_file_that_shrank_is_refused_and_the_others_are_accepted() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    world.update_online("rir", "if_newer", &server);
    serve_registry(&server, "arin", &["US"]);
    serve_registry(&server, "ripencc", &["DE", "RU", "FR"]);
    let outcome = world.update_online("rir", "if_newer", &server);
    assert_eq!((countries(&outcome), outcome.warnings()), (11, vec!["source.shrunk"]));
}

/// A tarball of zones, packed like ipdeny.
pub fn zones(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut tarball = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mtime(1_793_491_200);
        header.set_mode(0o644);
        tarball.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    gzip(&tarball.into_inner().unwrap())
}

#[test]
fn ipdeny_is_downloaded_as_two_tarballs_with_their_sums() {
    let (world, server) = (World::new(), Server::http());
    let v4 = zones(&[
        ("./cn.zone", "1.0.1.0/24\n1.0.2.0/23\n"),
        ("./de.zone", "2.0.0.0/16\n"),
        ("./Copyrights.txt", "x"),
    ]);
    let v6 = zones(&[("./cn.zone", "2001:250::/31\n"), ("./de.zone", "2A00:100::/32\r\n")]);
    server.serve(
        "/MD5SUM",
        format!("{}  all-zones.tar.gz\n{}  ipv6-all-zones.tar.gz\n", md5_hex(&v4), md5_hex(&v6)),
    );
    server.serve("/all-zones.tar.gz", v4);
    server.serve("/ipv6-all-zones.tar.gz", v6);
    let outcome = world.update_online("ipdeny", "if_newer", &server);
    assert_eq!((countries(&outcome), outcome.warnings().len()), (2, 0));
    assert_eq!(outcome.data()["release"], "2026-11-01");
    assert_eq!(outcome.data()["subnets"], json!({"v4": 3, "v6": 2}));
    server.asked();
    assert_eq!(world.update_online("ipdeny", "if_newer", &server).data()["origin"], "kept");
    server.serve("/MD5SUM", "00000000000000000000000000000000  all-zones.tar.gz\n");
    server.serve("/all-zones.tar.gz", zones(&[("./cn.zone", "1.0.1.0/24\n"), ("./de.zone", "2.0.0.0/16\n")]));
    let outcome = world.update_online("ipdeny", "if_newer", &server);
    assert_eq!((&outcome.data()["origin"], outcome.warnings()), (&json!("kept"), vec!["source.checksum"]));
}

#[test]
fn without_the_tarball_the_zones_are_downloaded_one_by_one() {
    let publishers = Publishers::new();
    let v6 = zones(&[("./cn.zone", "2001:250::/31\n")]);
    let v6_base = "/ipv6/ipaddresses/blocks";
    publishers
        .server
        .serve(&format!("{v6_base}/MD5SUM"), format!("{}  ipv6-all-zones.tar.gz\n", md5_hex(&v6)));
    publishers.server.serve(&format!("{v6_base}/ipv6-all-zones.tar.gz"), v6);
    for (n, country) in COUNTRIES.iter().enumerate() {
        let code = country.code.as_str().to_ascii_lowercase();
        let zone = format!("1.{}.{}.0/24\n", n / 100, n % 100);
        publishers.server.serve(&format!("/ipblocks/data/aggregated/{code}-aggregated.zone"), zone);
    }
    let outcome = publishers.update("ipdeny");
    assert_eq!((countries(&outcome), outcome.warnings()), (249, vec!["source.one_by_one"]));
    // A country without addresses has no zone. Which ones those are changes over time.
    for absent in ["aq", "tf"] {
        publishers
            .server
            .at(&format!("/ipblocks/data/aggregated/{absent}-aggregated.zone"), Behaviour::Status(404));
    }
    let outcome = publishers.update("ipdeny");
    assert_eq!((countries(&outcome), outcome.warnings()), (247, vec!["source.one_by_one"]));
    assert!(
        outcome.reply["warnings"][0]["message"].as_str().unwrap().ends_with("no zones for AQ, TF"),
        "{outcome:?}"
    );
    // If a zone cannot be downloaded, it is unknown whether it is empty.
    publishers.server.at("/ipblocks/data/aggregated/cn-aggregated.zone", Behaviour::Status(403));
    let outcome = publishers.update("ipdeny");
    assert_eq!((&outcome.data()["origin"], outcome.warnings()), (&json!("kept"), vec!["source.download"]));
}

#[test]
fn progress_is_reported_at_most_four_times_a_second_and_never_decreases() {
    let (world, server) = (World::new(), Server::http());
    serve_all_registries(&server);
    let slow = delegation("ripencc", &CODES[4]).into_bytes();
    server.at("/delegated-ripencc-extended-latest", Behaviour::Slow(slow, Duration::from_secs(2)));
    let started = Instant::now();
    let outcome = world.update_online("rir", "if_newer", &server);
    let seconds = usize::try_from(started.elapsed().as_secs()).unwrap() + 1;
    assert!(!outcome.progress.is_empty() && outcome.progress.len() <= 4 * seconds, "{:?}", outcome.progress);
    for message in &outcome.progress {
        let stage = message["stage"].as_str().unwrap();
        assert!(["download", "verify", "parse", "compile", "apply"].contains(&stage));
    }
    let mut overall = outcome.progress.iter().map(|message| message["overall"].as_u64().unwrap());
    assert!(overall.clone().is_sorted() && overall.len() > 4, "{:?}", outcome.progress);
    assert_eq!((overall.next_back(), &outcome.progress.last().unwrap()["percent"]), (Some(100), &json!(100)));
}
