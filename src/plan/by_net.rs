//! A lookup of values by CIDR block: finds every block around an address.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;

/// Values keyed by the block they apply to.
#[derive(Debug)]
pub(super) struct ByNet<V> {
    values: HashMap<IpNet, V>,
    /// The prefix lengths that occur, longest first. A lookup tries each of them once.
    lengths: Vec<u8>,
}

impl<V> ByNet<V> {
    /// Stores the values. If a block occurs more than once, `choose` picks the value to keep.
    pub(super) fn new(values: impl Iterator<Item = (IpNet, V)>, choose: impl Fn(V, V) -> V) -> Self {
        let mut by_net = HashMap::new();
        for (net, value) in values {
            let chosen = match by_net.remove(&net) {
                Some(other) => choose(other, value),
                None => value,
            };
            by_net.insert(net, chosen);
        }
        let mut lengths: Vec<u8> = by_net.keys().map(IpNet::prefix_len).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Self { values: by_net, lengths }
    }

    /// The blocks around `address` with their values, smallest block first.
    pub(super) fn around(&self, address: IpAddr) -> impl Iterator<Item = (IpNet, &V)> {
        self.lengths.iter().filter_map(move |length| {
            let net = IpNet::new(address, *length).ok()?.trunc();
            self.values.get(&net).map(|value| (net, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_block_around_an_address_is_found(
            blocks in vec((any::<u8>(), 24..=32_u8, any::<bool>()), 0..20), last: u8, is_v6: bool,
        ) {
            let v6 = |last| IpAddr::V6(Ipv6Addr::from_bits(u128::from(last) << 96));
            let v4 = |last| IpAddr::V4(Ipv4Addr::new(1, 2, 3, last));
            let address = |last, is_v6| if is_v6 { v6(last) } else { v4(last) };
            let net = |(last, length, is_v6)| IpNet::new_assert(address(last, is_v6), length).trunc();
            let nets: Vec<IpNet> = blocks.into_iter().map(net).collect();
            let values = nets.iter().copied().zip(0..);
            let found = ByNet::new(values.clone(), i32::max);
            let found: Vec<(IpNet, i32)> = found.around(address(last, is_v6)).map(|(net, value)| (net, *value)).collect();
            let mut expected: Vec<(IpNet, i32)> =
                values.filter(|(net, _)| net.contains(&address(last, is_v6))).collect();
            expected.sort_by_key(|(net, value)| (std::cmp::Reverse(net.prefix_len()), std::cmp::Reverse(*value)));
            expected.dedup_by_key(|(net, _)| *net);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_lookup_tries_each_prefix_length_once_however_many_blocks_there_are() {
        let net = |number: u32| IpNet::new_assert(Ipv4Addr::from_bits(number * 3).into(), 32);
        let found = ByNet::new((0..100_000).map(|number| (net(number), ())), |(), ()| ());
        assert_eq!(found.lengths, [32]);
    }
}
