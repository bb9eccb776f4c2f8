//! The check of block lists.

use geoip_helper::blocklist::read;
use geoip_helper::net::{IpBits, Prefix, RangeSet};

/// A list is refused, or its addresses are the same when they are written one block a line and read again.
pub fn list(bytes: &[u8]) -> bool {
    let Ok((list, report)) = read(&mut &*bytes) else { return false };
    assert!(report.used >= (list.v4.ranges().len() + list.v6.ranges().len()) as u64);
    let written = lines(&list.v4, 8) + &lines(&list.v6, 16);
    if written.is_empty() {
        return true;
    }
    let (again, _) = read(&mut written.as_bytes()).expect("what was read can be written and read again");
    assert_eq!(again, list);
    true
}

fn lines<A: IpBits>(set: &RangeSet<A>, shortest: u8) -> String {
    blocks(set, shortest).map(|block| block.to_string() + "\n").collect()
}

/// The blocks of a set, none with a shorter prefix than this, which a file may not have.
pub(super) fn blocks<A: IpBits>(set: &RangeSet<A>, shortest: u8) -> impl Iterator<Item = Prefix<A>> {
    let blocks = set.ranges().iter().flat_map(|range| range.prefixes());
    blocks.flat_map(move |block| split(block, shortest))
}

fn split<A: IpBits>(block: Prefix<A>, shortest: u8) -> Vec<Prefix<A>> {
    match block.halves() {
        Some((low, high)) if block.length() < shortest => {
            [split(low, shortest), split(high, shortest)].concat()
        }
        _ => vec![block],
    }
}
