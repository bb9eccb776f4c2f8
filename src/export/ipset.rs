//! A file for `ipset restore`: one set a family, filled beside the old one and swapped in.

use std::io::{self, Write};

use super::{Export, Network, Suffix};
use crate::net::Family;
use crate::plan::{Action, MOST_ENTRIES, hash_size};

/// Other than those of our own sets, for a PBX in a container may share the kernel's sets with its host.
const NAME: &str = "geoip_host";
const NEXT: &str = "geoip_host_next";

pub(super) fn write(export: &Export, output: &mut impl Write) -> io::Result<()> {
    export.head(output)?;
    for family in &export.families {
        let (suffix, word) = (Suffix(*family), word(*family));
        let blocks = export.dropped.blocks(*family);
        let hash = hash_size(usize::try_from(blocks).unwrap_or(usize::MAX));
        // Of sets that are swapped the kernel compares the type. What already exists is compared by `maxelem` too.
        for (name, hash) in [(NAME, 1024), (NEXT, hash)] {
            let head = format!("create {name}_{suffix} hash:net family {word}");
            writeln!(output, "{head} hashsize {hash} maxelem {MOST_ENTRIES} -exist")?;
        }
        writeln!(output, "flush {NEXT}_{suffix}")?;
        export.dropped.each_block(*family, |block| writeln!(output, "add {NEXT}_{suffix} {block}"))?;
        writeln!(output, "swap {NEXT}_{suffix} {NAME}_{suffix}")?;
        writeln!(output, "destroy {NEXT}_{suffix}")?;
    }
    Ok(())
}

/// Loads the file, then makes sure of the rules, each of which is there once however often this runs.
pub(super) fn commands(export: &Export) -> Vec<String> {
    let rules = export.families.iter().map(|family| {
        let (tool, rule) = (tool(*family), rule(export, *family));
        format!("{tool} -C {rule} 2>/dev/null || {tool} -I {rule}")
    });
    ["ipset restore -file FILE".to_owned()].into_iter().chain(rules).collect()
}

/// Only new connections are asked about, so that nothing that the PBX began is cut. Neighbour discovery is not tracked.
fn rule(export: &Export, family: Family) -> String {
    let chain = match export.network {
        Network::Host => "INPUT",
        Network::Bridge => "DOCKER-USER",
    };
    let target = match export.action {
        Action::Drop => " -j DROP",
        Action::Count => "",
    };
    let suffix = Suffix(family);
    format!("{chain} ! -i lo -m conntrack --ctstate NEW -m set --match-set {NAME}_{suffix} src{target}")
}

fn tool(family: Family) -> &'static str {
    match family {
        Family::V4 => "iptables",
        Family::V6 => "ip6tables",
    }
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "inet",
        Family::V6 => "inet6",
    }
}
