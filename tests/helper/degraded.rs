//! On a kernel without optional features the filter works, reports what is missing, and uses it once it is there.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::pbx::{BLOCKED, Flavour, PASSING, Pbx};
use crate::world::{Outcome, block_request, plain_request};

const TOOLS: [&str; 2] = ["iptables-restore", "ip6tables-restore"];

/// A missing feature, and how the tools report it.
#[derive(Clone, Copy, Debug)]
enum Lack {
    /// A set type.
    SetType(&'static str),
    /// Words of a rule, the error message, and the exit status.
    Words(Flavour, &'static str, &'static str),
}

const LACKS: [Lack; 7] = [
    Lack::SetType("hash:ip"),
    Lack::SetType("bitmap:ip"),
    Lack::SetType("[hb][ai][st][hm]a*p*:ip"),
    Lack::Words(Flavour::Legacy, "-j SET", "iptables-restore v1.8.9 (legacy): Couldn't load target `SET'"),
    Lack::Words(Flavour::Legacy, "-j SET", "iptables-restore: line 7 failed"),
    Lack::Words(
        Flavour::Nft,
        "-j SET",
        "line 7: RULE_APPEND failed (No such file or directory): rule in chain X",
    ),
    Lack::Words(
        Flavour::Nft,
        "-m limit",
        "Warning: Extension limit revision 0 not supported, missing kernel module?",
    ),
];

impl Pbx {
    fn lacking(lack: Lack) -> Self {
        let pbx = match lack {
            Lack::SetType(_) => Self::with_ipset_tool(Flavour::Legacy),
            Lack::Words(flavour, ..) => Self::new(flavour),
        };
        pbx.lack(lack);
        pbx
    }

    fn lack(&self, lack: Lack) {
        match lack {
            Lack::SetType(kind) => self.replace_tool(
                "ipset",
                &format!(
                    "[ \"$1\" = restore ] || exec /usr/sbin/ipset \"$@\"
                     script=$(cat)
                     echo \"$script\" | grep -q '^create [^ ]* {kind} ' && {{
                         echo 'ipset v7.17: Error in line 1: Kernel error received: set type not supported' >&2
                         exit 1
                     }}
                     echo \"$script\" | /usr/sbin/ipset restore"
                ),
            ),
            Lack::Words(flavour, words, complaint) => {
                for tool in TOOLS {
                    let multi = multi(flavour);
                    self.replace_tool(
                        tool,
                        &format!(
                            "script=$(cat)
                             case $script in *'{words}'*) cat >&2 <<'END'\n{complaint}\nEND\nexit 1;; esac
                             printf '%s\\n' \"$script\" | {multi} {tool} \"$@\""
                        ),
                    );
                }
            }
        }
    }

    /// Makes the feature available, as if its module was loaded.
    fn learn(&self, lack: Lack) {
        match lack {
            Lack::SetType(_) => fs::remove_file(self.tools.join("ipset")).unwrap(),
            Lack::Words(flavour, ..) => {
                for tool in TOOLS {
                    fs::remove_file(self.tools.join(tool)).unwrap();
                    symlink(multi(flavour), self.tools.join(tool)).unwrap();
                }
            }
        }
    }

    fn ask_plainly(&self, operation: &str) -> Outcome {
        let request =
            if operation == "check" { json!({"v": 1, "settle_seconds": 0}) } else { plain_request() };
        self.ask(operation, &request)
    }
}

fn multi(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Legacy => "/usr/sbin/xtables-legacy-multi",
        Flavour::Nft => "/usr/sbin/xtables-nft-multi",
    }
}

fn is_degraded(outcome: &Outcome) -> bool {
    outcome.warnings().contains(&"firewall.degraded")
}

#[test]
fn missing_features_are_reported_and_the_filter_works_without_drift() {
    for lack in LACKS {
        let pbx = Pbx::lacking(lack);
        assert!(is_degraded(&pbx.apply(&["CN"])), "{lack:?}");
        assert!(is_degraded(&pbx.attach()), "{lack:?}");
        pbx.assert_filtering(&PASSING, &BLOCKED);
        let kernel = pbx.kernel();

        let status = pbx.ask_plainly("status");
        assert_eq!(
            (&status.data()["active"], is_degraded(&status)),
            (&json!(true), true),
            "{lack:?}: {status:?}"
        );
        let check = pbx.ask_plainly("check");
        assert_eq!((&check.data()["drifts"], is_degraded(&check)), (&json!([]), true), "{lack:?}");
        let heal = pbx.ask_plainly("heal");
        assert_eq!((&heal.data()["repaired"], is_degraded(&heal)), (&json!([]), true), "{lack:?}");
        assert_eq!(pbx.apply(&["CN"]).data()["changed"], false, "{lack:?}");
        assert_eq!(pbx.kernel(), kernel, "{lack:?}");

        let activity = pbx.ask("activity", &plain_request());
        assert_eq!(activity.data()["v4"]["dropped"], 6, "{lack:?}: {activity:?}");
        let is_told_apart = activity.data()["addresses_seen"] != 0;
        assert_eq!(is_told_apart, !is_degraded(&activity), "{lack:?}: {activity:?}");
    }
}

#[test]
fn a_feature_that_becomes_available_is_used_by_the_next_heal_or_apply() {
    let full = Pbx::new(Flavour::Legacy);
    full.apply(&["CN"]);
    for (turn, lack) in LACKS.into_iter().enumerate() {
        let pbx = Pbx::lacking(lack);
        pbx.apply(&["CN"]);
        pbx.learn(lack);
        let outcome = if turn % 2 == 0 { pbx.ask_plainly("heal") } else { pbx.apply(&["CN"]) };
        assert!(outcome.is_ok() && !is_degraded(&outcome), "{lack:?}: {outcome:?}");
        pbx.attach();
        let sets = |pbx: &Pbx| {
            let mut sets: Vec<String> = pbx.kernel().2.lines().map(str::to_owned).collect();
            sets.sort_unstable();
            sets
        };
        assert_eq!(sets(&pbx), sets(&full), "{lack:?}");
        let verdict = pbx.iptables("iptables", "-S GEOIP_VERDICT");
        assert!(verdict.contains("-m limit") && verdict.contains("-j SET"), "{lack:?}: {verdict}");
        assert_eq!(pbx.ask_plainly("status").data()["active"], true);
    }
}

#[test]
fn a_kernel_that_loses_a_feature_still_filters_by_the_new_policy() {
    for lack in [LACKS[1], LACKS[3]] {
        let pbx = Pbx::lacking(lack);
        pbx.learn(lack);
        pbx.apply(&["CN"]);
        pbx.attach();
        pbx.lack(lack);
        // No /16 block is dropped completely any more.
        let outcome = pbx.ask("apply", &block_request(&["DE"]));
        assert!(outcome.is_ok(), "{lack:?}: {outcome:?}");
        pbx.assert_filtering(&["1.0.0.7", "2a00::1"], &["1.200.0.7", "2a00:100::7"]);
        assert_eq!(pbx.ask_plainly("status").data()["active"], true, "{lack:?}");
    }
}

#[test]
fn without_connection_tracking_nothing_is_put_in_force() {
    let lack = Lack::Words(Flavour::Legacy, "-m conntrack", "Couldn't load match `conntrack'");
    let pbx = Pbx::lacking(lack);
    let outcome = pbx.ask("apply", &block_request(&["CN"]));
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.unsupported"), "{outcome:?}");
    assert!(!pbx.kernel().0.contains("GEOIP"), "no chain cuts whom nobody tells from others");
}
