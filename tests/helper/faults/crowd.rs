//! Concurrent programs: several helpers, firewall reloads of Core, and programs that hold the lock of iptables.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Stand, chosen};
use crate::world::plain_request;

#[test]
fn sixteen_helpers_at_once() {
    let stand = Stand::usual();
    for round in chosen((0..12).collect(), 2) {
        stand.at_point(|| {
            thread::scope(|scope| {
                for helper in 0..16 {
                    let stand = &stand;
                    scope.spawn(move || {
                        let turn = round + helper;
                        let outcome = match helper % 4 {
                            0 => stand.apply(turn),
                            1 => stand.update(turn),
                            2 => stand.attach(),
                            _ => stand.ask("status", &plain_request()),
                        };
                        assert!(outcome.is_ok() || outcome.code() == "state.busy", "{outcome:?}");
                    });
                }
            });
        });
        let outcome = stand.update(round);
        assert!(outcome.is_ok(), "{outcome:?}");
        stand.assert_whole("sixteen helpers");
    }
    stand.report("16 helpers at once", "each done or `state.busy`");
}

/// Two reloads at once leave an INPUT in a random order, so the module never requests one while another runs. Even
/// then, the hook must end each time, and the next single reload must repair everything.
#[test]
fn two_reloads_of_the_firewall_at_once() {
    let stand = Stand::usual();
    for _ in chosen((0..24).collect(), 4) {
        stand.points.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    stand.pbx.build_input_up_to_the_hook();
                    let outcome = stand.attach();
                    assert!(outcome.is_ok() || outcome.code() == "firewall.input_changed", "{outcome:?}");
                    stand.pbx.finish_input_behind_the_hook();
                });
            }
        });
        stand.build_input();
        stand.watched(|| stand.assert_whole("two reloads"));
    }
    stand.report("two firewall reloads at once", "done or `firewall.input_changed`; the next reload mends");
}

#[test]
fn the_lock_of_iptables_held_by_another_program() {
    let stand = Stand::usual();
    let lock = stand.pbx.world.file("xtables.lock");
    let attach = || {
        let mut helper = stand.pbx.helper("attach");
        helper.env("XTABLES_LOCKFILE", &lock);
        crate::world::ask(stand.pbx.lab.pbx.wrap(&helper), &plain_request())
    };
    for (seconds, expected) in [("0.5", None), ("2", None), ("9", Some("firewall.timeout"))] {
        stand.drift();
        stand.at_point(|| {
            let mut holder = Command::new("flock").arg(&lock).args(["sleep", seconds]).spawn().unwrap();
            thread::sleep(Duration::from_millis(200));
            let outcome = attach();
            match expected {
                None => assert!(outcome.is_ok(), "{seconds} s: {outcome:?}"),
                Some(code) => assert_eq!(outcome.code(), code, "{seconds} s"),
            }
            holder.wait().unwrap();
            assert!(attach().is_ok());
        });
        stand.assert_whole(seconds);
    }
    stand.report("xtables lock held for 0.5, 2 and 9 s", "waits up to 5 s, then `firewall.timeout`");
}
