//! Tools end with their helper, and are only run from safe directories.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::confirm::wait_until;
use crate::pbx::{Flavour, Pbx};
use crate::world::{ask, block_request, plain_request};

#[test]
fn a_killed_helper_takes_its_tool_along() {
    for signal in [Signal::KILL, Signal::TERM] {
        let pbx = Pbx::new(Flavour::Legacy);
        pbx.apply(&["DE"]);
        pbx.attach();
        let (begun, real) = (pbx.world.file("begun"), "/usr/sbin/iptables-legacy-restore");
        // Slow once, and in a separate process, like a wrapper on a busy machine.
        pbx.replace_tool(
            "iptables-restore",
            &format!(
                "[ -e {0} ] && exec {real} \"$@\"\nscript=$(cat); : >{0}\n(sleep 2; echo \"$script\" | {real} \"$@\")",
                begun.display()
            ),
        );
        let mut request = block_request(&["DE"]);
        request["policy"]["action"] = "count".into();
        let input = pbx.world.file("request.json");
        fs::write(&input, request.to_string()).unwrap();
        let mut command = pbx.lab.pbx.wrap(&pbx.helper("apply"));
        command.stdin(fs::File::open(&input).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut helper = command.spawn().unwrap();
        wait_until("begun", || begun.exists());
        kill_process(Pid::from_child(&helper), signal).unwrap();
        helper.wait().unwrap();
        // The next helper need not wait, and nothing changes afterwards.
        pbx.apply(&["DE"]);
        sleep(Duration::from_secs(3));
        let rules = pbx.iptables("iptables", "-S GEOIP_VERDICT");
        assert!(rules.trim_end().ends_with("-j DROP"), "{rules}");
        assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
    }
}

#[test]
fn a_process_left_by_a_tool_blocks_neither_this_helper_nor_the_next() {
    let pbx = Pbx::new(Flavour::Legacy);
    pbx.apply(&["DE"]);
    pbx.attach();
    // In the tool's process group or not, and with its output or not.
    for left_running in ["sleep 30", "sleep 30 >/dev/null 2>&1", "setsid sleep 30"] {
        pbx.replace_tool("iptables", &format!("{left_running} &\nexec /usr/sbin/iptables-legacy \"$@\""));
        let begun = Instant::now();
        pbx.attach();
        // A process that leaves the group keeps the lock, as if the tool was still running.
        if !left_running.starts_with("setsid") {
            pbx.attach();
        }
        assert!(begun.elapsed() < Duration::from_secs(15), "{left_running}: {:?}", begun.elapsed());
    }
}

#[test]
fn tools_in_unsafe_directories_are_not_run() {
    let pbx = Pbx::new(Flavour::Nft);
    let ran = pbx.world.file("ran");
    for tool in ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"] {
        pbx.replace_tool(tool, &format!(": >{}; exit 1", ran.display()));
    }
    let tools = pbx.tools.to_str().unwrap();
    for path in [Some(""), None, Some("."), Some(":/usr/bin"), Some("tools"), Some(tools)] {
        let is_open = path == Some(tools);
        fs::set_permissions(&pbx.tools, fs::Permissions::from_mode(if is_open { 0o777 } else { 0o755 }))
            .unwrap();
        // Only the helper gets this PATH.
        let helper = pbx.helper("apply");
        let mut inside = Command::new("env");
        match path {
            Some(path) => inside.arg(format!("PATH={path}")),
            None => inside.args(["-u", "PATH"]),
        };
        inside.arg(helper.get_program()).args(helper.get_args());
        let mut command = pbx.lab.pbx.wrap(&inside);
        command.current_dir(if path == Some("tools") { pbx.tools.parent().unwrap() } else { &pbx.tools });
        let outcome = ask(command, &block_request(&["DE"]));
        assert!(outcome.is_ok() && !ran.exists(), "{path:?}: {outcome:?}");
    }
}

#[test]
fn tools_also_run_without_proc() {
    let pbx = Pbx::new(Flavour::Nft);
    let helper = |operation: &str, request: &serde_json::Value| {
        let helper = pbx.helper(operation);
        let mut inside = Command::new("unshare");
        inside.args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            "umount -l /proc && exec \"$@\"",
            "sh",
        ]);
        inside.arg(helper.get_program()).args(helper.get_args());
        let outcome = ask(pbx.lab.pbx.wrap(&inside), request);
        assert!(outcome.is_ok(), "{operation}: {outcome:?}");
    };
    helper("apply", &block_request(&["DE"]));
    helper("attach", &plain_request());
    assert_eq!(pbx.ask("status", &plain_request()).data()["active"], true);
    helper("detach", &plain_request());
}
