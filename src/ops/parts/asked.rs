//! The addresses and connections that a request asks about.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::net::{Connection, Transport};

/// An address, or a new connection from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Asked {
    /// Asks for the verdict on an address.
    Address(IpAddr),
    /// Also asks whether this connection is accepted.
    Connection(AskedConnection),
}

/// A new connection to this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AskedConnection {
    /// The sender.
    pub address: IpAddr,
    /// The transport protocol.
    pub protocol: Transport,
    /// The destination port on this machine.
    pub port: NonZeroU16,
}

impl Asked {
    /// The address.
    pub fn address(self) -> IpAddr {
        match self {
            Self::Address(address) | Self::Connection(AskedConnection { address, .. }) => address,
        }
    }

    /// The connection, or `None` for an address alone.
    pub fn connection(self) -> Option<Connection> {
        let Self::Connection(AskedConnection { address, protocol, port }) = self else { return None };
        // On the network, an IPv4-mapped IPv6 address is the IPv4 address.
        Some(Connection { source: address.to_canonical(), protocol, port: port.get() })
    }
}

impl FromStr for Asked {
    type Err = String;

    /// Parses `198.51.100.7`, `198.51.100.7:443/tcp` or `[2001:db8::7]:443/tcp`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let connection = || {
            let (socket, protocol) = text.rsplit_once('/')?;
            let protocol = match protocol {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                _ => return None,
            };
            let socket: SocketAddr = socket.parse().ok()?;
            let port = NonZeroU16::new(socket.port())?;
            Some(Self::Connection(AskedConnection { address: socket.ip(), protocol, port }))
        };
        connection().ok_or_else(|| format!("{text:?} is neither an address nor ADDRESS:PORT/PROTOCOL"))
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
                text.parse().map(Asked::Address).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Asked, A::Error> {
                AskedConnection::deserialize(MapAccessDeserializer::new(map)).map(Asked::Connection)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(address: &str, protocol: Transport, port: u16) -> Asked {
        let (address, port) = (address.parse().unwrap(), port.try_into().unwrap());
        Asked::Connection(AskedConnection { address, protocol, port })
    }

    #[test]
    fn text_and_json_give_the_same_question() {
        for (text, json, asked) in [
            ("8.8.8.8", r#""8.8.8.8""#, Asked::Address("8.8.8.8".parse().unwrap())),
            (
                "8.8.8.8:443/tcp",
                r#"{"address":"8.8.8.8","protocol":"tcp","port":443}"#,
                connection("8.8.8.8", Transport::Tcp, 443),
            ),
            (
                "[2001:db8::7]:5060/udp",
                r#"{"address":"2001:db8::7","protocol":"udp","port":5060}"#,
                connection("2001:db8::7", Transport::Udp, 5060),
            ),
        ] {
            assert_eq!(text.parse(), Ok(asked));
            assert_eq!(serde_json::from_str::<Asked>(json).unwrap(), asked);
            assert_eq!(serde_json::to_string(&asked).unwrap(), json);
        }
    }

    #[test]
    fn incomplete_addresses_and_connections_are_refused() {
        for text in
            ["", "8.8.8", "8.8.8.8:443", "8.8.8.8/tcp", "8.8.8.8:0/tcp", "8.8.8.8:443/icmp", "::1:443/tcp"]
        {
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
            r#"{"address":"8.8.8.8","protocol":"tcp","port":443,"family":4}"#,
        ] {
            assert!(serde_json::from_str::<Asked>(json).is_err(), "{json} was accepted");
        }
    }

    #[test]
    fn a_connection_from_a_mapped_address_is_ipv4() {
        let asked = connection("::ffff:192.0.2.7", Transport::Tcp, 443);
        assert_eq!(asked.connection().unwrap().source, "192.0.2.7".parse::<IpAddr>().unwrap());
    }
}
