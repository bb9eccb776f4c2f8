//! The five registries: files with their sums, and what is kept if one of them fails.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    CODES, Publishers, REGISTRIES, countries, delegation, md5_hex, serve_all_registries, serve_registry,
};
use crate::server::{Behaviour, Server};
use crate::world::World;

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
    let second = world.update_online("rir", "if_newer", &server);
    assert!(second.is_ok(), "{second:?}");
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
