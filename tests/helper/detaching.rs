//! `detach` switches the filter off, even if other rules use our objects or steps fail.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;

use crate::pbx::{BOTH, Flavour, Pbx};
use crate::world::{IN_FORCE, Outcome, plain_request};

/// Blocked as long as the filter is on, one address per family.
const SHUT_OUT: [&str; 2] = ["1.0.0.7", "2a00:1::7"];

impl Pbx {
    fn on(flavour: Flavour) -> Self {
        Self::new(flavour).switched_on()
    }

    fn switched_on(self) -> Self {
        self.apply(&["CN"]);
        self.attach();
        self.assert_filtering(&[], &SHUT_OUT);
        self
    }

    fn detach(&self) -> Outcome {
        self.ask("detach", &plain_request())
    }

    fn has_record(&self) -> bool {
        self.world.state().join(IN_FORCE).exists()
    }

    /// Replaces tools by a script for one call of `detach`.
    fn detach_with(&self, tools: &[&str], script: &str) -> Outcome {
        let genuine: Vec<_> =
            tools.iter().map(|tool| fs::read_link(self.tools.join(tool)).unwrap()).collect();
        tools.iter().for_each(|tool| self.replace_tool(tool, script));
        let outcome = self.detach();
        for (tool, genuine) in tools.iter().zip(genuine) {
            fs::remove_file(self.tools.join(tool)).unwrap();
            symlink(genuine, self.tools.join(tool)).unwrap();
        }
        outcome
    }
}

fn messages(outcome: &Outcome) -> String {
    let warnings = outcome.reply["warnings"].as_array().unwrap().iter();
    warnings.map(|warning: &Value| warning["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn objects_in_use_are_emptied_and_reported_and_the_next_detach_removes_them() {
    let held = [
        "-A FORWARD -i cable -j GEOIP_CHECK",
        "-A INPUT -i cable -j GEOIP_CHECK",
        "-A INPUT -m comment --comment x -j GEOIP_CHECK",
        "-A OUTPUT -g GEOIP_VERDICT",
        "-A INPUT -m set --match-set geoip_blocked_v4 src -j DROP",
        "-t raw -A PREROUTING -m set --match-set geoip_slash16_v4 src -j DROP",
    ];
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::new(Flavour::Nft), Pbx::with_ipset_tool(Flavour::Legacy)] {
        let before = pbx.kernel();
        let pbx = pbx.switched_on();
        held.iter().for_each(|rule| drop(pbx.iptables("iptables", rule)));

        let outcome = pbx.detach();

        assert_eq!(outcome.data()["changed"], true);
        let mut codes = outcome.warnings();
        codes.sort_unstable();
        assert_eq!(codes, [["firewall.chain_in_use"; 2], ["firewall.set_in_use"; 2]].concat());
        for rule in held {
            assert!(messages(&outcome).contains(&format!("\"iptables {rule}\"")), "{rule}: {outcome:?}");
        }
        pbx.assert_filtering(&SHUT_OUT, &[]);
        let mut sets: Vec<String> = pbx.kernel().2.lines().map(str::to_owned).collect();
        sets.sort_unstable();
        assert_eq!(sets, ["geoip_blocked_v4", "geoip_slash16_v4"], "what nobody holds is gone");
        assert!(!pbx.has_record());

        held.iter().for_each(|rule| drop(pbx.iptables("iptables", &rule.replace("-A ", "-D "))));
        assert_eq!(pbx.detach().warnings(), [""; 0]);
        assert_eq!(pbx.kernel(), before);
    }
}

#[test]
fn misplaced_and_repeated_jumps_are_removed_and_no_other_rule_is() {
    for flavour in BOTH {
        let pbx = Pbx::on(flavour);
        for rule in ["-I INPUT -j GEOIP_CHECK", "-A INPUT -s 1.2.3.4/32 -j ACCEPT", "-A INPUT -j GEOIP_CHECK"]
        {
            pbx.iptables("iptables", rule);
        }
        assert_eq!(pbx.detach().warnings(), [""; 0]);
        assert_eq!(pbx.input("iptables"), ["-A INPUT -s 1.2.3.4/32 -j ACCEPT"]);
    }
}

#[test]
fn a_set_of_another_type_with_our_name_is_neither_removed_nor_emptied() {
    for pbx in [Pbx::new(Flavour::Legacy), Pbx::with_ipset_tool(Flavour::Legacy)] {
        pbx.lab.pbx.run_lines(
            "ipset create geoip_slash16_v4 hash:ip
             ipset add geoip_slash16_v4 192.0.2.1
             ipset create geoip_blocked_v6 hash:net family inet
             ipset create geoip_mixed_v4 hash:net",
        );
        let outcome = pbx.detach();
        assert_eq!(outcome.warnings(), ["firewall.foreign_set"; 2]);
        assert!(messages(&outcome).contains("geoip_slash16_v4"), "{outcome:?}");
        let sets = pbx.lab.pbx.run("ipset", &["save"]);
        assert!(sets.contains("add geoip_slash16_v4 192.0.2.1"), "{sets}");
        assert!(!sets.contains("geoip_mixed_v4"), "{sets}");
    }
}

#[test]
fn if_one_family_fails_nobody_is_locked_out_and_it_is_an_error_until_done() {
    for (failing, other) in [("ip6tables", "iptables"), ("iptables", "ip6tables")] {
        for script in [
            "exit 1",
            "echo 'Another app is currently holding the xtables lock' >&2; exit 4",
            "echo nonsense",
            "kill -9 $$",
        ] {
            let pbx = Pbx::on(Flavour::Legacy);
            let restore = format!("{failing}-restore");
            let outcome = pbx.detach_with(&[failing, &restore], script);
            assert!(outcome.code().starts_with("firewall."), "{script}: {outcome:?}");
            pbx.assert_filtering(&SHUT_OUT, &[]);
            assert_eq!(pbx.input(other), [""; 0], "{script}");
            assert!(pbx.has_record(), "what may be in force is on record");
            assert_eq!(pbx.detach().warnings(), [""; 0]);
            assert_eq!((pbx.kernel().2.as_str(), pbx.has_record()), ("", false), "{script}");
        }
    }
}

#[test]
fn a_garbled_listing_does_not_keep_the_jump_in_place() {
    for (flavour, multi) in BOTH.into_iter().zip(["xtables-legacy-multi", "xtables-nft-multi"]) {
        let pbx = Pbx::on(flavour);
        let list_nonsense = format!(
            "case \"$*\" in *-S*) echo '# a remark'; exit;; esac; exec /usr/sbin/{multi} iptables \"$@\""
        );
        let outcome = pbx.detach_with(&["iptables"], &list_nonsense);
        assert_eq!(outcome.data()["changed"], true);
        assert_eq!((pbx.input("iptables").len(), pbx.kernel().2.as_str()), (0, ""));
    }
}

#[test]
fn without_the_tools_the_sets_are_emptied() {
    let pbx = Pbx::on(Flavour::Legacy);
    let mut helper = std::process::Command::new("unshare");
    let hide = "mount -t tmpfs none /usr/sbin && exec \"$@\"";
    let detach = pbx.world.helper("detach");
    helper.args(["-m", "/bin/sh", "-c", hide, "sh"]).arg(detach.get_program()).args(detach.get_args());
    let outcome = crate::world::ask(pbx.lab.pbx.wrap(&helper), &plain_request());
    assert_eq!(outcome.code(), "firewall.iptables_missing", "{outcome:?}");
    pbx.assert_filtering(&SHUT_OUT, &[]);
    assert_eq!(pbx.detach().data()["changed"], true);
    assert_eq!(pbx.kernel().2, "");
}

#[test]
fn the_filter_can_be_switched_off_without_a_usable_state_directory() {
    let pbx = Pbx::on(Flavour::Legacy);
    fs::set_permissions(pbx.world.state(), Permissions::from_mode(0o777)).unwrap();
    assert_eq!(pbx.detach().code(), "state.unsafe");
    assert_eq!((pbx.input("iptables").len(), pbx.kernel().2.as_str()), (0, ""));
    fs::set_permissions(pbx.world.state(), Permissions::from_mode(0o700)).unwrap();

    let pbx = pbx.switched_on();
    fs::set_permissions(pbx.world.state().join("firewall.lock"), Permissions::from_mode(0o666)).unwrap();
    let outcome = pbx.detach();
    assert_eq!(outcome.code(), "state.unsafe");
    assert!(outcome.message().contains("firewall.lock"), "{outcome:?}");
    assert_eq!((pbx.input("iptables").len(), pbx.has_record()), (0, false));
}
