//! Networks with the real kernel and real packets, and with real data.

use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{Flavour, Pbx};
use crate::world::{World, prepared};

const BEFORE: &str = "1.0.64.0,1.0.64.255,7,Seven\n1.1.0.0,1.1.0.255,8,\"Eight, Inc.\"\n9.9.9.0,9.9.9.255,7,Seven\n\
                      2a00:100::,2a00:100:0:ffff::,7,Seven\n192.168.0.0,192.168.255.255,7,Seven\n";
const AFTER: &str = "1.1.0.0,1.1.0.255,7,Seven\n9.9.9.0,9.9.9.255,9,Nine\n2a00:100::,2a00:100:0:ffff::,7,Seven\n\
                     192.168.0.0,192.168.255.255,7,Seven\n";

fn rows(world: &World, rows: &str) -> Value {
    let file = world.file("rows.csv");
    std::fs::write(&file, rows).unwrap();
    json!({"v": 1, "files": [file]})
}

#[test]
fn what_a_network_holds_is_dropped_until_somebody_else_holds_it_also_after_a_reboot() {
    for mut pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        assert!(pbx.ask("networks", &rows(&pbx.world, BEFORE)).is_ok());
        let policy = json!({"mode": "block", "countries": ["CN"], "networks": [7], "exceptions": [{"subnet": "9.9.9.10"}]});
        let applied = pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy}));
        assert!(applied.is_ok() && applied.warnings().is_empty(), "{applied:?}");
        pbx.attach();
        let held = ["9.9.9.9", "1.0.64.7", "2a00:100::7", "1.0.0.7"];
        pbx.assert_filtering(&["9.9.9.10", "1.1.0.11", "192.168.3.4"], &held);
        let changed = pbx.ask("networks", &rows(&pbx.world, AFTER));
        assert_eq!(changed.data()["applied"]["changed"], true, "{changed:?}");
        pbx.assert_filtering(&["9.9.9.9", "1.0.64.7"], &["1.1.0.11", "2a00:100::7", "1.0.0.7"]);
        // A reboot of the kernel, in which the data is gone from the disk, too.
        pbx.lab = Lab::new();
        std::fs::remove_file(pbx.world.state().join("networks.geonet")).unwrap();
        pbx.attach();
        pbx.assert_filtering(&["9.9.9.9"], &["1.1.0.11", "1.0.0.7"]);
    }
}

#[test]
fn activity_tells_the_networks_of_senders_the_busiest_first() {
    let pbx = Pbx::new(Flavour::Legacy);
    let policy = json!({"mode": "block", "countries": ["CN"]});
    assert!(pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy})).is_ok());
    pbx.attach();
    let senders = ["1.0.0.7", "1.0.0.8", "1.0.0.8", "1.1.0.5", "2a00:1::7", "2a00:1::8"]
        .map(|text| text.parse().unwrap());
    pbx.lab.arriving(&senders);
    let activity = || pbx.ask("activity", &json!({"v": 1})).data().clone();
    assert_eq!((&activity()["networks"], &activity()["addresses"][0]["network"]), (&json!([]), &json!(null)));
    let held = "1.0.0.0,1.0.0.255,7,Seven\n2a00:1::,2a00:1:0:ffff::,8,Eight\n";
    assert!(pbx.ask("networks", &rows(&pbx.world, held)).is_ok());
    let activity = activity();
    let dropped = |packets: u64| json!({"dropped": packets, "counted": 0});
    assert_eq!(
        activity["networks"],
        json!([
            {"network": {"number": 7, "name": "Seven"}, "packets": dropped(3), "addresses": 2},
            {"network": {"number": 8, "name": "Eight"}, "packets": dropped(2), "addresses": 1},
        ])
    );
    let network = |address: &str| {
        let addresses = activity["addresses"].as_array().unwrap();
        addresses.iter().find(|one| one["address"] == address).unwrap()["network"].clone()
    };
    assert_eq!(network("2a00:1::/64"), json!({"number": 8, "name": "Eight"}));
    assert_eq!(network("1.1.0.5"), json!(null));
}

/// The rows of the real file, read without the helper's code.
fn real_rows() -> Vec<(IpAddr, IpAddr, u32)> {
    let mut csv = String::new();
    let file = std::fs::File::open(prepared("dbip-asn-lite.csv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut csv).unwrap();
    let row = |line: &str| {
        let mut fields = line.splitn(4, ',');
        let mut next = || fields.next().unwrap();
        (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap())
    };
    csv.lines().map(row).collect()
}

#[test]
fn real_data_is_read_whole_and_tells_the_network_at_both_ends_of_its_rows() {
    let world = World::new();
    let request = json!({"v": 1, "files": [prepared("dbip-asn-lite.csv.gz")]});
    let outcome = world.ask("networks", &request);
    let kept = &outcome.data()["kept"];
    assert_eq!((&kept["source"], &kept["release"]), (&json!("dbip-asn"), &json!("2026-06")), "{outcome:?}");
    assert_eq!((&kept["rows"]["used"], &kept["rows"]["reserved"]), (&json!(515_126), &json!(32)));
    assert_eq!((&kept["rows"]["malformed"], &kept["networks"]), (&json!(0), &json!(91_038)));
    assert_eq!(world.ask("networks", &request).data()["is_changed"], false);

    let rows = real_rows();
    let sample: Vec<&(IpAddr, IpAddr, u32)> = rows.iter().step_by(997).collect();
    let addresses: Vec<IpAddr> = sample.iter().flat_map(|(first, last, _)| [*first, *last]).collect();
    let outcome = world.ask("explain", &json!({"v": 1, "addresses": addresses, "rules": false}));
    let answers = outcome.data()["addresses"].as_array().unwrap();
    for ((first, last, number), answers) in sample.into_iter().zip(answers.chunks(2)) {
        for (address, answer) in [first, last].into_iter().zip(answers) {
            assert_eq!(answer["network"]["number"], *number, "{address}");
        }
    }

    // The one overlap of this edition: the more specific row counts.
    let outcome =
        world.ask("explain", &json!({"v": 1, "addresses": ["215.0.0.0", "0.0.0.1"], "rules": false}));
    let networks: Vec<&Value> =
        outcome.data()["addresses"].as_array().unwrap().iter().map(|answer| &answer["network"]).collect();
    let overlapping = rows.iter().filter(|(first, last, _)| {
        let address: IpAddr = "215.0.0.0".parse().unwrap();
        *first <= address && address <= *last && first.is_ipv4()
    });
    let span = |first: &IpAddr, last: &IpAddr| match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => last.to_bits() - first.to_bits(),
        _ => unreachable!("both are IPv4"),
    };
    let (_, _, number) = overlapping.min_by_key(|(first, last, _)| span(first, last)).unwrap();
    assert_eq!((&networks[0]["number"], networks[1]), (&json!(number), &Value::Null));
}

#[test]
fn the_presets_name_networks_that_real_data_knows_by_the_names_of_those_companies() {
    let world = World::new();
    assert!(world.ask("networks", &json!({"v": 1, "files": [prepared("dbip-asn-lite.csv.gz")]})).is_ok());
    let presets = world.ask("catalogue", &json!({"v": 1})).data()["networks"]["presets"].clone();
    let companies = HashMap::from([
        (
            "hosting",
            &[
                "ovh",
                "hetzner",
                "digitalocean",
                "akamai",
                "constant company",
                "scaleway",
                "ionos",
                "contabo",
                "leaseweb",
                "m247",
                "hostpapa",
                "datacamp",
                "hostroyale",
                "hostinger",
                "alibaba",
                "tencent",
                "huawei",
            ][..],
        ),
        ("clouds", &["amazon", "microsoft", "google"]),
    ]);
    for preset in presets.as_array().unwrap() {
        let request = json!({"v": 1, "numbers": preset["networks"]});
        let chosen = world.ask("catalogue", &request).data()["networks"]["chosen"].clone();
        for network in chosen.as_array().unwrap() {
            let name = network["name"].as_str().unwrap().to_lowercase();
            let is_known =
                companies[preset["id"].as_str().unwrap()].iter().any(|company| name.contains(company));
            assert!(is_known && network["v4_addresses"].as_u64().unwrap() > 0, "{network}");
        }
    }
    let found = world.ask("catalogue", &json!({"v": 1, "networks": "ovh sas"}));
    assert_eq!(found.data()["networks"]["found"][0]["number"], 16_276);
    let found = world.ask("catalogue", &json!({"v": 1, "networks": "telecom"}));
    assert_eq!(found.data()["networks"]["found"].as_array().unwrap().len(), 50);
}
