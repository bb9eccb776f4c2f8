//! Tools that fail or are missing: the code says which, and the filter in force stays.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::lab::Namespace;
use crate::pbx::{Flavour, Pbx, ROWS, TOOLS};
use crate::world::{IPSET_TOOL, NETLINK, SET_BACKEND, World, ask, block_request, plain_request, powerless};

#[test]
fn a_failing_tool_gives_its_code_and_leaves_the_filter_in_force() {
    // What the tool does, and the expected code.
    let cases = [
        ("ipset", "exit 1", "firewall.command"),
        (
            "ipset",
            "echo 'ipset v7.17: Kernel error received: Operation not permitted' >&2; exit 1",
            "firewall.permission",
        ),
        ("ipset", "echo 'ipset v7.17: Cannot open session to kernel.' >&2; exit 1", "firewall.ipset_missing"),
        (
            "ipset",
            "echo 'ipset v7.17: Kernel error received: set type not supported' >&2; exit 1",
            "firewall.unsupported",
        ),
        (
            "ipset",
            "echo 'ipset v7.17: Error in line 7: Kernel error received: Cannot allocate memory' >&2; exit 1",
            "firewall.memory",
        ),
        // Loads all entries but one and reports success.
        (
            "ipset",
            "[ \"$1\" = restore ] && { sed '$d' | /usr/sbin/ipset restore; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.unverified",
        ),
        // Fails only at the swap.
        (
            "ipset",
            "[ \"$1\" = restore ] && { cat >/tmp/$$; grep -q ^swap /tmp/$$ && { rm /tmp/$$; exit 1; }; /usr/sbin/ipset restore </tmp/$$; rm /tmp/$$; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.command",
        ),
        // Swaps two sets and fails at the third.
        (
            "ipset",
            "[ \"$1\" = restore ] && { cat >/tmp/$$; grep -q ^swap /tmp/$$ && [ $(wc -l </tmp/$$) -gt 2 ] && { head -2 /tmp/$$ | /usr/sbin/ipset restore; rm /tmp/$$; echo 'ipset v7.17: Error in line 3: Kernel error received: busy' >&2; exit 1; }; /usr/sbin/ipset restore </tmp/$$; rm /tmp/$$; exit; }; exec /usr/sbin/ipset \"$@\"",
            "firewall.command",
        ),
        (
            "iptables",
            "echo 'Another app is currently holding the xtables lock' >&2; exit 4",
            "firewall.timeout",
        ),
        (
            "iptables",
            "echo 'iptables: Permission denied (you must be root)' >&2; exit 4",
            "firewall.permission",
        ),
    ];
    for (tool, script, code) in cases {
        let pbx = Pbx::with_ipset_tool(Flavour::Legacy);
        pbx.apply(&["CN"]);
        pbx.attach();
        let before = pbx.kernel();
        let genuine = fs::read_link(pbx.tools.join(tool)).ok();
        pbx.replace_tool(tool, script);
        let outcome = pbx.ask("apply", &block_request(&["DE"]));
        assert_eq!(outcome.code(), code, "{tool}: {script}: {outcome:?}");
        fs::remove_file(pbx.tools.join(tool)).unwrap();
        if let Some(genuine) = genuine {
            symlink(genuine, pbx.tools.join(tool)).unwrap();
        }
        assert_eq!(pbx.kernel(), before, "{tool}: {script}");
        let status = pbx.ask("status", &plain_request());
        assert_eq!(status.data()["applied"]["policy"]["countries"], json!(["CN"]), "{tool}: {script}");
        assert_eq!(status.data()["active"], true, "{tool}: {script}: {status:?}");
        pbx.assert_filtering(&["1.1.0.4"], &["1.0.0.7"]);
    }
}

#[test]
fn missing_tools_are_reported_with_their_exit_status() {
    let pbx = Pbx::new(Flavour::Legacy);
    let bare = pbx.world.file("bare");
    fs::create_dir(&bare).unwrap();
    // A root directory in which the usual places of the tool are empty.
    let without = |tool: &str, backend: &str| {
        let hide = format!(
            "mount -t tmpfs none {} && mount --bind {} /usr/sbin && exec \"$@\"",
            bare.display(),
            bare.display()
        );
        let keep: String = ["ipset", "xtables-legacy-multi"]
            .iter()
            .filter(|kept| !kept.starts_with(tool))
            .map(|kept| format!("cp /usr/sbin/{kept} {} && ", bare.display()))
            .collect();
        let links: String = TOOLS
            .iter()
            .filter(|link| !link.starts_with(tool))
            .map(|link| format!("ln -s /usr/sbin/xtables-legacy-multi {}/{link} && ", bare.display()))
            .collect();
        let (mount, bind) = hide.split_once(" && ").unwrap();
        let script = format!("{mount} && {keep}{links}{bind}");
        let helper = pbx.world.helper("apply");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &script, "sh"]).arg(helper.get_program()).args(helper.get_args());
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env(SET_BACKEND, backend);
        ask(pbx.lab.pbx.wrap(&command), &block_request(&["CN"]))
    };
    let outcome = without("ipset", IPSET_TOOL);
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.ipset_missing"));
    let outcome = without("iptables", NETLINK);
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.iptables_missing"));
    // With netlink, the tool is not needed.
    assert_eq!(without("ipset", NETLINK).warnings(), [""; 0]);
    let outcome = without("ip6tables", NETLINK);
    assert_eq!(outcome.warnings(), ["firewall.no_ipv6"]);
    let sets = outcome.data()["sets"].as_array().unwrap();
    assert_eq!(sets.iter().map(|set| &set["name"]).collect::<Vec<_>>(), ["geoip_blocked_v4"]);
}

#[test]
fn without_permission_the_code_says_so() {
    let world = World::new();
    world.update_from(&world.bundle("rows.csv.gz", ROWS));
    let namespace = Namespace::new("bare");
    let outcome = ask(namespace.wrap(&powerless(&world.helper("apply"))), &block_request(&["CN"]));
    assert_eq!((outcome.status, outcome.code()), (4, "firewall.permission"), "{outcome:?}");
    let status = ask(namespace.wrap(&powerless(&world.helper("status"))), &plain_request());
    assert_eq!(status.data()["active"], false);
}
