//! Our sets are replaced while other processes list sets, once or repeatedly.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::confirm::change_to;
use crate::pbx::{Flavour, Pbx, ROWS};
use crate::world::{IPSET_TOOL, NETLINK};

/// A PBX with sets that are too large for a pipe.
fn pbx(backend: &'static str) -> Pbx {
    let pbx = Pbx { backend, ..Pbx::new(Flavour::Legacy) };
    let many = (0..12000).map(|n| format!("20.{}.{}.0,20.{}.{}.127,JP\n", n >> 8, n & 255, n >> 8, n & 255));
    pbx.world.update_from(&pbx.world.bundle("many.csv.gz", &(ROWS.to_owned() + &many.collect::<String>())));
    pbx.apply(&["JP", "DE"]);
    pbx.attach();
    pbx
}

/// A list whose reader has stopped in the middle, like a pager.
fn open_list(pbx: &Pbx) -> Child {
    let mut list = Command::new("ipset");
    list.args(["list", "geoip_mixed_v4"]);
    let mut list = pbx.lab.pbx.wrap(&list).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    std::io::Read::read_exact(list.stdout.as_mut().unwrap(), &mut first).unwrap();
    list
}

fn close(mut list: Child) {
    list.kill().unwrap();
    list.wait().unwrap();
}

#[test]
fn an_open_list_is_reported_and_all_sets_or_none_are_replaced() {
    for backend in [NETLINK, IPSET_TOOL] {
        let pbx = pbx(backend);
        let before = pbx.kernel();
        let list = open_list(&pbx);
        let refused = pbx.ask("apply", &change_to(&["CN", "JP"], "one", 600));
        assert_eq!(refused.code(), "firewall.sets_listed", "{refused:?}");
        assert!(refused.message().contains("ipset (process "), "{refused:?}");
        close(list);
        assert_eq!(pbx.kernel(), before);
        pbx.assert_filtering(&["1.0.0.7"], &["1.0.64.7", "20.0.0.1"]);
        let status = pbx.status();
        assert_eq!(
            (&status.data()["change"], status.data()["active"].as_bool()),
            (&serde_json::Value::Null, Some(true))
        );
        pbx.apply(&["CN", "JP"]);
        pbx.assert_filtering(&["1.0.64.7"], &["1.0.0.7", "20.0.0.1"]);
    }
}

#[test]
fn a_trial_is_rolled_back_when_the_list_is_closed() {
    let pbx = pbx(NETLINK);
    pbx.change(&["CN", "JP"], "one", 1);
    let list = open_list(&pbx);
    thread::sleep(std::time::Duration::from_secs(6));
    assert_eq!(
        pbx.ask("status", &serde_json::json!({"v": 1, "quick": true})).data()["change"]["state"],
        "pending"
    );
    close(list);
    pbx.wait_for_the_watcher_to_roll_back();
    pbx.assert_filtering(&["1.0.0.7"], &["1.0.64.7", "20.0.0.1"]);
}

#[test]
fn repeated_listing_never_leaves_sets_of_two_policies() {
    let pbx = pbx(NETLINK);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    pbx.lab.pbx.wrap(Command::new("ipset").arg("save")).output().unwrap();
                }
            });
        }
        for turn in 0..6 {
            let countries: &[&str] = if turn % 2 == 0 { &["CN", "JP"] } else { &["DE", "JP"] };
            let outcome = pbx.ask("apply", &crate::world::block_request(countries));
            assert!(outcome.is_ok() || outcome.code() == "firewall.sets_listed", "{outcome:?}");
            let status = pbx.status();
            assert_eq!(status.data()["active"], true, "{status:?}");
        }
        stop.store(true, Ordering::Relaxed);
    });
}
