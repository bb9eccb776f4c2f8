//! One CIDR block a line.

use std::io::{self, Write};

use super::Export;

pub(super) fn write(export: &Export, output: &mut impl Write) -> io::Result<()> {
    export.head(output)?;
    export
        .families
        .iter()
        .try_for_each(|family| export.each_entry(*family, |block| writeln!(output, "{block}")))
}
