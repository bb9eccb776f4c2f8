//! Tools that fail, are missing, hang or print garbage at any moment.

use std::fs;
use std::os::unix::fs::symlink;

use super::{Stand, policy};
use crate::pbx::Flavour;
use crate::world::{IPSET_TOOL, NETLINK, Outcome};

/// Faults of a tool: a script in its place, in which `REAL` is the tool itself.
const FATES: [(&str, &str); 8] = [
    ("fails", "cat >/dev/null; exit 1"),
    ("crashes", "kill -SEGV $$"),
    ("crashes when it has done its work", "REAL \"$@\"; kill -KILL $$"),
    ("prints nothing", "cat >/dev/null"),
    (
        "talks nonsense",
        "cat >/dev/null; echo 'Name: %s%n'; head -c 2000 /dev/urandom; echo '-A INPUT -j ACCEPT'",
    ),
    ("talks without end", "yes 'nonsense without end'"),
    ("reads nothing", "exec <&-; exit 0"),
    ("is half a tool", "REAL \"$@\" | head -c 60; exit 3"),
];

fn withstands(flavour: Flavour, backend: &'static str, tools: &[&str]) {
    let stand = Stand::new(flavour, backend);
    for tool in tools {
        let genuine = fs::read_link(stand.pbx.tools.join(tool)).ok();
        let real = match (&genuine, flavour) {
            (None, _) => "/usr/sbin/ipset".to_owned(),
            (_, Flavour::Legacy) => format!("/usr/sbin/{}", tool.replace("tables", "tables-legacy")),
            (_, Flavour::Nft) => format!("/usr/sbin/{}", tool.replace("tables", "tables-nft")),
        };
        let restore = || {
            fs::remove_file(stand.pbx.tools.join(tool)).unwrap();
            genuine.iter().for_each(|genuine| symlink(genuine, stand.pbx.tools.join(tool)).unwrap());
        };
        for (turn, (fate, script)) in FATES.iter().enumerate() {
            stand.drift();
            stand.at_point(|| {
                stand.pbx.replace_tool(tool, &script.replace("REAL", &real));
                for outcome in [stand.apply(turn), stand.attach()] {
                    assert!(tells(&outcome), "{tool} {fate}: {outcome:?}");
                }
                restore();
                let outcome = stand.attach();
                assert!(outcome.is_ok(), "{tool} {fate}: {outcome:?}");
            });
            stand.assert_whole(&format!("{tool} {fate}"));
        }
        // The tool disappears after it was found, because the kernel does not find its interpreter.
        stand.drift();
        stand.at_point(|| {
            stand.pbx.replace_tool(tool, "");
            fs::write(stand.pbx.tools.join(tool), "#!/nowhere/sh\n").unwrap();
            for outcome in [stand.ask("apply", &policy(1)), stand.attach()] {
                assert!(tells(&outcome), "{tool} vanishes: {outcome:?}");
            }
            restore();
            assert!(stand.attach().is_ok());
        });
        stand.assert_whole(&format!("{tool} vanishes"));
    }
    let names = tools.join("`, `");
    stand.report(
        &format!("`{names}` failing, crashing, vanishing, talking nonsense ({flavour:?}, {backend})"),
        "`firewall.*`, or not needed; `attach` mends",
    );
}

fn tells(outcome: &Outcome) -> bool {
    outcome.is_ok() || outcome.code().starts_with("firewall.")
}

const IPTABLES: [&str; 4] = ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"];

#[test]
fn faults_of_iptables() {
    withstands(Flavour::Legacy, NETLINK, &IPTABLES);
}

#[test]
fn faults_of_iptables_nft() {
    withstands(Flavour::Nft, NETLINK, &["iptables", "ip6tables-restore"]);
}

#[test]
fn faults_of_ipset() {
    withstands(Flavour::Legacy, IPSET_TOOL, &["ipset"]);
}

/// The tool hangs behind a wrapper. Killing only the wrapper would leave the pipes open.
#[test]
fn a_tool_that_hangs_is_killed_with_all_its_children() {
    let stand = Stand::usual();
    stand.at_point(|| {
        stand.pbx.replace_tool("iptables-restore", "sleep 300; exit 1");
        stand.drift();
        let begun = std::time::Instant::now();
        let outcome = stand.attach();
        assert_eq!(outcome.code(), "firewall.timeout", "{outcome:?}");
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
        fs::remove_file(stand.pbx.tools.join("iptables-restore")).unwrap();
        symlink("/usr/sbin/xtables-legacy-multi", stand.pbx.tools.join("iptables-restore")).unwrap();
        assert!(stand.attach().is_ok());
    });
    stand.assert_whole("a tool hung");
    stand.report("`iptables-restore` hanging", "`firewall.timeout`; the next `attach` mends");
}
