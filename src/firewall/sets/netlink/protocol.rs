//! The constants of the kernel's interface, from `linux/netlink.h`, `linux/netfilter/nfnetlink.h` and
//! `linux/netfilter/ipset/ip_set.h`.

/// The version of the ipset protocol used here, supported by Linux 4.19 and later.
pub(super) const PROTOCOL: u8 = 7;

/// The netfilter subsystem, in the upper byte of the message type.
pub(super) const SUBSYSTEM_IPSET: u16 = 6 << 8;

/// The commands of ipset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Command {
    Protocol = 1,
    Create = 2,
    Destroy = 3,
    Flush = 4,
    Rename = 5,
    Swap = 6,
    List = 7,
    Add = 9,
    Remove = 10,
    Test = 11,
    Type = 13,
}

/// Types of messages that answer any request.
pub(super) mod answer {
    pub(in super::super) const ERROR: u16 = 2;
    pub(in super::super) const DONE: u16 = 3;
}

/// Flags of a message.
pub(super) mod flag {
    pub(in super::super) const REQUEST: u16 = 0x1;
    pub(in super::super) const ACK: u16 = 0x4;
    pub(in super::super) const CREATE: u16 = 0x400;
    /// Fail if the object exists already.
    pub(in super::super) const EXCLUSIVE: u16 = 0x200;
    pub(in super::super) const DUMP: u16 = 0x300;
}

/// Bits in the type of an attribute.
pub(super) mod attribute_bit {
    pub(in super::super) const NESTED: u16 = 0x8000;
    pub(in super::super) const NETWORK_ORDER: u16 = 0x4000;
}

/// Attributes of a message about sets.
pub(super) mod attribute {
    pub(in super::super) const PROTOCOL: u16 = 1;
    pub(in super::super) const SET_NAME: u16 = 2;
    pub(in super::super) const TYPE_NAME: u16 = 3;
    pub(in super::super) const OTHER_SET_NAME: u16 = 3;
    pub(in super::super) const REVISION: u16 = 4;
    pub(in super::super) const FAMILY: u16 = 5;
    pub(in super::super) const FLAGS: u16 = 6;
    pub(in super::super) const DATA: u16 = 7;
    pub(in super::super) const MEMBERS: u16 = 8;
    pub(in super::super) const LINE: u16 = 9;
    pub(in super::super) const PROTOCOL_MIN: u16 = 10;
    pub(in super::super) const REVISION_MIN: u16 = 10;
}

/// Attributes within `DATA` of a set or an entry.
pub(super) mod data {
    pub(in super::super) const IP: u16 = 1;
    pub(in super::super) const IP_TO: u16 = 2;
    pub(in super::super) const PREFIX_LENGTH: u16 = 3;
    pub(in super::super) const TIMEOUT: u16 = 6;
    pub(in super::super) const FLAGS: u16 = 8;
    pub(in super::super) const HASH_SIZE: u16 = 18;
    pub(in super::super) const CAPACITY: u16 = 19;
    pub(in super::super) const NETMASK: u16 = 20;
    pub(in super::super) const ENTRIES: u16 = 24;
    pub(in super::super) const REFERENCES: u16 = 25;
    pub(in super::super) const PACKETS: u16 = 25;
    pub(in super::super) const MEMORY: u16 = 26;
}

/// Attributes within `IP`.
pub(super) mod ip {
    pub(in super::super) const V4: u16 = 1;
    pub(in super::super) const V6: u16 = 2;
}

/// Flag of a list request: headers only.
pub(super) const LIST_HEADERS: u32 = 4;
/// Flags for creating a set: count packets per entry; let a new entry replace another one if the set is full.
pub(super) const COUNTERS: u32 = 8;
pub(super) const FORCEADD: u32 = 32;
/// Flags of a listed set, with the tool's words for them. `FORCEADD` is not listed.
pub(super) const EXTENSIONS: [(u32, &str); 3] = [(COUNTERS, "counters"), (16, "comment"), (64, "skbinfo")];
/// Flag of an entry: it does not match.
pub(super) const NOMATCH: u32 = 4;

/// Address families.
pub(super) mod family {
    pub(in super::super) const V4: u8 = 2;
    pub(in super::super) const V6: u8 = 10;
}
