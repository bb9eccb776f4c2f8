//! A few TCP ports, as many as one rule of iptables can name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most ports that the `multiport` match takes.
const MOST: usize = 15;

/// TCP ports, at least one, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// The first `count` are in use, the rest is 0.
    ports: [u16; MOST],
    count: usize,
}

impl Ports {
    /// These ports, in any order; one may occur twice. `None` if there are none or too many of them, or if one is 0.
    pub fn new(ports: impl IntoIterator<Item = u16>) -> Option<Self> {
        let mut sorted: Vec<u16> = ports.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut ports = [0; MOST];
        ports.get_mut(..sorted.len())?.copy_from_slice(&sorted);
        let is_valid = sorted.first().is_some_and(|port| *port > 0);
        is_valid.then_some(Self { ports, count: sorted.len() })
    }

    /// The ports in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.ports[..self.count].iter().copied()
    }

    /// True if this is one of them.
    pub fn contains(&self, port: u16) -> bool {
        self.iter().any(|one| one == port)
    }

    /// The ports that both have. `None` if they have none in common.
    #[must_use]
    pub fn common(&self, other: &Self) -> Option<Self> {
        Self::new(self.iter().filter(|port| other.contains(*port)))
    }
}

impl fmt::Display for Ports {
    /// Such as `22,80,443`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<String> = self.iter().map(|port| port.to_string()).collect();
        f.write_str(&ports.join(","))
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Ports {
    type Err = String;

    /// Parses `22,80,443`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ports: Option<Vec<u16>> = text.split(',').map(|port| port.parse().ok()).collect();
        ports.and_then(Self::new).ok_or_else(|| format!("{text:?} is not a list of 1 to {MOST} ports"))
    }
}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ports = Vec::deserialize(deserializer)?;
        Self::new(ports).ok_or_else(|| {
            serde::de::Error::custom(format_args!("there must be 1 to {MOST} ports from 1 to 65535"))
        })
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Ports {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ports".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "description": "TCP ports",
            "items": { "type": "integer", "minimum": 1, "maximum": 65535 },
            "minItems": 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_sorted_and_none_occurs_twice() {
        let ports = Ports::new([443, 22, 443, 80]).unwrap();
        assert_eq!(ports.to_string(), "22,80,443");
        assert_eq!("443,22,80".parse(), Ok(ports));
        assert_eq!(serde_json::from_str::<Ports>("[80,22,443,22]").unwrap(), ports);
        assert_eq!(serde_json::to_string(&ports).unwrap(), "[22,80,443]");
    }

    #[test]
    fn no_ports_too_many_and_port_0_are_refused() {
        assert!(Ports::new(1..=15).is_some());
        assert!(Ports::new(1..=16).is_none());
        assert!(Ports::new(std::iter::repeat_n(22, 16)).is_some());
        for json in ["[]", "[0]", "[65536]", "[-1]", "[\"22\"]", "22"] {
            assert!(serde_json::from_str::<Ports>(json).is_err(), "{json} was accepted");
        }
        for text in ["", "22,", "0", "22,0", "65536", "22-80", "22, 80"] {
            assert!(text.parse::<Ports>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn what_two_lists_have_in_common_may_be_nothing() {
        let of = |ports: &str| ports.parse::<Ports>().unwrap();
        assert_eq!(of("22,80,443").common(&of("443,5038,22")), Some(of("22,443")));
        assert_eq!(of("22").common(&of("80")), None);
    }
}
