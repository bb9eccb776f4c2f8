//! The rule backend that runs the `iptables` tools of one family, found on the PATH, like MikoPBX Core does.

use std::fs;
use std::path::Path;

use super::backend::RuleBackend;
use super::input::Listing;
use crate::error::{Code, Error, Result};
use crate::firewall::tool::{Output, Tool};
use crate::net::Family;

/// Seconds to wait for the lock of iptables-legacy.
const LOCK_WAIT: &str = "5";
/// Exit status of the tools if another program holds the lock all that time.
const LOCK_HELD: i32 = 4;
/// Messages of the tools about a missing rule or chain.
const NOT_THERE: [&str; 4] =
    ["does a matching rule exist", "No chain/target/match", "does not exist", "Couldn't load target"];
const TABLES: [&str; 5] = ["filter", "raw", "mangle", "nat", "security"];

/// `iptables` and `iptables-restore`, or the IPv6 versions.
#[derive(Debug)]
pub(in crate::firewall) struct Iptables {
    list: Tool,
    restore: Tool,
}

impl Iptables {
    pub(in crate::firewall) fn find(family: Family) -> Result<Self> {
        let restore = match family {
            Family::V4 => "iptables-restore",
            Family::V6 => "ip6tables-restore",
        };
        let find = |name| Tool::find(name, Code::FirewallIptablesMissing);
        Ok(Self { list: find(family.iptables())?, restore: find(restore)? })
    }
}

impl RuleBackend for Iptables {
    /// Some tools of iptables-legacy check only once per second whether the lock is free, so parallel calls take
    /// longer.
    fn takes_lock(&self) -> bool {
        !(self.list.is_program("nft") && self.restore.is_program("nft"))
    }

    fn rules(&self) -> Result<Listing> {
        let output = self.list.run(&["-w", LOCK_WAIT, "-S"])?;
        if !output.status.success() {
            return Err(failure(&self.list, &output));
        }
        // A garbled listing could place the jump before the trusted rules.
        Listing::read(&output.stdout).ok_or_else(|| {
            let message = format!("cannot parse the rules that {} lists", self.list.name());
            Error::new(Code::FirewallCommand, message)
        })
    }

    fn name(&self) -> &'static str {
        self.list.name()
    }

    fn change(&self, words: &[&str]) -> Result<bool> {
        let output = self.list.run(&[&["-w", LOCK_WAIT], words].concat())?;
        if output.status.success() {
            return Ok(true);
        }
        let message = output.error_text();
        let is_missing = NOT_THERE.iter().any(|words| message.contains(words));
        if is_missing { Ok(false) } else { Err(failure(&self.list, &output)) }
    }

    /// Listing a table of iptables-legacy creates it. So only tables that exist already are listed.
    fn rules_of_all_tables(&self) -> Vec<String> {
        let loaded =
            fs::read_to_string(format!("/proc/net/{}_names", self.list.name().replace("tables", "_tables")));
        let is_there = |table: &str| match &loaded {
            Ok(loaded) if self.takes_lock() => loaded.lines().any(|line| line == table),
            _ => true,
        };
        let rules_of = |table: &str| -> Vec<String> {
            let listed = self.list.run(&["-w", LOCK_WAIT, "-t", table, "-S"]).ok();
            let rules = listed.iter().flat_map(|output| output.stdout.lines());
            let option = if table == "filter" { String::new() } else { format!("-t {table} ") };
            rules.filter(|line| line.starts_with("-A ")).map(|line| format!("{option}{line}")).collect()
        };
        TABLES.into_iter().filter(|table| is_there(table)).flat_map(rules_of).collect()
    }

    fn counted_rules(&self, chain: &str) -> Result<Vec<(String, u64)>> {
        let output = self.list.run(&["-w", LOCK_WAIT, "-v", "-S", chain])?;
        if output.status.success() {
            Ok(output.stdout.lines().filter_map(without_counters).collect())
        } else {
            Err(failure(&self.list, &output))
        }
    }

    fn commit(&self, lines: &[String]) -> Result<()> {
        let script = format!("*filter\n{}\nCOMMIT\n", lines.join("\n"));
        let arguments = ["--noflush", "-w", LOCK_WAIT];
        let output = self.restore.run_with(&arguments, |input| input.write_all(script.as_bytes()))?;
        if output.status.success() { Ok(()) } else { Err(failure(&self.restore, &output)) }
    }
}

/// Splits a rule from its counters, which are ` -c PACKETS BYTES` before the target. `None` for a line without
/// counters.
fn without_counters(line: &str) -> Option<(String, u64)> {
    let (matches, counters) = line.rsplit_once(" -c ")?;
    let mut words = counters.splitn(3, ' ');
    let packets = words.next()?.parse().ok()?;
    let target = words.nth(1).map(|target| format!(" {target}")).unwrap_or_default();
    Some((format!("{matches}{target}"), packets))
}

/// True if an error of the IPv6 tool means that this system has no IPv6 firewall. Any other error may be temporary.
pub(in crate::firewall) fn has_no_ipv6(failure: &Error) -> bool {
    /// Messages of the tools if the kernel supports neither the table nor the protocol.
    const ABSENT: [&str; 5] = [
        "Table does not exist",
        "do you need to insmod",
        "Address family not supported",
        "Protocol not available",
        "Protocol not supported",
    ];
    let says_so = ABSENT.iter().any(|words| failure.message().contains(words));
    let is_failure = matches!(failure.code(), Code::FirewallCommand | Code::FirewallUnsupported);
    let kernel_lacks = || matches!(Path::new("/proc/self/net/if_inet6").try_exists(), Ok(false));
    failure.code() == Code::FirewallIptablesMissing || is_failure && (says_so || kernel_lacks())
}

/// The error for a failed command. Failures with their own remedy are recognised by the tool's messages.
fn failure(tool: &Tool, output: &Output) -> Error {
    let message = output.error_text();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let code = if output.status.code() == Some(LOCK_HELD) && says(&["lock"]) {
        Code::FirewallTimeout
    } else if says(&["Permission denied", "Operation not permitted", "you must be root"]) {
        Code::FirewallPermission
    } else if says(&[
        "do you need to insmod",
        "Couldn't load match",
        "Couldn't load target",
        "No chain/target/match",
        "not supported",
    ]) {
        Code::FirewallUnsupported
    } else {
        Code::FirewallCommand
    };
    Error::new(code, format!("{} failed: {message}", tool.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_split_from_its_counters() {
        let counted = |rule: &str, packets| Some((rule.to_owned(), packets));
        assert_eq!(
            without_counters("-A C -m set --match-set s src -c 12 720 -j DROP"),
            counted("-A C -m set --match-set s src -j DROP", 12)
        );
        assert_eq!(without_counters("-A C -c 7 420"), counted("-A C", 7));
        assert_eq!(without_counters("-N C"), None);
    }
}
