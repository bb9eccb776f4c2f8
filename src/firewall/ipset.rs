//! The `ipset` tool.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::command::{Output, Tool};
use super::layout::{create_arguments, ipset_family, loading_set_name, set_name, set_type};
use crate::error::{Code, Error, Result};
use crate::net::{IpBits, PrefixTable, RangeSet};
use crate::plan::{KernelSet, Plan};

/// The `ipset` tool of this system.
#[derive(Debug)]
pub(super) struct Ipset {
    tool: Tool,
}

/// What the kernel says of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SetHeader {
    pub(super) name: String,
    /// Set type and family, such as `hash:net` and `inet`.
    pub(super) kind: String,
    pub(super) family: String,
    pub(super) entries: u64,
    pub(super) memory_bytes: u64,
}

impl SetHeader {
    /// True if the set has the type of `set`, so that it can be swapped with one.
    pub(super) fn is_like(&self, set: KernelSet) -> bool {
        // A bitmap names no family: it has room for IPv4 addresses alone.
        let family = if set_type(set).starts_with("hash:") { ipset_family(set.family()) } else { "" };
        self.kind == set_type(set) && self.family == family
    }
}

impl Ipset {
    pub(super) fn find() -> Result<Self> {
        Tool::find("ipset", Code::FirewallIpsetMissing).map(|tool| Self { tool })
    }

    /// The headers of all sets of this network namespace.
    pub(super) fn headers(&self) -> Result<Vec<SetHeader>> {
        let output = self.tool.run(&["list", "-t"])?;
        if !output.status.success() {
            return Err(failure("list sets", &output));
        }
        Ok(parse_headers(&output.stdout))
    }

    /// Loads the content of `sets` beside them; none of the loading sets exists yet.
    pub(super) fn load(&self, plan: &Plan, sets: impl Iterator<Item = KernelSet> + Send) -> Result<()> {
        self.restore(|input| {
            for set in sets {
                let name = loading_set_name(set);
                match set {
                    KernelSet::BlockedV4 => write_table(set, plan.v4(), name, input)?,
                    KernelSet::BlockedV6 => write_table(set, plan.v6(), name, input)?,
                    KernelSet::TouchedV4 => write_blocks(set, &plan.shortcuts().touched, name, input)?,
                    KernelSet::WholeV4 => write_blocks(set, &plan.shortcuts().whole, name, input)?,
                }
            }
            Ok(())
        })
    }

    /// Puts loaded sets in the place of those that rules refer to. Their order does not matter: while they go in
    /// one by one, no address whose verdict stays gets another one, for the reason told in `plan::Shortcuts`.
    pub(super) fn swap_in(&self, sets: &[KernelSet], present: &[SetHeader]) -> Result<()> {
        self.restore(|input| {
            for set in sets {
                let (loaded, name) = (loading_set_name(*set), set_name(*set));
                if !present.iter().any(|header| header.name == name) {
                    writeln!(input, "create {name} {}", create_arguments(*set, 0))?;
                }
                writeln!(input, "swap {loaded} {name}")?;
            }
            Ok(())
        })
    }

    /// Removes a set, if it is there.
    ///
    /// The kernel may hold on to a set for a moment after the last rule that used it is gone.
    pub(super) fn destroy(&self, name: &str) -> Result<()> {
        let mut pause = Duration::from_millis(5);
        loop {
            let output = self.tool.run(&["destroy", name])?;
            if output.status.success() || output.stderr.contains("does not exist") {
                return Ok(());
            }
            if !output.stderr.contains("in use") || pause > Duration::from_millis(400) {
                return Err(failure(&format!("remove {name}"), &output));
            }
            thread::sleep(pause);
            pause *= 2;
        }
    }

    fn restore(&self, script: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send) -> Result<()> {
        let output = self.tool.run_with(&["restore"], script)?;
        if output.status.success() { Ok(()) } else { Err(failure("load sets", &output)) }
    }
}

fn write_table<A: IpBits>(
    set: KernelSet,
    table: &PrefixTable<A>,
    name: &str,
    output: &mut dyn Write,
) -> io::Result<()> {
    writeln!(output, "create {name} {}", create_arguments(set, table.len()))?;
    for entry in table.entries() {
        let nomatch = if entry.nomatch { " nomatch" } else { "" };
        writeln!(output, "add {name} {}{nomatch}", entry.prefix)?;
    }
    Ok(())
}

fn write_blocks(
    set: KernelSet,
    blocks: &RangeSet<u32>,
    name: &str,
    output: &mut dyn Write,
) -> io::Result<()> {
    writeln!(output, "create {name} {}", create_arguments(set, 0))?;
    for range in blocks.ranges() {
        writeln!(output, "add {name} {range}")?;
    }
    Ok(())
}

/// Tells the failures apart that have their own remedy, by the tool's own words.
fn failure(what: &str, output: &Output) -> Error {
    let complaint = output.complaint();
    let code = if complaint.contains("Operation not permitted") || complaint.contains("must be root") {
        Code::FirewallPermission
    } else if complaint.contains("not supported") || complaint.contains("Cannot open session to kernel") {
        Code::FirewallUnsupported
    } else if complaint.contains("in use") {
        Code::FirewallSetInUse
    } else {
        Code::FirewallCommand
    };
    Error::new(code, format!("ipset cannot {what}: {complaint}"))
}

fn parse_headers(listing: &str) -> Vec<SetHeader> {
    listing.split("\n\n").filter_map(parse_header).collect()
}

fn parse_header(paragraph: &str) -> Option<SetHeader> {
    let field = |name: &str| {
        paragraph.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    };
    let header = field("Header").unwrap_or_default();
    let family = header.split_whitespace().skip_while(|word| *word != "family").nth(1).unwrap_or_default();
    Some(SetHeader {
        name: field("Name")?.to_owned(),
        kind: field("Type")?.to_owned(),
        family: family.to_owned(),
        entries: field("Number of entries")?.parse().ok()?,
        memory_bytes: field("Size in memory")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_read_from_the_tools_listing() {
        let listing = "Name: geoip_blocked_v6\nType: hash:net\nRevision: 7\n\
            Header: family inet6 hashsize 64 maxelem 10 bucketsize 12 initval 0x1\n\
            Size in memory: 1312\nReferences: 1\nNumber of entries: 3\n\n\
            Name: ports\nType: bitmap:port\nRevision: 3\nHeader: range 0-10\n\
            Size in memory: 100\nReferences: 0\nNumber of entries: 0\n";
        let headers = parse_headers(listing);
        assert_eq!(headers.len(), 2);
        let like =
            |header: &SetHeader| KernelSet::ALL.into_iter().filter(|set| header.is_like(*set)).collect();
        let like: [Vec<KernelSet>; 2] = [like(&headers[0]), like(&headers[1])];
        assert_eq!(like, [vec![KernelSet::BlockedV6], vec![]]);
        assert_eq!((headers[0].entries, headers[0].memory_bytes), (3, 1312));
        assert_eq!(headers[1].family, "");
    }

    proptest! {
        #[test]
        fn any_listing_is_read_set_by_set(
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
                    family: family.clone(),
                    entries: *entries,
                    memory_bytes: *memory_bytes,
                })
                .collect();
            prop_assert_eq!(parse_headers(&listing.join("\n")), expected);
        }

        #[test]
        fn any_text_is_read_without_panic(
            text in "((Name|Type|Header|Size in memory|Number of entries)(: )?|family|[0-9]{1,21}|\n|\\PC){0,30}",
        ) {
            for header in parse_headers(&text) {
                prop_assert!(text.contains(&header.name) && text.contains(&header.kind));
            }
        }
    }
}
