//! A server that misbehaves: hangs up, sends nonsense, never ends.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{countries, csv, dbip_path, request, rows};
use crate::server::{Behaviour, Server};
use crate::world::{World, gzip};

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
