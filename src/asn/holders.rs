//! All networks that hold addresses: their numbers, names and sizes.

use serde::Serialize;

use super::AsNumber;

/// A network, and how large it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SizedNetwork {
    /// Its number.
    pub number: AsNumber,
    /// Its name; empty if it has none.
    pub name: String,
    /// The IPv4 addresses that it holds.
    pub v4_addresses: u64,
    /// The IPv6 networks of /64 that it holds, or parts of them.
    pub v6_networks: u64,
}

/// A network with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedNetwork {
    /// Its number.
    pub number: AsNumber,
    /// Its name; empty if it has none.
    pub name: String,
}

/// All networks that hold addresses, by number. One column for each thing that is known of them, as on disk.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Holders {
    /// In ascending order.
    pub(super) numbers: Vec<u32>,
    pub(super) v4_addresses: Vec<u64>,
    pub(super) v6_networks: Vec<u64>,
    /// Where each name ends in `names`; the next one begins there.
    pub(super) name_ends: Vec<u32>,
    pub(super) names: String,
}

impl Holders {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = SizedNetwork> {
        (0..self.len()).filter_map(|place| self.at(place))
    }

    /// The network with this number, if it holds an address.
    pub fn get(&self, number: AsNumber) -> Option<SizedNetwork> {
        self.at(self.numbers.binary_search(&number.get()).ok()?)
    }

    /// As [`Self::get`]; one that holds no address has no name either.
    pub fn sized(&self, number: AsNumber) -> SizedNetwork {
        let nobody = SizedNetwork { number, name: String::new(), v4_addresses: 0, v6_networks: 0 };
        self.get(number).unwrap_or(nobody)
    }

    /// The networks whose names have each of these words, or that have this number, the largest first, `most` at most.
    /// Upper case makes no difference.
    pub fn search(&self, text: &str, most: usize) -> Vec<SizedNetwork> {
        let by_number = text.trim().parse::<AsNumber>().ok().and_then(|number| self.get(number));
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let is_meant = |place: &usize| {
            let name = self.name(*place).to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        let mut places: Vec<usize> = (0..self.len()).filter(is_meant).collect();
        places.sort_by_key(|place| std::cmp::Reverse((self.v4_addresses[*place], self.v6_networks[*place])));
        let named = places.into_iter().filter_map(|place| self.at(place));
        let named =
            named.filter(|network| Some(network.number) != by_number.as_ref().map(|found| found.number));
        by_number.clone().into_iter().chain(named).take(most).collect()
    }

    /// The network with this number and its name, if it is known.
    pub fn named(&self, number: AsNumber) -> NamedNetwork {
        let place = self.numbers.binary_search(&number.get());
        NamedNetwork { number, name: place.map(|place| self.name(place).to_owned()).unwrap_or_default() }
    }

    fn at(&self, place: usize) -> Option<SizedNetwork> {
        Some(SizedNetwork {
            number: AsNumber::new(self.numbers[place])?,
            name: self.name(place).to_owned(),
            v4_addresses: self.v4_addresses[place],
            v6_networks: self.v6_networks[place],
        })
    }

    fn name(&self, place: usize) -> &str {
        let end = |place: usize| self.name_ends[place] as usize;
        let start = place.checked_sub(1).map_or(0, end);
        self.names.get(start..end(place)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_found_by_words_or_number_the_largest_first() {
        let mut holders = Holders::default();
        for (number, name, v4_addresses) in
            [(7, "OVH SAS", 9), (8, "Ovh Hosting, Inc.", 100), (99, "", 7), (16_276, "Société OVH", 50)]
        {
            holders.numbers.push(number);
            holders.v4_addresses.push(v4_addresses);
            holders.v6_networks.push(0);
            holders.names.push_str(name);
            holders.name_ends.push(u32::try_from(holders.names.len()).unwrap());
        }
        let found =
            |text| holders.search(text, 2).iter().map(|network| network.number.get()).collect::<Vec<_>>();
        assert_eq!(found("ovh"), [8, 16_276]);
        assert_eq!(found(" SAS  ovh"), [7]);
        assert_eq!(found("société"), [16_276]);
        assert_eq!(found("AS7"), [7]);
        assert_eq!(found("8"), [8]);
        assert_eq!(found(""), [0; 0]);
        assert_eq!(found("hetzner"), [0; 0]);
        assert_eq!(holders.get(AsNumber::new(8).unwrap()).unwrap().name, "Ovh Hosting, Inc.");
        assert_eq!(holders.get(AsNumber::new(9).unwrap()), None);
    }
}
