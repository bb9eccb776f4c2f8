//! Who is asked, and what is told to whom: publishers over TLS, mirrors and their secrets, proxies.

use std::process::Stdio;

use serde_json::json;

use super::{
    CODES, Publishers, REGISTRIES, csv, dbip_path, delegation, release, request, serve_all_registries,
};
use crate::server::{Authority, Behaviour, Server};
use crate::world::{World, ask, plain_request};

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
fn a_file_of_a_publisher_without_an_md5_sum_is_refused() {
    let publishers = Publishers::new();
    for (registry, codes) in REGISTRIES.iter().zip(CODES) {
        let name = format!("/pub/stats/{registry}/delegated-{registry}-extended-latest");
        publishers.server.serve(&name, delegation(registry, &codes));
    }
    assert_eq!(publishers.update("rir").code(), "source.checksum");
}
