//! A script for `RouterOS`: fills the list that is not in use, points the rule to it, then empties the other one.
//!
//! Entries have a timeout, so that they lie in memory and not in flash, and vanish if nobody imports a file any more. An
//! error of one line ends no other, for a list with a gap is better than none. The list in use is the one that the rule
//! names: after an import that was cut short both may hold something.

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
    // Of IPv4, only what is forwarded to the PBX by a rule of NAT came from outside.
    let (root, incoming) = match family {
        Family::V4 => ("/ip", " connection-nat-state=dstnat"),
        Family::V6 => ("/ipv6", ""),
    };
    let action = match export.action {
        Action::Drop => "drop",
        Action::Count => "passthrough",
    };
    let (lists, rules) = (format!("{root} firewall address-list"), format!("{root} firewall filter"));
    let ours = format!("{rules} find where comment=\"{COMMENT}\"");
    writeln!(output, ":global geoipNext \"geoip-a\"")?;
    writeln!(output, ":global geoipLast \"geoip-b\"")?;
    writeln!(
        output,
        ":if ([:len [{ours} src-address-list=\"geoip-a\"]] > 0) do={{ :set geoipNext \"geoip-b\"; :set geoipLast \"geoip-a\" }}"
    )?;
    writeln!(output, "{lists} remove [{lists} find where list=$geoipNext]")?;
    // What comes often is short.
    writeln!(
        output,
        ":global ga do={{ :global geoipNext; :do {{ {lists} add list=$geoipNext address=$1 timeout={TIMEOUT} }} on-error={{}} }}"
    )?;
    export.each_entry(family, |entry| writeln!(output, "$ga {entry}"))?;
    let rule = format!(
        "chain=forward connection-state=new{incoming} src-address-list=$geoipNext action={action} comment=\"{COMMENT}\""
    );
    writeln!(output, ":global geoipFirst [{rules} find where chain=forward dynamic=no]")?;
    writeln!(output, ":if ([:len [{ours}]] = 0) do={{")?;
    writeln!(
        output,
        "  :if ([:len $geoipFirst] = 0) do={{ {rules} add {rule} }} else={{ {rules} add {rule} place-before=[:pick $geoipFirst 0] }}"
    )?;
    writeln!(output, "}} else={{ {rules} set [{ours}] src-address-list=$geoipNext action={action} }}")?;
    writeln!(output, "{lists} remove [{lists} find where list=$geoipLast]")
}
