//! Who publishes which networks hold which addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A source of network data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum NetworkSource {
    /// DB-IP ASN Lite, once a month.
    #[default]
    DbipAsn,
    /// `origin-asn` of ip-location-db, once a day.
    OriginAsn,
}

/// What people are told of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SourceFacts {
    /// Its id.
    pub id: NetworkSource,
    /// Its name.
    pub name: &'static str,
    /// Whom to name for it.
    pub publisher: &'static str,
    /// On what terms it may be used.
    pub terms: &'static str,
    /// Where the publisher states them.
    pub terms_url: &'static str,
    /// How often its publisher is asked, in minutes.
    pub every_minutes: u32,
    /// The shortest time between two requests, in minutes.
    pub shortest_minutes: u32,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

impl NetworkSource {
    /// Every source, the default first.
    pub const ALL: [Self; 2] = [Self::DbipAsn, Self::OriginAsn];

    /// What people are told of it.
    pub fn facts(self) -> SourceFacts {
        match self {
            Self::DbipAsn => SourceFacts {
                id: self,
                name: "DB-IP ASN Lite",
                publisher: "IP Geolocation by DB-IP",
                terms: "CC BY 4.0",
                terms_url: "https://db-ip.com/db/download/ip-to-asn-lite",
                every_minutes: 7 * DAY,
                shortest_minutes: HOUR,
            },
            Self::OriginAsn => SourceFacts {
                id: self,
                name: "ip-location-db origin-asn",
                publisher: "ip-location-db",
                terms: "PDDL 1.0, free for everybody",
                terms_url: "https://github.com/sapics/ip-location-db",
                every_minutes: DAY,
                shortest_minutes: HOUR,
            },
        }
    }

    /// The id as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DbipAsn => "dbip-asn",
            Self::OriginAsn => "origin-asn",
        }
    }
}

impl fmt::Display for NetworkSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NetworkSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|source| source.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            format!("{text:?} is not a source of network data; there are {}", known.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_one_id_and_tells_its_terms() {
        for source in NetworkSource::ALL {
            assert_eq!(source.as_str().parse(), Ok(source));
            assert_eq!(serde_json::to_value(source).unwrap(), source.as_str());
            let facts = source.facts();
            assert!(facts.id == source && facts.terms_url.starts_with("https://"));
            assert!(HOUR <= facts.shortest_minutes && facts.shortest_minutes <= facts.every_minutes);
        }
    }
}
