//! Network data from publishers and mirrors.

use serde_json::{Value, json};

use super::{Publishers, dbip_path, release};
use crate::server::{Behaviour, Server};
use crate::world::{Outcome, World, ask, gzip};

const V4: &str = "origin-asn-ipv4.csv";
const V6: &str = "origin-asn-ipv6.csv";

/// The path of DB-IP's edition some months ago.
fn asn_path(months_ago: i32) -> String {
    dbip_path(months_ago).replace("country", "asn")
}

/// Rows of so many /16, which belong to as many networks.
fn rows(networks: u32) -> String {
    let v4 = (0..networks).map(|n| format!("5.{n}.0.0,5.{n}.255.255,{},\"Network {n}, Inc.\"\n", n + 1));
    let v6 = (0..networks).map(|n| format!("2a00:{n}::,2a00:{n}:ffff::,{},\"Network {n}, Inc.\"\n", n + 1));
    v4.chain(v6).collect()
}

fn csv(networks: u32) -> Vec<u8> {
    gzip(rows(networks).as_bytes())
}

fn sha256_hex(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Serves a file below `files` with its checksum below `sums`.
fn serve_with_sum(server: &Server, (files, sums): (&str, &str), name: &str, content: &str) {
    server.serve(&format!("{files}/{name}"), content);
    let sum = format!("{}  {name}\n", sha256_hex(content.as_bytes()));
    server.serve(&format!("{sums}/{name}.sha256"), sum);
}

/// Both files of `origin-asn`, and how many rows of IPv4 they have.
fn serve_origin(server: &Server, places: (&str, &str), networks: u32) {
    let (v4, v6): (Vec<String>, Vec<String>) =
        rows(networks).lines().map(|row| format!("{row}\n")).partition(|row| row.starts_with("5."));
    serve_with_sum(server, places, V4, &v4.concat());
    serve_with_sum(server, places, V6, &v6.concat());
}

impl World {
    fn get_networks(&self, source: &str, ask: &str, server: &Server) -> Outcome {
        let base = server.url();
        let request = json!({"v": 1, "source": source, "ask": ask, "base_url": base, "timeout_seconds": 2});
        self.ask("networks", &request)
    }

    /// Lets time pass since publishers were asked.
    fn forget_network_requests(&self) {
        std::fs::remove_file(self.state().join("network-notes.json")).unwrap();
    }

    fn asked_before(&self, source: &str, minutes: i64) {
        let before = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).to_string();
        self.edit_record_of("network-notes.json", |notes| notes["asked"][source] = json!(before));
    }
}

fn told(outcome: &Outcome) -> (Value, Value, Value) {
    let data = outcome.data();
    (data["origin"].clone(), data["kept"]["networks"].clone(), data["failure"]["code"].clone())
}

#[test]
fn the_newest_month_is_found_by_walking_back_and_asked_for_once_a_week() {
    let (world, server) = (World::new(), Server::http());
    server.serve(&asn_path(2), csv(10));
    let outcome = world.get_networks("dbip-asn", "if_due", &server);
    assert_eq!(told(&outcome), (json!("online"), json!(10), json!(null)), "{outcome:?}");
    assert_eq!(outcome.data()["kept"]["release"], release(2));
    assert_eq!(server.answered(), [(asn_path(0), 404), (asn_path(1), 404), (asn_path(2), 200)]);
    for (ask, minutes, answered) in [
        ("if_due", 0, vec![]),
        ("now", 59, vec![]),
        ("if_due", 6 * 24 * 60, vec![]),
        ("never", 8 * 24 * 60, vec![]),
        ("now", 61, vec![(asn_path(0), 404), (asn_path(1), 404), (asn_path(2), 304)]),
        ("if_due", 8 * 24 * 60, vec![(asn_path(0), 404), (asn_path(1), 404), (asn_path(2), 304)]),
    ] {
        world.asked_before("dbip-asn", minutes);
        let outcome = world.get_networks("dbip-asn", ask, &server);
        assert_eq!(told(&outcome), (json!("kept"), json!(10), json!(null)), "{ask}, {minutes}: {outcome:?}");
        assert_eq!(server.answered(), answered, "{ask} after {minutes} minutes");
    }
    server.serve(&asn_path(0), csv(9));
    world.forget_network_requests();
    let newer = world.get_networks("dbip-asn", "if_due", &server);
    assert_eq!((told(&newer).1, &newer.data()["kept"]["release"]), (json!(9), &json!(release(0))));
}

#[test]
fn two_files_with_checksums_are_one_source_and_a_file_that_did_not_change_is_not_sent_again() {
    let (world, server) = (World::new(), Server::http());
    serve_origin(&server, ("", ""), 10);
    let outcome = world.get_networks("origin-asn", "now", &server);
    assert_eq!((told(&outcome), outcome.warnings().len()), ((json!("online"), json!(10), json!(null)), 0));
    assert_eq!(outcome.data()["kept"]["files"].as_array().unwrap().len(), 2);
    server.answered();
    world.forget_network_requests();
    assert_eq!(told(&world.get_networks("origin-asn", "now", &server)).0, "kept");
    assert_eq!(server.answered(), [(format!("/{V4}"), 304), (format!("/{V6}"), 304)]);
    world.forget_network_requests();
    serve_origin(&server, ("", ""), 9);
    assert_eq!(told(&world.get_networks("origin-asn", "now", &server)).1, 9);
    // A mirror may lack checksums.
    world.forget_network_requests();
    serve_origin(&server, ("", ""), 8);
    for name in [V4, V6] {
        server.at(&format!("/{name}.sha256"), Behaviour::Status(404));
    }
    let outcome = world.get_networks("origin-asn", "now", &server);
    assert_eq!((told(&outcome).1, outcome.warnings()), (json!(8), vec!["source.no_checksum"; 2]));
}

#[test]
fn data_that_fails_in_any_way_leaves_what_is_kept() {
    let (world, server) = (World::new(), Server::http());
    serve_origin(&server, ("", ""), 10);
    world.get_networks("origin-asn", "now", &server);
    let whole: String =
        rows(10).lines().filter(|row| row.starts_with("5.")).map(|row| format!("{row}\n")).collect();
    let (html, foreign, half) =
        ("<html>Please log in</html>", "5.0.0.0,5.0.255.255,DE\n", &whole[..whole.len() / 3]);
    let sum = |content: &str| Some(sha256_hex(content.as_bytes()));
    for (behaviour, sum, code) in [
        (Behaviour::Status(404), None, "source.download"),
        (Behaviour::Status(500), None, "source.download"),
        (Behaviour::Silent, None, "source.download"),
        (Behaviour::Truncate(whole.clone().into()), None, "source.download"),
        (
            Behaviour::Raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n5.0.0.0,5.0.0".to_vec()),
            None,
            "source.download",
        ),
        (Behaviour::Serve(whole.replace("5.1.", "5.77.").into()), sum(&whole), "source.checksum"),
        (Behaviour::Serve(html.into()), sum(html), "source.malformed"),
        (Behaviour::Serve(foreign.into()), sum(foreign), "source.malformed"),
        (Behaviour::Serve(half.into()), sum(half), "source.shrunk"),
    ] {
        world.forget_network_requests();
        server.at(&format!("/{V4}"), behaviour.clone());
        if let Some(sum) = sum {
            server.serve(&format!("/{V4}.sha256"), sum);
        }
        let outcome = world.get_networks("origin-asn", "now", &server);
        assert_eq!(told(&outcome), (json!("kept"), json!(10), json!(code)), "{behaviour:?}: {outcome:?}");
        assert_eq!(outcome.warnings().last(), Some(&code));
    }
    // What could not be had is asked for again in an hour; what could, in a day.
    server.at(&format!("/{V4}"), Behaviour::Status(404));
    world.forget_network_requests();
    world.get_networks("origin-asn", "if_due", &server);
    server.answered();
    for (minutes, is_asked) in [(59, false), (61, true)] {
        world.asked_before("origin-asn", minutes);
        world.get_networks("origin-asn", "if_due", &server);
        assert_eq!(!server.answered().is_empty(), is_asked, "after {minutes} minutes");
    }
}

#[test]
fn publishers_are_asked_over_tls_at_their_own_places() {
    let publishers = Publishers::new();
    let get = |source: &str| {
        let mut helper = publishers.world.helper("networks");
        helper
            .env("SSL_CERT_FILE", &publishers.authority.file)
            .env("HTTPS_PROXY", &publishers.proxy)
            .env_remove("NO_PROXY");
        ask(helper, &json!({"v": 1, "source": source, "timeout_seconds": 2}))
    };
    publishers.server.serve(&format!("/free{}", asn_path(0)), csv(10));
    let outcome = get("dbip-asn");
    assert_eq!(told(&outcome), (json!("online"), json!(10), json!(null)), "{outcome:?}");
    // Another source is not what is kept, so it is asked for at once.
    let releases = "/sapics/ip-location-db/releases/download";
    serve_origin(&publishers.server, (&format!("{releases}/latest"), &format!("{releases}/checksum")), 9);
    let outcome = get("origin-asn");
    assert_eq!(told(&outcome), (json!("online"), json!(9), json!(null)), "{outcome:?}");
    assert_eq!(outcome.data()["kept"]["source"], "origin-asn");
    // A publisher's own file without its checksum is refused.
    publishers.world.forget_network_requests();
    serve_origin(&publishers.server, (&format!("{releases}/latest"), &format!("{releases}/checksum")), 8);
    publishers.server.at(&format!("{releases}/checksum/{V6}.sha256"), Behaviour::Status(404));
    assert_eq!(told(&get("origin-asn")), (json!("kept"), json!(9), json!("source.checksum")));
}

#[test]
fn files_replace_what_is_kept_and_a_request_that_cannot_be_right_is_refused() {
    let world = World::new();
    let [v4, both] = [&asn_path(0)[1..], "both.csv"].map(|name| world.file(name));
    std::fs::write(&v4, csv(10)).unwrap();
    std::fs::write(&both, rows(20)).unwrap();
    let outcome = world.ask("networks", &json!({"v": 1, "files": [v4]}));
    assert_eq!(told(&outcome), (json!("given"), json!(10), json!(null)), "{outcome:?}");
    assert_eq!(outcome.data()["kept"]["release"], release(0));
    let outcome = world.ask("networks", &json!({"v": 1, "files": [v4, both]}));
    assert_eq!((told(&outcome).1, &outcome.data()["kept"]["rows"]["used"]), (json!(20), &json!(60)));
    let missing = world.ask("networks", &json!({"v": 1, "files": [world.file("missing.csv")]}));
    assert_eq!(told(&missing), (json!("kept"), json!(20), json!("source.unreadable")));
    for (field, request) in [
        ("keep[0]", json!({"v": 1, "keep": [0]})),
        ("keep", json!({"v": 1, "keep": (1..66).collect::<Vec<_>>()})),
        ("files", json!({"v": 1, "files": ["a", "b", "c", "d", "e"]})),
        ("source", json!({"v": 1, "source": "dbip"})),
        ("base_url", json!({"v": 1, "base_url": "ftp://mirror.example"})),
    ] {
        let outcome = world.ask("networks", &request);
        assert_eq!(
            (outcome.code(), &outcome.reply["error"]["field"]),
            ("request.invalid", &json!(field)),
            "{outcome:?}"
        );
    }
}
