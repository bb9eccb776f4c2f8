//! Block lists with the real kernel and real packets.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::pbx::{Flavour, Pbx};

fn keep(text: &str) -> Value {
    json!({"v": 1, "lists": [{"id": "mine", "text": text}], "ask": "never"})
}

#[test]
fn what_is_listed_is_dropped_until_it_is_listed_no_more_also_after_a_reboot() {
    for mut pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Nft)] {
        assert!(pbx.ask("lists", &keep("9.9.9.9\n1.1.0.0/24\n2a00:100::/48\n192.168.0.0/16\n")).is_ok());
        let policy = json!({"mode": "block", "countries": ["CN"], "lists": ["mine"], "exceptions": [{"subnet": "1.1.0.10"}]});
        let applied = pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy}));
        assert!(applied.is_ok(), "{applied:?}");
        pbx.attach();
        let listed = ["9.9.9.9", "1.1.0.11", "2a00:100::7", "1.0.0.7"];
        pbx.assert_filtering(&["1.1.0.10", "1.0.64.7", "192.168.3.4"], &listed);
        let changed = pbx.ask("lists", &keep("1.0.64.7\n"));
        assert_eq!(changed.data()["applied"]["changed"], true, "{changed:?}");
        pbx.assert_filtering(&["9.9.9.9", "1.1.0.11", "2a00:100::7"], &["1.0.64.7", "1.0.0.7"]);
        // A reboot of the kernel, in which the list is gone from the disk, too.
        pbx.lab = Lab::new();
        std::fs::remove_file(pbx.world.state().join("list-mine.geolist")).unwrap();
        pbx.attach();
        pbx.assert_filtering(&["9.9.9.9"], &["1.0.64.7", "1.0.0.7"]);
    }
}

#[test]
fn activity_tells_which_lists_know_the_senders_whether_they_are_used_or_not() {
    let pbx = Pbx::new(Flavour::Legacy);
    let policy = json!({"mode": "block", "countries": ["CN"], "lists": ["mine"]});
    assert!(pbx.ask("lists", &keep("9.9.9.9\n")).is_ok());
    assert!(pbx.ask("apply", &json!({"v": 1, "source": "dbip", "policy": policy})).is_ok());
    pbx.attach();
    let senders = ["1.0.0.7", "1.0.0.8", "1.0.0.8", "9.9.9.9", "2a00:1::7", "2a00:1::8"];
    pbx.lab.arriving(&senders.map(|text| text.parse().unwrap()));
    let lists = json!({"v": 1, "ask": "never", "lists": [
        {"id": "mine", "text": "9.9.9.9\n"}, {"id": "nobody", "text": "1.1.0.0/24\n"},
        {"id": "others", "text": "1.0.0.0/24\n2a00:1::/48\n"},
    ]});
    assert!(pbx.ask("lists", &lists).is_ok());
    let activity = || pbx.ask("activity", &json!({"v": 1}));
    let dropped = |packets: u64| json!({"dropped": packets, "counted": 0});
    assert_eq!(
        activity().data()["lists"],
        json!([
            {"list": "others", "name": null, "packets": dropped(5), "addresses": 3},
            {"list": "mine", "name": null, "packets": dropped(1), "addresses": 1},
            {"list": "nobody", "name": null, "packets": dropped(0), "addresses": 0},
        ])
    );
    std::fs::write(pbx.world.state().join("list-others.geolist"), "damaged").unwrap();
    let outcome = activity();
    assert_eq!(outcome.data()["lists"].as_array().unwrap().len(), 2);
    assert_eq!(outcome.warnings(), ["database.corrupt"]);
}
