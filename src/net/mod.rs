//! Addresses as numbers: ranges, sets of ranges, prefixes and longest-prefix tables, for IPv4 and IPv6 alike; and the
//! names of hosts and phones.

mod address;
mod addresses;
mod connection;
mod counts;
mod host;
mod number;
mod phone;
mod ports;
mod prefix;
mod range;
mod range_set;
mod special;
mod subnet;

pub use address::{Address, Family, IpBits};
pub use addresses::{Addresses, by_family, counted};
pub use connection::{Connection, Connections, DroppedConnections, Transport};
pub use counts::AddressCounts;
pub use host::HostName;
pub use number::number_as_text;
pub use phone::PhoneName;
pub use ports::Ports;
pub use prefix::{Prefix, PrefixTable, TableEntry};
pub use range::AddressRange;
pub use range_set::RangeSet;
pub use special::{SpecialBlock, is_special_purpose};
pub use subnet::Subnet;
