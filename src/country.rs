//! Country codes, and the table of ISO 3166-1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A two-letter country code in upper case, such as `DE`.
///
/// The code need not be in ISO 3166-1: data sources also use codes such as `XK`. See [`CountryCode::country`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

/// One entry of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// The alpha-2 code.
    pub code: CountryCode,
    /// The continent that the country is assigned to.
    pub continent: Continent,
    /// The common English name.
    pub name: &'static str,
}

/// The seven continents by their customary two-letter codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Continent {
    /// Africa.
    AF,
    /// Antarctica and the sub-Antarctic islands.
    AN,
    /// Asia.
    AS,
    /// Europe.
    EU,
    /// North and Central America and the Caribbean.
    NA,
    /// Oceania.
    OC,
    /// South America.
    SA,
}

/// The 249 countries of ISO 3166-1, sorted by code.
pub const COUNTRIES: &[Country] = include!(concat!(env!("OUT_DIR"), "/iso3166.rs"));

/// Codes outside ISO 3166-1 that data sources use for a territory, with its name.
const OUTSIDE_ISO: &[(CountryCode, &str)] = &[(CountryCode(*b"XK"), "Kosovo")];

/// Codes that registries use without meaning a single country: Asia-Pacific, the European Union, unassigned space.
const NOT_COUNTRIES: &[CountryCode] = &[CountryCode(*b"AP"), CountryCode(*b"EU"), CountryCode(*b"ZZ")];

/// Number of possible two-letter codes.
pub const CODES: usize = 26 * 26;

/// Which codes are known, by [`CountryCode::index`]. A table, because every row of a source is checked.
static KNOWN: [bool; CODES] = {
    let mut known = [false; CODES];
    let mut place = 0;
    while place < COUNTRIES.len() {
        known[COUNTRIES[place].code.index()] = true;
        place += 1;
    }
    let mut place = 0;
    while place < OUTSIDE_ISO.len() {
        known[OUTSIDE_ISO[place].0.index()] = true;
        place += 1;
    }
    known
};

impl CountryCode {
    /// The index of this code among all two-letter codes, below [`CODES`].
    pub const fn index(self) -> usize {
        let [a, b] = self.0;
        // Both are letters by construction.
        (a - b'A') as usize * 26 + (b - b'A') as usize
    }

    /// The ISO 3166-1 entry of this code, if there is one.
    pub fn country(self) -> Option<&'static Country> {
        COUNTRIES.binary_search_by_key(&self, |country| country.code).ok().map(|index| &COUNTRIES[index])
    }

    /// The English name, or the code itself if it has none.
    pub fn name(&self) -> &str {
        let beyond_iso = || OUTSIDE_ISO.iter().find(|(code, _)| code == self).map(|(_, name)| *name);
        self.country().map(|country| country.name).or_else(beyond_iso).unwrap_or(self.as_str())
    }

    /// Every code for which [`Self::is_known`] is true.
    pub fn all_known() -> impl Iterator<Item = Self> {
        COUNTRIES.iter().map(|country| country.code).chain(OUTSIDE_ISO.iter().map(|(code, _)| *code))
    }

    /// True for codes of ISO 3166-1, and for the few others that have a name here.
    pub fn is_known(self) -> bool {
        KNOWN[self.index()]
    }

    /// True if the code does not mean a single country (`ZZ`, `EU`, `AP`).
    pub fn is_placeholder(self) -> bool {
        NOT_COUNTRIES.contains(&self)
    }

    /// Reads two ASCII letters in either case.
    pub fn from_ascii(letters: &[u8]) -> Option<Self> {
        match letters {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // The two bytes are ASCII letters by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for CountryCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_ascii(text.as_bytes()).ok_or_else(|| format!("{text:?} is not a two-letter country code"))
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for CountryCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CountryCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z]{2}$",
            "description": "ISO 3166-1 alpha-2 code, or another code that the data source uses (XK)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_249_codes_in_order() {
        assert_eq!(COUNTRIES.len(), 249);
        assert!(COUNTRIES.is_sorted_by(|a, b| a.code < b.code));
        assert!(COUNTRIES.iter().all(|country| !country.name.is_empty() && !country.code.is_placeholder()));
    }

    #[test]
    fn codes_are_two_letters_in_any_case() {
        assert_eq!("de".parse::<CountryCode>().unwrap().as_str(), "DE");
        for bad in ["", "D", "DEU", "D1", "ДЕ", "D "] {
            assert!(bad.parse::<CountryCode>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn kosovo_has_a_name_without_being_iso() {
        let kosovo: CountryCode = "XK".parse().unwrap();
        assert_eq!((kosovo.name(), kosovo.country(), kosovo.is_known()), ("Kosovo", None, true));
        let unknown: CountryCode = "QQ".parse().unwrap();
        assert_eq!((unknown.name(), unknown.is_known()), ("QQ", false));
    }
}
