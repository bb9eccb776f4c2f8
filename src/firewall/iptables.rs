//! The `iptables` tools of one family: whatever comes first on the PATH, as MikoPBX Core itself calls them.

use super::command::{Output, Tool};
use crate::error::{Code, Error, Result};
use crate::net::Family;

/// Seconds to wait for the lock that the tools of iptables-legacy share.
const LOCK_WAIT: &str = "5";
/// Exit status of the tools when another program held the lock all that time.
const LOCK_HELD: i32 = 4;

/// `iptables` and `iptables-restore`, or their IPv6 twins.
#[derive(Debug)]
pub(super) struct Iptables {
    list: Tool,
    restore: Tool,
}

impl Iptables {
    pub(super) fn find(family: Family) -> Result<Self> {
        let (list, restore) = match family {
            Family::V4 => ("iptables", "iptables-restore"),
            Family::V6 => ("ip6tables", "ip6tables-restore"),
        };
        let find = |name| Tool::find(name, Code::FirewallIptablesMissing);
        Ok(Self { list: find(list)?, restore: find(restore)? })
    }

    /// True if the tools take a lock, for which those of the other family have to wait. Some of iptables-legacy look
    /// only once in a second whether it is free.
    pub(super) fn take_lock(&self) -> bool {
        !(self.list.is_program("nft") && self.restore.is_program("nft"))
    }

    /// The `-S` listing of the filter table, line by line.
    pub(super) fn rules(&self) -> Result<Vec<String>> {
        let output = self.list.run(&["-w", LOCK_WAIT, "-S"])?;
        if !output.status.success() {
            return Err(failure(&self.list, &output));
        }
        let listing: Vec<String> = output.stdout.lines().map(str::to_owned).collect();
        // To put the jump where nonsense says would drop those whom INPUT trusts.
        if is_listing(&listing) {
            Ok(listing)
        } else {
            let message = format!("{} does not list its rules as it should", self.list.name());
            Err(Error::new(Code::FirewallCommand, message))
        }
    }

    /// Commits these lines of `iptables-restore` to the filter table, all or none.
    pub(super) fn commit(&self, lines: &[String]) -> Result<()> {
        let script = format!("*filter\n{}\nCOMMIT\n", lines.join("\n"));
        let arguments = ["--noflush", "-w", LOCK_WAIT];
        let output = self.restore.run_with(&arguments, |input| input.write_all(script.as_bytes()))?;
        if output.status.success() { Ok(()) } else { Err(failure(&self.restore, &output)) }
    }
}

/// True for what `-S` prints: policies, of INPUT among others, then chains and rules.
fn is_listing(lines: &[String]) -> bool {
    let is_of_listing = |line: &String| ["-P ", "-N ", "-A "].iter().any(|begin| line.starts_with(begin));
    lines.iter().any(|line| line.starts_with("-P INPUT ")) && lines.iter().all(is_of_listing)
}

/// Tells the failures apart that have their own remedy.
fn failure(tool: &Tool, output: &Output) -> Error {
    let complaint = output.complaint();
    let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
    let code = if output.status.code() == Some(LOCK_HELD) && says(&["lock"]) {
        Code::FirewallTimeout
    } else if says(&["Permission denied", "Operation not permitted", "you must be root"]) {
        Code::FirewallPermission
    } else if says(&[
        "do you need to insmod",
        "Couldn't load match",
        "No chain/target/match",
        "not supported",
    ]) {
        Code::FirewallUnsupported
    } else {
        Code::FirewallCommand
    };
    Error::new(code, format!("{} failed: {complaint}", tool.name()))
}
