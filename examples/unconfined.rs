//! Prints the smallest possible tables, with all prefix lengths, in the format of `ipset restore`: `unconfined
//! STATE_DIR COUNTRY,…`. The packet benchmark compares the helper's sets with them.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use geoip_helper::database::Store;
use geoip_helper::dataset::SourceId;
use geoip_helper::net::{Family, IpBits, PrefixTable};
use geoip_helper::plan::{Action, Judge, Mode, Policy, Unknown, dropped_addresses, minimal_table};
use geoip_helper::storage::StateDir;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(state), Some(countries)) = (arguments.next(), arguments.next()) else {
        return Err("usage: unconfined STATE_DIR COUNTRY,…".into());
    };
    let countries = countries.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let policy = Policy {
        mode: Mode::Block,
        countries,
        lists: Vec::new(),
        networks: Vec::new(),
        exceptions: Vec::new(),
        unknown: Unknown::Pass,
        keep_phones: false,
        admin: None,
        action: Action::Drop,
    };
    let store = Store::new(&StateDir::open(Path::new(&state))?);
    let (database, judge) = (store.open(SourceId::Dbip)?, Judge::new(&policy));
    let mut output = BufWriter::new(io::stdout());
    write_set(&minimal_table::<u32>(&dropped_addresses(&database, &judge)?), &mut output)?;
    write_set(&minimal_table::<u128>(&dropped_addresses(&database, &judge)?), &mut output)?;
    Ok(output.flush()?)
}

fn write_set<A: IpBits>(table: &PrefixTable<A>, output: &mut impl Write) -> io::Result<()> {
    let (name, family) = match A::FAMILY {
        Family::V4 => ("unconfined_v4", "inet"),
        Family::V6 => ("unconfined_v6", "inet6"),
    };
    let room = table.len().max(1);
    writeln!(output, "create {name} hash:net family {family} hashsize {} maxelem {room}", room / 3 + 1)?;
    for entry in table.entries() {
        let nomatch = if entry.nomatch { " nomatch" } else { "" };
        writeln!(output, "add {name} {}{nomatch}", entry.prefix)?;
    }
    Ok(())
}
