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
