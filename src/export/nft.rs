//! A file for `nft -f`: a table of its own, which takes the place of the former in one step.

use std::io::{self, Write};

use super::{Entries, Export, Network};
use crate::net::Family;
use crate::plan::Action;

const TABLE: &str = "inet geoip_filter";

pub(super) fn write(export: &Export, output: &mut impl Write) -> io::Result<()> {
    export.head(output)?;
    // A table that does not exist cannot be deleted.
    writeln!(output, "table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{")?;
    for family in &export.families {
        write_set(export, *family, output)?;
    }
    write_chain(export, output)?;
    writeln!(output, "}}")
}

fn write_set(export: &Export, family: Family, output: &mut impl Write) -> io::Result<()> {
    let kind = match family {
        Family::V4 => "ipv4_addr",
        Family::V6 => "ipv6_addr",
    };
    writeln!(output, "\tset dropped_{} {{\n\t\ttype {kind}\n\t\tflags interval", family.suffix())?;
    if export.dropped.count(family, Entries::Ranges) > 0 {
        writeln!(output, "\t\telements = {{")?;
        export.each_entry(family, |range| writeln!(output, "\t\t\t{range},"))?;
        writeln!(output, "\t\t}}")?;
    }
    writeln!(output, "\t}}")
}

/// What belongs to an open connection passes, and neighbour discovery, for a neighbour may have any address.
fn write_chain(export: &Export, output: &mut impl Write) -> io::Result<()> {
    let hook = match export.network {
        Network::Host => "input",
        Network::Bridge => "forward",
    };
    writeln!(output, "\tchain filter {{")?;
    writeln!(output, "\t\ttype filter hook {hook} priority filter - 10; policy accept;")?;
    writeln!(output, "\t\tct state established,related accept")?;
    writeln!(output, "\t\tiifname \"lo\" accept")?;
    writeln!(
        output,
        "\t\ticmpv6 type {{ nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect }} accept"
    )?;
    let verdict = match export.action {
        Action::Drop => " drop",
        Action::Count => "",
    };
    // What a container begins is forwarded, too, but by no rule of NAT for its ports.
    let incoming = match export.network {
        Network::Host => "",
        Network::Bridge => "ct status dnat ",
    };
    for family in &export.families {
        let protocol = match family {
            Family::V4 => "ip",
            Family::V6 => "ip6",
        };
        writeln!(output, "\t\t{incoming}{protocol} saddr @dropped_{} counter{verdict}", family.suffix())?;
    }
    writeln!(output, "\t}}")
}
