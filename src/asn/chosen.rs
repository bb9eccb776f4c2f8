//! The networks that a policy names, with their addresses.

use std::net::IpAddr;

use super::{AsNumber, NetworkStore};
use crate::error::{Code, Result};
use crate::net::{AddressRange, Addresses, IpBits};
use crate::storage::StateDir;

/// The most networks that a policy names.
pub const MOST_NETWORKS: usize = 64;

/// A network with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenNetwork {
    /// Its number.
    pub number: AsNumber,
    /// What it holds; nothing if the data does not know it.
    pub addresses: Addresses,
}

/// The networks that a policy names, with their addresses, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChosenNetworks(Vec<ChosenNetwork>);

impl ChosenNetworks {
    /// Reads the networks of a policy; only what they hold `around` some addresses, if any are given. Without a network, no
    /// data is needed.
    ///
    /// # Errors
    /// `network.missing` if no data is kept, `database.corrupt`, `database.version`, `state.*`.
    pub fn load(state: &StateDir, numbers: &[AsNumber], around: Option<&[IpAddr]>) -> Result<Self> {
        if numbers.is_empty() {
            return Ok(Self::default());
        }
        let chosen = NetworkStore::new(state).open().and_then(|mut file| match around {
            Some(addresses) => file.chosen_around(numbers, addresses),
            None => file.chosen(numbers),
        });
        chosen.map_err(|error| match error.code() {
            Code::NetworkMissing => error.with_field("policy.networks"),
            _ => error,
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ChosenNetwork> {
        self.0.iter()
    }

    /// The first network that holds an address, with the range around it.
    pub fn holding<A: IpBits>(&self, address: A) -> Option<(&ChosenNetwork, AddressRange<A>)> {
        self.0.iter().find_map(|network| Some((network, A::within(&network.addresses).range_of(address)?)))
    }

    /// The networks that hold an address.
    pub fn all_holding(&self, address: IpAddr) -> Vec<AsNumber> {
        let holding = self.0.iter().filter(|network| network.addresses.contain(address));
        holding.map(|network| network.number).collect()
    }

    /// The addresses of all networks.
    pub fn addresses<A: IpBits>(&self) -> impl Iterator<Item = AddressRange<A>> {
        self.0.iter().flat_map(|network| A::within(&network.addresses).ranges().iter().copied())
    }

    /// Those that hold no address by the data.
    pub fn unknown(&self) -> impl Iterator<Item = AsNumber> {
        let unknown = self.0.iter().filter(|network| network.addresses == Addresses::default());
        unknown.map(|network| network.number)
    }
}

/// Gathers the addresses of some networks while all segments pass by.
pub(super) struct Gathered {
    networks: Vec<ChosenNetwork>,
    /// Each number with its first place in `networks`, in ascending order.
    places: Vec<(u32, usize)>,
}

impl Gathered {
    pub(super) fn new(numbers: &[AsNumber]) -> Self {
        let network = |number: &AsNumber| ChosenNetwork { number: *number, addresses: Addresses::default() };
        let mut networks: Vec<ChosenNetwork> = Vec::new();
        for number in numbers {
            if networks.iter().all(|network| network.number != *number) {
                networks.push(network(number));
            }
        }
        let places = networks.iter().enumerate().map(|(place, network)| (network.number.get(), place));
        let mut places: Vec<(u32, usize)> = places.collect();
        places.sort_unstable();
        Self { networks, places }
    }

    pub(super) fn take_v4(&mut self, range: AddressRange<u32>, number: u32) {
        if let Some(network) = self.of(number) {
            network.addresses.v4.extend([range]);
        }
    }

    pub(super) fn take_v6(&mut self, range: AddressRange<u128>, number: u32) {
        if let Some(network) = self.of(number) {
            network.addresses.v6.extend([range]);
        }
    }

    fn of(&mut self, number: u32) -> Option<&mut ChosenNetwork> {
        let place = self.places.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.networks.get_mut(self.places[place].1)
    }

    pub(super) fn finish(self) -> ChosenNetworks {
        ChosenNetworks(self.networks)
    }
}
