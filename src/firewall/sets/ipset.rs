//! The set backend that runs the `ipset` tool.

use std::io::{self, Write};
use std::net::IpAddr;

use super::backend::{Change, Counted, SetBackend, Step, Stopped};
use super::spec::{Listed, Member, SENDERS_HASH_SIZE, SetHeader, SetKind, SetSpec, TimedMember};
use crate::error::{Code, Error, Result};
use crate::firewall::tool::{Output, Tool};
use crate::net::Family;

/// The `ipset` tool of this system.
#[derive(Debug)]
pub(in crate::firewall) struct Ipset {
    tool: Tool,
}

impl Ipset {
    pub(in crate::firewall) fn find() -> Result<Self> {
        Tool::find("ipset", Code::FirewallIpsetMissing).map(|tool| Self { tool })
    }

    /// All entries of a set, parsed by `read`.
    fn list<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
        let what = format!("list {name}");
        let output = self.tool.run(&["save", name])?;
        if !output.status.success() {
            return Err(failure(&what, &output));
        }
        let additions = output.stdout.lines().filter_map(|line| line.strip_prefix("add "));
        let members: Option<Vec<T>> = additions.map(read).collect();
        members.ok_or_else(|| {
            Error::new(Code::FirewallCommand, format!("ipset cannot {what}: its output cannot be parsed"))
        })
    }

    /// Runs a command on a set. A missing set is no error.
    fn if_exists(&self, command: &str, name: &str) -> Result<()> {
        let output = self.tool.run(&[command, name])?;
        if output.status.success() || is_missing(&output) {
            Ok(())
        } else {
            Err(failure(&format!("{command} {name}"), &output))
        }
    }

    fn restore(&self, script: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send) -> Result<Output> {
        self.tool.run_with(&["restore"], script)
    }
}

impl SetBackend for Ipset {
    fn headers(&self) -> Result<Vec<SetHeader>> {
        let output = self.tool.run(&["list", "-t"])?;
        if !output.status.success() {
            return Err(failure("list sets", &output));
        }
        Ok(parse_headers(&output.stdout))
    }

    fn header(&self, name: &str) -> Result<Option<SetHeader>> {
        let output = self.tool.run(&["list", "-t", name])?;
        if is_missing(&output) {
            Ok(None)
        } else if output.status.success() {
            Ok(parse_header(&output.stdout))
        } else {
            Err(failure(&format!("list {name}"), &output))
        }
    }

    fn members(&self, name: &str, kind: SetKind) -> Result<Vec<Listed>> {
        self.list(name, |line| parse_member(line, kind))
    }

    fn counted(&self, name: &str) -> Result<Vec<Counted>> {
        self.list(name, parse_counted)
    }

    fn holds(&self, name: &str, address: IpAddr) -> Result<bool> {
        let output = self.tool.run(&["test", name, &address.to_string()])?;
        if output.status.success() {
            Ok(true)
        } else if output.stderr.contains("is NOT in set") {
            Ok(false)
        } else {
            Err(failure(&format!("test {name} for {address}"), &output))
        }
    }

    fn load(&self, set: &SetSpec<'_>) -> Result<()> {
        let output = self.restore(|input| write_set(set, input))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failure(&format!("load {}", set.next_name), &output))
        }
    }

    fn change(&self, name: &str, change: Change, members: &[Member]) -> Result<()> {
        let (command, lenient) = match change {
            Change::Add => ("add", ""),
            Change::Remove => ("del", " -exist"),
        };
        let write = |output: &mut dyn Write| {
            members.iter().try_for_each(|member| {
                write!(output, "{command} {name} ")?;
                write_member(*member, output)?;
                writeln!(output, "{lenient}")
            })
        };
        let output = self.restore(write)?;
        if output.status.success() { Ok(()) } else { Err(failure(&format!("change {name}"), &output)) }
    }

    fn take(&self, steps: &[Step]) -> Result<(), Stopped> {
        let output = self.restore(|input| steps.iter().try_for_each(|step| write_step(*step, input)));
        let output = output.map_err(|error| Stopped { taken: 0, error })?;
        if output.status.success() {
            Ok(())
        } else {
            let taken = line_of(&output.stderr).map_or(0, |line| line.saturating_sub(1));
            Err(Stopped { taken: taken.min(steps.len()), error: failure("swap sets", &output) })
        }
    }

    fn flush(&self, name: &str) -> Result<()> {
        self.if_exists("flush", name)
    }

    fn destroy(&self, name: &str) -> Result<()> {
        self.if_exists("destroy", name)
    }
}

/// True if the tool reports that the named set does not exist.
fn is_missing(output: &Output) -> bool {
    !output.status.success() && output.stderr.contains("does not exist")
}

fn write_set(set: &SetSpec<'_>, output: &mut dyn Write) -> io::Result<()> {
    let (name, kind, options) = (set.next_name, set.kind.type_name(), set.options());
    match set.kind {
        SetKind::HashNet { hash_size, .. } | SetKind::Timed { hash_size, .. } => {
            writeln!(output, "create {name} {kind} {options} hashsize {hash_size}")?;
        }
        SetKind::Senders { .. } => {
            writeln!(output, "create {name} {kind} {options} forceadd hashsize {SENDERS_HASH_SIZE}")?;
        }
        SetKind::BitmapIp { .. } => writeln!(output, "create {name} {kind} {options}")?,
    }
    set.members.iter().try_for_each(|member| {
        write!(output, "add {name} ")?;
        write_member(member, output)?;
        writeln!(output)
    })
}

fn write_member(member: Member, output: &mut dyn Write) -> io::Result<()> {
    match member {
        Member::Prefix { address, length, nomatch } => {
            write!(output, "{address}/{length}{}", if nomatch { " nomatch" } else { "" })
        }
        Member::Range { first, last } => write!(output, "{first}-{last}"),
        Member::Timed(TimedMember { net, seconds }) => write!(output, "{net} timeout {seconds}"),
    }
}

fn write_step(step: Step, output: &mut dyn Write) -> io::Result<()> {
    match step {
        Step::Swap(one, other) => writeln!(output, "swap {one} {other}"),
        Step::Rename(from, to) => writeln!(output, "rename {from} {to}"),
    }
}

/// The line of the input that the tool reports as wrong, counted from 1.
fn line_of(message: &str) -> Option<usize> {
    let (_, number) = message.split_once("Error in line ")?;
    number.split(':').next()?.parse().ok()
}

/// The error for a failed command. Failures with their own remedy are recognised by the tool's messages.
fn failure(what: &str, output: &Output) -> Error {
    let message = output.error_text();
    let code = if message.contains("Operation not permitted") || message.contains("must be root") {
        Code::FirewallPermission
    } else if message.contains("Cannot open session to kernel") {
        Code::FirewallIpsetMissing
    } else if ["not supported", "is unknown", "Unknown argument"].iter().any(|words| message.contains(words))
    {
        Code::FirewallUnsupported
    } else if message.contains("resource busy") || message.contains("cannot be renamed: it is in use") {
        Code::FirewallSetsListed
    } else if message.contains("in use") {
        Code::FirewallSetInUse
    } else if message.contains("Cannot allocate memory") {
        Code::FirewallMemory
    } else {
        Code::FirewallCommand
    };
    Error::new(code, format!("ipset cannot {what}: {message}"))
}

fn parse_headers(listing: &str) -> Vec<SetHeader> {
    listing.split("\n\n").filter_map(parse_header).collect()
}

fn parse_header(paragraph: &str) -> Option<SetHeader> {
    let field = |name: &str| {
        paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    };
    let words: Vec<&str> = field("Header").unwrap_or_default().split_whitespace().collect();
    let family = words.iter().skip_while(|word| **word != "family").nth(1).copied().unwrap_or_default();
    Some(SetHeader {
        name: field("Name")?.to_owned(),
        kind: field("Type")?.to_owned(),
        // The header of a type that has only one family does not name it.
        family: if family == Family::V6.in_ipset() { Family::V6 } else { Family::V4 },
        options: options(&words),
        entries: field("Number of entries")?.parse().ok()?,
        references: field("References").and_then(|number| number.parse().ok()).unwrap_or(1),
        memory_bytes: field("Size in memory")?.parse().ok()?,
    })
}

/// The part of a header that belongs to [`SetHeader::options`].
fn options(header: &[&str]) -> String {
    const OF_THE_KERNEL: [&str; 3] = ["hashsize", "bucketsize", "initval"];
    let is_counted = |(place, word): &(usize, &&str)| {
        let before = place.checked_sub(1).map_or("", |before| header[before]);
        !OF_THE_KERNEL.contains(*word) && !OF_THE_KERNEL.contains(&before)
    };
    let counted: Vec<&str> = header.iter().enumerate().filter(is_counted).map(|(_, word)| *word).collect();
    counted.join(" ")
}

/// Parses an entry from the text after `add `: the name of the set, the entry, and its options.
fn parse_member(line: &str, kind: SetKind) -> Option<Listed> {
    let mut words = line.split_whitespace().skip(1);
    let member = words.next()?;
    let (address, length) = match member.split_once('/') {
        Some((address, length)) => (address, length.parse().ok()?),
        None => (member, kind.unnamed_length()),
    };
    Some(Listed { address: address.parse().ok()?, length, nomatch: words.any(|word| word == "nomatch") })
}

/// As [`parse_member`], with the packet count.
fn parse_counted(line: &str) -> Option<Counted> {
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let value = |name| words.iter().skip_while(|word| **word != name).nth(1);
    Some(Counted { address: words.first()?.parse().ok()?, packets: value("packets")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_parsed_from_the_tools_output() {
        let listing = "Name: geoip_blocked_v6\nType: hash:net\nRevision: 7\n\
            Header: family inet6 hashsize 64 maxelem 10 bucketsize 12 initval 0x1\n\
            Size in memory: 1312\nReferences: 1\nNumber of entries: 3\n\n\
            Name: ports\nType: bitmap:port\nRevision: 3\nHeader: range 0-10\n\
            Size in memory: 100\nReferences: 0\nNumber of entries: 0\n";
        let headers = parse_headers(listing);
        assert_eq!(headers.len(), 2);
        let families: Vec<Family> = headers.iter().map(|header| header.family).collect();
        assert_eq!(families, [Family::V6, Family::V4]);
        assert_eq!((headers[0].entries, headers[0].memory_bytes), (3, 1312));
        let options: Vec<&str> = headers.iter().map(|header| header.options.as_str()).collect();
        assert_eq!(options, ["family inet6 maxelem 10", "range 0-10"]);
    }

    #[test]
    fn entries_are_parsed_from_the_tools_output() {
        let hash = SetKind::HashNet { family: Family::V6, hash_size: 64 };
        let read = |line, kind| parse_member(line, kind).map(|found| (found.length, found.nomatch));
        assert_eq!(read("b 2a00::/24 timeout 29 packets 0", hash), Some((24, false)));
        assert_eq!(read("b 2a01::1 nomatch", hash), Some((128, true)));
        assert_eq!(read("a 1.2.0.0", SetKind::BitmapIp { netmask: 16 }), Some((16, false)));
        assert_eq!(read("a 1.2.0.0-1.3.0.0", hash), None);
    }

    proptest! {
        #[test]
        fn any_listing_is_parsed_set_by_set(
            sets in proptest::collection::vec(("[!-~]{1,31}", "[a-z:,]{1,20}", "inet6?", any::<(u64, u64)>()), 0..5),
        ) {
            let paragraph = |(name, kind, family, (entries, memory)): &(String, String, String, (u64, u64))| {
                format!(
                    "Name: {name}\nType: {kind}\nRevision: 7\nHeader: family {family} hashsize 64 maxelem 10\n\
                     Size in memory: {memory}\nReferences: 1\nNumber of entries: {entries}\n"
                )
            };
            let listing: Vec<String> = sets.iter().map(paragraph).collect();
            let expected: Vec<SetHeader> = sets
                .iter()
                .map(|(name, kind, family, (entries, memory_bytes))| SetHeader {
                    name: name.clone(),
                    kind: kind.clone(),
                    family: if family == "inet6" { Family::V6 } else { Family::V4 },
                    options: format!("family {family} maxelem 10"),
                    entries: *entries,
                    references: 1,
                    memory_bytes: *memory_bytes,
                })
                .collect();
            prop_assert_eq!(parse_headers(&listing.join("\n")), expected);
        }

        #[test]
        fn any_text_is_parsed_without_panic(
            text in "((Name|Type|Header|Size in memory|Number of entries)(: )?|family|[0-9]{1,21}|\n|\\PC){0,30}",
        ) {
            for header in parse_headers(&text) {
                prop_assert!(text.contains(&header.name) && text.contains(&header.kind));
            }
        }
    }
}
