//! ipdeny.com: two tarballs, or the zones one by one.

use geoip_helper::country::COUNTRIES;
use serde_json::json;

use super::{Publishers, countries, md5_hex, zones};
use crate::server::{Behaviour, Server};
use crate::world::World;

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
