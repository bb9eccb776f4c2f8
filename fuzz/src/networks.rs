//! The check of network data.

use std::sync::LazyLock;

use geoip_helper::asn::{AsNumber, NetworkTable, Rows};
use geoip_helper::net::{AddressRange, Addresses, IpBits};

use super::lists::blocks;

/// The shortest prefix that a row may have.
const SHORTEST: u8 = 6;
/// The IPv4 addresses as they are mapped into IPv6.
static MAPPED: LazyLock<AddressRange<u128>> = LazyLock::new(|| {
    AddressRange::new(0xffff << 32, (0xffff << 32) + u128::from(u32::MAX)).expect("it begins before it ends")
});

/// A file is refused, or each network holds what it is said to hold, also when that is written as rows and read again.
pub fn networks(bytes: &[u8]) -> bool {
    let mut rows = Rows::default();
    if rows.read(&mut &*bytes).is_err() {
        return false;
    }
    let (table, report) = rows.compile();
    assert!(report.used >= table.holders().len() as u64);
    let mut written = String::new();
    for holder in table.holders().iter() {
        let addresses = held_by(&table, holder.number);
        assert_eq!(
            (addresses.v4_addresses(), addresses.v6_networks()),
            (holder.v4_addresses, holder.v6_networks)
        );
        if addresses
            .v6
            .ranges()
            .iter()
            .any(|range| range.first() <= MAPPED.last() && MAPPED.first() <= range.last())
        {
            // A part of such a range may be written as a block of IPv4 addresses. Nobody asks about it as IPv6.
            return true;
        }
        written += &lines::<u32>(&addresses, holder.number);
        written += &lines::<u128>(&addresses, holder.number);
    }
    let mut again = Rows::default();
    again.read(&mut written.as_bytes()).expect("what was read can be written and read again");
    let (again, _) = again.compile();
    assert_eq!(again.held(), table.held());
    for holder in table.holders().iter() {
        assert_eq!(held_by(&again, holder.number), held_by(&table, holder.number));
    }
    true
}

fn held_by(table: &NetworkTable, number: AsNumber) -> Addresses {
    table.chosen(&[number]).iter().next().expect("one is chosen").addresses.clone()
}

fn lines<A: IpBits>(addresses: &Addresses, number: AsNumber) -> String {
    let line = |range: AddressRange<A>| {
        format!("{},{},{},\"A \"\"name\"\"\"\n", range.first().to_ip(), range.last().to_ip(), number.get())
    };
    blocks(A::within(addresses), SHORTEST).map(AddressRange::from).map(line).collect()
}
