//! Other programs restore old copies of our sets.

use std::fs;
use std::process::Command;

use crate::pbx::{Flavour, Pbx};

/// Restores an edited output of `ipset save`.
fn restore(pbx: &Pbx, saved: &str) {
    let file = pbx.world.file("saved");
    fs::write(&file, saved).unwrap();
    let mut restore = Command::new("ipset");
    restore.args(["restore", "-file", file.to_str().unwrap()]);
    assert!(pbx.lab.pbx.wrap(&restore).status().unwrap().success(), "{saved}");
}

/// Removes everything from the firewall, like a reboot.
fn stop(pbx: &Pbx) {
    for tool in ["iptables", "ip6tables"] {
        pbx.iptables(tool, "-F");
        pbx.iptables(tool, "-X");
    }
    pbx.lab.pbx.run("ipset", &["destroy"]);
}

#[test]
fn restored_sets_of_the_same_size_are_noticed_at_once() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["DE"]);
    pbx.attach();
    let saved = pbx.lab.pbx.run("ipset", &["save"]);
    let edited = saved.replace("1.0.64.0", "9.9.9.0");
    assert_ne!(edited, saved);
    // Without our rules, and with them.
    for keeps_rules in [false, true] {
        if keeps_rules {
            let rules = pbx.lab.pbx.run("iptables-legacy-save", &[] as &[&str]);
            let rules_v6 = pbx.lab.pbx.run("ip6tables-legacy-save", &[] as &[&str]);
            stop(&pbx);
            restore(&pbx, &edited);
            for (tool, rules) in [("iptables-legacy-restore", rules), ("ip6tables-legacy-restore", rules_v6)]
            {
                let file = pbx.world.file("rules");
                fs::write(&file, rules).unwrap();
                pbx.lab.pbx.run(tool, &[file.to_str().unwrap()]);
            }
        } else {
            stop(&pbx);
            restore(&pbx, &edited);
        }
        pbx.attach();
        pbx.assert_filtering(&["1.0.0.7", "9.9.9.9"], &["1.0.64.7"]);
    }
}

/// Sets that are too large to be compared each time are recognised by their header.
#[test]
fn the_header_of_a_set_identifies_its_content() {
    let pbx = Pbx::new(Flavour::Legacy);
    let header = |countries: &[&str]| {
        pbx.apply(countries);
        let list = pbx.lab.pbx.run("ipset", &["list", "-t", "geoip_blocked_v4"]);
        let header = list.lines().find(|line| line.starts_with("Header")).unwrap().to_owned();
        header.split_once("maxelem ").unwrap().1.split(' ').next().unwrap().to_owned()
    };
    let (one, other) = (header(&["DE"]), header(&["CN"]));
    assert_ne!(one, other);
    assert_eq!(header(&["DE"]), one);
}

#[test]
fn a_restored_exception_lets_nobody_in() {
    let pbx = Pbx::new(Flavour::Legacy);
    let mut request = crate::world::block_request(&["DE"]);
    request["policy"]["exceptions"] =
        serde_json::json!([{"subnet": "1.0.64.9", "expires_at": "2090-01-01T00:00:00Z"}]);
    assert!(pbx.ask("apply", &request).is_ok());
    pbx.attach();
    pbx.assert_filtering(&["1.0.64.9"], &["1.0.64.7"]);
    pbx.lab.pbx.run("ipset", &["add", "geoip_exempt_v4", "1.0.64.7", "timeout", "900"]);
    pbx.lab.pbx.run("ipset", &["del", "geoip_exempt_v4", "1.0.64.9"]);
    pbx.attach();
    pbx.assert_filtering(&["1.0.64.9"], &["1.0.64.7"]);
}
