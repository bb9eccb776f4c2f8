//! A file for `ipset restore`: one set a family, filled beside the old one and swapped in.

use std::io::{self, Write};

use super::{Entries, Export, Network};
use crate::net::Family;
use crate::plan::{Action, MOST_ENTRIES, hash_size};

/// Other than those of our own sets, for a PBX in a container may share the kernel's sets with its host.
const NAME: &str = "geoip_host";
const NEXT: &str = "geoip_host_next";
const CHAIN: &str = "GEOIP_HOST";

pub(super) fn write(export: &Export, output: &mut impl Write) -> io::Result<()> {
    export.head(output)?;
    for family in &export.families {
        let (suffix, word) = (family.suffix(), family.in_ipset());
        let blocks = export.dropped.count(*family, Entries::Blocks);
        let hash = hash_size(usize::try_from(blocks).unwrap_or(usize::MAX));
        // Of sets that are swapped the kernel compares the type. What already exists is compared by `maxelem` too.
        for (name, hash) in [(NAME, 1024), (NEXT, hash)] {
            let head = format!("create {name}_{suffix} hash:net family {word}");
            writeln!(output, "{head} hashsize {hash} maxelem {MOST_ENTRIES} -exist")?;
        }
        writeln!(output, "flush {NEXT}_{suffix}")?;
        export.each_entry(*family, |block| writeln!(output, "add {NEXT}_{suffix} {block}"))?;
        writeln!(output, "swap {NEXT}_{suffix} {NAME}_{suffix}")?;
        writeln!(output, "destroy {NEXT}_{suffix}")?;
    }
    Ok(())
}

/// Loads the file, then fills a chain of our own and makes sure of the jump: whatever an earlier file had there is gone, and
/// each rule is there once however often this runs. Two loads at once would take the set of one another.
pub(super) fn commands(export: &Export, file: &str) -> Vec<String> {
    let rules = Family::ALL.into_iter().flat_map(|family| {
        let tool = family.iptables();
        if !export.families.contains(&family) {
            return vec![format!("{tool} -F {CHAIN} 2>/dev/null || true")];
        }
        let [from, other] = match export.network {
            Network::Host => ["INPUT", "DOCKER-USER"],
            Network::Bridge => ["DOCKER-USER", "INPUT"],
        };
        vec![
            format!("{tool} -N {CHAIN} 2>/dev/null || {tool} -F {CHAIN}"),
            format!("{tool} -A {CHAIN} {}", rule(export, family)),
            format!("{tool} -D {other} -j {CHAIN} 2>/dev/null || true"),
            format!("{tool} -C {from} -j {CHAIN} 2>/dev/null || {tool} -I {from} -j {CHAIN}"),
        ]
    });
    [format!("flock /run/geoip-host.lock ipset restore -file {file}")].into_iter().chain(rules).collect()
}

/// Only new connections are asked about, so that nothing that the PBX began is cut; on a bridge only those to published
/// ports, for what a container begins is forwarded, too. Neighbour discovery is not tracked.
fn rule(export: &Export, family: Family) -> String {
    let incoming = match export.network {
        Network::Host => "! -i lo -m conntrack --ctstate NEW",
        Network::Bridge => "-m conntrack --ctstate NEW -m conntrack --ctstate DNAT",
    };
    let target = match export.action {
        Action::Drop => " -j DROP",
        Action::Count => "",
    };
    format!("{incoming} -m set --match-set {NAME}_{} src{target}", family.suffix())
}
