//! Other programs: their rules around ours, and programs that list our sets while they change.

use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::{Stand, chosen, policy};
use crate::pbx::{BOTH, Flavour};
use crate::world::{IPSET_TOOL, NETLINK, Outcome, plain_request};

/// Rules of other programs that do not affect the ports of the test packets: a description, and the lines for each tool
/// that add and remove them.
const OF_OTHERS: [(&str, &[&str], &[&str]); 7] = [
    (
        "a certificate's port on top",
        &["-I INPUT -p tcp -m tcp --dport 80 -j ACCEPT"],
        &["-D INPUT -p tcp -m tcp --dport 80 -j ACCEPT"],
    ),
    (
        "an open port before everything",
        &["-I INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
        &["-D INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
    ),
    (
        "a chain of fail2ban",
        &["-N f2b-asterisk", "-A f2b-asterisk -j RETURN", "-I INPUT -p udp -j f2b-asterisk"],
        &["-D INPUT -p udp -j f2b-asterisk", "-F f2b-asterisk", "-X f2b-asterisk"],
    ),
    (
        "a chain that opens a port",
        &[
            "-N own-ports",
            "-A own-ports -p tcp -m tcp --dport 8443 -j ACCEPT",
            "-I INPUT -g own-ports -p tcp",
        ],
        &["-D INPUT -g own-ports -p tcp", "-F own-ports", "-X own-ports"],
    ),
    ("our chain for forwarded packets", &["-A FORWARD -j GEOIP_CHECK{V}"], &["-D FORWARD -j GEOIP_CHECK{V}"]),
    (
        "a match that is not understood",
        &["-I INPUT -p tcp -m mark --mark 0x7 -j ACCEPT"],
        &["-D INPUT -p tcp -m mark --mark 0x7 -j ACCEPT"],
    ),
    (
        "new connections to a port, by state",
        &["-I INPUT -p tcp -m tcp --dport 25 -m state --state NEW,ESTABLISHED -j ACCEPT"],
        &["-D INPUT -p tcp -m tcp --dport 25 -m state --state NEW,ESTABLISHED -j ACCEPT"],
    ),
];

fn change(stand: &Stand, lines: &[&str]) {
    for (tool, version) in [("iptables", ""), ("ip6tables", "_V6")] {
        for line in lines {
            stand.pbx.iptables(tool, &line.replace("{V}", version));
        }
    }
}

fn among_rules_of_others(flavour: Flavour) {
    let stand = Stand::new(flavour, NETLINK);
    let pairs = (0..OF_OTHERS.len()).flat_map(|one| (0..OF_OTHERS.len()).map(move |other| (one, other)));
    for (turn, (one, other)) in chosen(pairs.collect(), 4).into_iter().enumerate() {
        let both = if one == other { vec![one] } else { vec![one, other] };
        let names: Vec<&str> = both.iter().map(|of| OF_OTHERS[*of].0).collect();
        stand.at_point(|| {
            both.iter().for_each(|of| change(&stand, OF_OTHERS[*of].1));
            for (operation, request) in [
                ("attach", plain_request()),
                ("apply", policy(turn)),
                ("update", stand.edition(turn)),
                ("heal", plain_request()),
                ("check", json!({"v": 1, "settle_seconds": 0})),
            ] {
                let outcome = stand.ask(operation, &request);
                assert!(outcome.is_ok(), "{operation} beside {names:?}: {outcome:?}");
            }
            let status = stand.ask("status", &plain_request());
            assert_eq!(status.data()["active"], true, "beside {names:?}: {status:?}");
            both.iter().rev().for_each(|of| change(&stand, OF_OTHERS[*of].2));
            assert!(stand.attach().is_ok());
            let again = stand.attach();
            assert_eq!(again.data()["changed"], false, "after {names:?}: {again:?}");
        });
        assert_eq!(stand.trace().sets, stand.whole.sets, "after {names:?}");
    }
    stand.report(
        &format!("rules of others, one or two at a time ({flavour:?})"),
        "understood; the filter stands before what is open",
    );
}

#[test]
fn rules_of_others_around_the_filter() {
    BOTH.into_iter().for_each(among_rules_of_others);
}

/// Programs that list all sets repeatedly, until this value is dropped.
struct Listing(Vec<Child>);

impl Listing {
    fn by(stand: &Stand, number: usize) -> Self {
        let list = || {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do ipset save >/dev/null 2>&1; done"]);
            stand.pbx.lab.pbx.wrap(&command).stdin(Stdio::null()).spawn().unwrap()
        };
        Self((0..number).map(|_| list()).collect())
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        for listing in &mut self.0 {
            let _ = listing.kill();
            let _ = listing.wait();
        }
    }
}

fn while_sets_are_listed(backend: &'static str) {
    let stand = Stand::new(Flavour::Legacy, backend);
    for turn in chosen((0..40).collect(), 4) {
        stand.at_point(|| {
            let listing = Listing::by(&stand, 2);
            for outcome in [stand.apply(turn), stand.update(turn), stand.attach()] {
                assert!(waits_or_tells(&outcome), "{outcome:?}");
            }
            drop(listing);
            let outcome = stand.apply(turn);
            assert!(outcome.is_ok(), "{outcome:?}");
        });
        stand.assert_whole("sets were listed");
    }
    stand.report(
        &format!("two programs that list all sets again and again ({backend})"),
        "done, or `firewall.sets_listed`; the next run mends",
    );
}

fn waits_or_tells(outcome: &Outcome) -> bool {
    outcome.is_ok() || outcome.code() == "firewall.sets_listed"
}

#[test]
fn sets_that_somebody_lists_all_the_time() {
    while_sets_are_listed(NETLINK);
    while_sets_are_listed(IPSET_TOOL);
}
