//! The addresses and connections that a request asks about.

use std::fmt;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::net::{Connections, Transport};

/// An address, or new connections from one. An address mapped into IPv6 is the IPv4 address, as which it appears on the
/// network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Asked {
    /// Asks for the verdict on an address. A port behind it, as in `198.51.100.7:5060` and `[2001:db8::7]:5060`, is left
    /// aside: people copy addresses from where they stand with one.
    Address(IpAddr),
    /// Also asks whether connections from it are accepted.
    Connections(AskedConnections),
}

/// New connections to this machine: to one port, or to each port of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AskedConnections {
    /// The sender, as in a question about an address alone.
    #[serde(deserialize_with = "deserialize_address")]
    pub address: IpAddr,
    /// The transport protocol.
    pub protocol: Transport,
    /// The destination port on this machine, or the first of a range.
    pub port: NonZeroU16,
    /// The last port of the range; left out for a single port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_port: Option<NonZeroU16>,
}

impl Asked {
    /// The address.
    pub fn address(self) -> IpAddr {
        match self {
            Self::Address(address) | Self::Connections(AskedConnections { address, .. }) => address,
        }
    }

    /// The connections, or `None` for an address alone.
    pub fn connections(self) -> Option<Connections> {
        let Self::Connections(AskedConnections { address, protocol, port, last_port }) = self else {
            return None;
        };
        let ports = port.get()..=last_port.unwrap_or(port).get();
        Some(Connections { source: address, protocol, ports })
    }
}

impl AskedConnections {
    fn checked(self) -> Result<Self, &'static str> {
        match self.last_port {
            Some(last) if last < self.port => Err("the last port lies before the first"),
            _ => Ok(Self { address: self.address.to_canonical(), ..self }),
        }
    }
}

/// Parses an address that may be in brackets and may be followed by a port.
fn address(text: &str) -> Result<IpAddr, AddrParseError> {
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    let parsed = text.parse().or_else(|error| in_brackets().or_else(with_port).ok_or(error));
    parsed.map(|address: IpAddr| address.to_canonical())
}

fn deserialize_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    address(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

impl FromStr for Asked {
    type Err = String;

    /// Parses an address, or `198.51.100.7:443/tcp`, `[2001:db8::7]:443/tcp`, `198.51.100.7:10000-10200/udp`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = address(text) {
            return Ok(Self::Address(address));
        }
        let connections = || {
            let (sender, protocol) = text.rsplit_once('/')?;
            let protocol = match protocol {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                _ => return None,
            };
            let (sender, last_port) = match sender.rsplit_once('-') {
                Some((sender, last)) => (sender, Some(last.parse().ok()?)),
                None => (sender, None),
            };
            let sender: SocketAddr = sender.parse().ok()?;
            let port = NonZeroU16::new(sender.port())?;
            AskedConnections { address: sender.ip(), protocol, port, last_port }.checked().ok()
        };
        let connections = connections().map(Self::Connections);
        connections.ok_or_else(|| format!("{text:?} is neither an address nor ADDRESS:PORT/PROTOCOL"))
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Asked;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an IP address, or an object of address, protocol and port")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Asked, E> {
                address(text).map(Asked::Address).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Asked, A::Error> {
                let connections = AskedConnections::deserialize(MapAccessDeserializer::new(map))?;
                connections.checked().map(Asked::Connections).map_err(serde::de::Error::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(address: &str, protocol: Transport, port: u16, last_port: Option<u16>) -> Asked {
        let (address, port) = (address.parse().unwrap(), port.try_into().unwrap());
        let last_port = last_port.map(|port| port.try_into().unwrap());
        Asked::Connections(AskedConnections { address, protocol, port, last_port })
    }

    #[test]
    fn text_and_json_give_the_same_question() {
        for (text, json, asked) in [
            ("8.8.8.8", r#""8.8.8.8""#, Asked::Address("8.8.8.8".parse().unwrap())),
            (
                "8.8.8.8:443/tcp",
                r#"{"address":"8.8.8.8","protocol":"tcp","port":443}"#,
                connections("8.8.8.8", Transport::Tcp, 443, None),
            ),
            (
                "[2001:db8::7]:10000-10200/udp",
                r#"{"address":"2001:db8::7","protocol":"udp","port":10000,"last_port":10200}"#,
                connections("2001:db8::7", Transport::Udp, 10_000, Some(10_200)),
            ),
        ] {
            assert_eq!(text.parse(), Ok(asked));
            assert_eq!(serde_json::from_str::<Asked>(json).unwrap(), asked);
            assert_eq!(serde_json::to_string(&asked).unwrap(), json);
        }
    }

    #[test]
    fn an_address_is_understood_as_people_copy_it() {
        for (copied, address) in [
            ("1.0.1.1:5060", "1.0.1.1"),
            ("[2001:db8::1]:5060", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("::ffff:1.0.1.1", "1.0.1.1"),
            ("[::ffff:1.0.1.1]:5060", "1.0.1.1"),
        ] {
            let asked = Asked::Address(address.parse().unwrap());
            assert_eq!(copied.parse(), Ok(asked), "{copied}");
            assert_eq!(serde_json::from_str::<Asked>(&format!("{copied:?}")).unwrap(), asked, "{copied}");
            let json = format!(r#"{{"address":{copied:?},"protocol":"tcp","port":443}}"#);
            let of_way: Asked = serde_json::from_str(&json).unwrap();
            assert_eq!(of_way.address(), asked.address(), "{copied}");
        }
    }

    #[test]
    fn incomplete_addresses_and_connections_are_refused() {
        for text in [
            "",
            "8.8.8",
            "8.8.8.8:",
            "8.8.8.8:65536",
            "[8.8.8.8]",
            "8.8.8.8/tcp",
            "8.8.8.8:0/tcp",
            "8.8.8.8:443/icmp",
            "8.8.8.8:443-442/tcp",
            "8.8.8.8:443-/tcp",
            "::1:443/tcp",
        ] {
            assert!(text.parse::<Asked>().is_err(), "{text:?} was accepted");
        }
        for json in [
            r#""8.8.8.8:443/tcp""#,
            "7",
            "null",
            r#"{"address":"8.8.8.8"}"#,
            r#"{"address":"8.8.8.8","port":443}"#,
            r#"{"address":"8.8.8.8","protocol":"tcp"}"#,
            r#"{"address":"8.8.8.8","protocol":"tcp","port":0}"#,
            r#"{"address":"8.8.8.8","protocol":"tcp","port":65536}"#,
            r#"{"address":"8.8.8.8","protocol":"icmp","port":1}"#,
            r#"{"address":"8.8.8.8","protocol":"tcp","port":443,"last_port":442}"#,
            r#"{"address":"8.8.8.8","protocol":"tcp","port":443,"family":4}"#,
        ] {
            assert!(serde_json::from_str::<Asked>(json).is_err(), "{json} was accepted");
        }
    }

    #[test]
    fn connections_from_a_mapped_address_are_ipv4() {
        let asked: Asked = "[::ffff:192.0.2.7]:443/tcp".parse().unwrap();
        let connections = asked.connections().unwrap();
        assert_eq!((connections.source, connections.ports), ("192.0.2.7".parse().unwrap(), 443..=443));
    }
}
