//! The countries that hold a segment: none, one, or several if the rows of a source overlap.

use std::collections::HashMap;

use crate::country::{CODES, CountryCode};
use crate::error::{Code, Error, Result};

/// An index into a [`CountrySetTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountrySetId(pub(super) u16);

impl CountrySetId {
    /// No country: no row of the source covers the addresses.
    pub const NOBODY: Self = Self(0);

    /// The id as an index.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// The distinct combinations of countries that hold addresses. The first one is always the empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountrySetTable {
    combinations: Vec<Vec<CountryCode>>,
    /// The ids of single countries, by [`CountryCode::index`]: nearly every row asks for one. [`CountrySetId::NOBODY`]
    /// for a country that has no id yet.
    singles: Vec<CountrySetId>,
    /// The ids of all other combinations.
    others: HashMap<Vec<CountryCode>, CountrySetId>,
    /// Number of countries in all combinations, counted with repetition.
    mentions: usize,
}

/// The most countries in all combinations, counted with repetition. It bounds the memory of hostile data.
const MENTIONS: usize = 1 << 20;

impl Default for CountrySetTable {
    fn default() -> Self {
        Self {
            combinations: vec![Vec::new()],
            singles: vec![CountrySetId::NOBODY; CODES],
            others: HashMap::from([(Vec::new(), CountrySetId::NOBODY)]),
            mentions: 0,
        }
    }
}

impl CountrySetTable {
    /// True if there is a combination with this id.
    pub(super) fn has(&self, id: CountrySetId) -> bool {
        id.index() < self.combinations.len()
    }

    /// The id of a combination of countries, given in ascending order without repetition. A new combination is added.
    ///
    /// # Errors
    /// `source.malformed` if there are more distinct combinations, or larger ones, than in any real data.
    pub fn intern(&mut self, countries: &[CountryCode]) -> Result<CountrySetId> {
        debug_assert!(countries.is_sorted_by(|a, b| a < b));
        let known = match countries {
            [country] => Some(self.singles[country.index()]).filter(|id| *id != CountrySetId::NOBODY),
            _ => self.others.get(countries).copied(),
        };
        if let Some(id) = known {
            return Ok(id);
        }
        self.mentions += countries.len();
        let next = u16::try_from(self.combinations.len()).ok().filter(|_| self.mentions <= MENTIONS);
        let id = next.map(CountrySetId).ok_or_else(|| {
            Error::new(Code::SourceMalformed, "its rows overlap in more combinations than any real data")
        })?;
        self.combinations.push(countries.to_vec());
        match countries {
            [country] => self.singles[country.index()] = id,
            _ => drop(self.others.insert(countries.to_vec(), id)),
        }
        Ok(id)
    }

    /// The countries of an id, in ascending order.
    pub fn countries(&self, id: CountrySetId) -> &[CountryCode] {
        self.combinations.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// All combinations, in the order of their ids.
    pub fn combinations(&self) -> &[Vec<CountryCode>] {
        &self.combinations
    }

    /// For each id, whether `is_chosen` returns true for its countries.
    pub(super) fn marks(&self, is_chosen: &dyn Fn(&[CountryCode]) -> bool) -> Vec<bool> {
        self.combinations.iter().map(|countries| is_chosen(countries)).collect()
    }

    /// The countries that occur, in ascending order.
    pub fn all_countries(&self) -> Vec<CountryCode> {
        let mut countries: Vec<_> = self.combinations.iter().flatten().copied().collect();
        countries.sort_unstable();
        countries.dedup();
        countries
    }
}
