//! Which edition of DB-IP is taken: the newest of the publisher, or the bundle.

use serde_json::json;

use super::{countries, csv, dbip_path, release, request};
use crate::server::Server;
use crate::world::World;

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
