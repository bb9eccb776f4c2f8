//! A script for `RouterOS`: fills the list that is not in use, points the rule to it, then empties the other one.
//!
//! Entries have a timeout, so that they lie in memory and not in flash, and vanish if nobody imports a file any more. An
//! error of one line ends no other, for a list with a gap is better than none.

use std::io::{self, Write};

use super::Export;
use crate::net::Family;
use crate::plan::Action;

/// Longer than five weekly imports that fail.
const TIMEOUT: &str = "40d";
const COMMENT: &str = "GeoIP Filter";

pub(super) fn write(export: &Export, output: &mut impl Write) -> io::Result<()> {
    export.head(output)?;
    export.families.iter().try_for_each(|family| write_family(export, *family, output))
}

fn write_family(export: &Export, family: Family, output: &mut impl Write) -> io::Result<()> {
    let root = match family {
        Family::V4 => "/ip",
        Family::V6 => "/ipv6",
    };
    let action = match export.action {
        Action::Drop => "drop",
        Action::Count => "passthrough",
    };
    writeln!(output, ":global geoipNext \"geoip-a\"")?;
    writeln!(output, ":global geoipLast \"geoip-b\"")?;
    writeln!(output, "{root} firewall address-list")?;
    writeln!(
        output,
        ":if ([:len [find where list=\"geoip-a\"]] > 0) do={{ :set geoipNext \"geoip-b\"; :set geoipLast \"geoip-a\" }}"
    )?;
    writeln!(output, "remove [find where list=$geoipNext]")?;
    export.dropped.each_block(family, |block| {
        writeln!(output, ":do {{ add list=$geoipNext address={block} timeout={TIMEOUT} }} on-error={{}}")
    })?;
    writeln!(output, "{root} firewall filter")?;
    let rule = format!(
        "add chain=forward connection-state=new src-address-list=$geoipNext action={action} comment=\"{COMMENT}\""
    );
    writeln!(
        output,
        ":if ([:len [find where comment=\"{COMMENT}\"]] = 0) do={{ :do {{ {rule} place-before=0 }} on-error={{ {rule} }} }}"
    )?;
    writeln!(output, "set [find where comment=\"{COMMENT}\"] src-address-list=$geoipNext action={action}")?;
    writeln!(output, "{root} firewall address-list")?;
    writeln!(output, "remove [find where list=$geoipLast]")
}
