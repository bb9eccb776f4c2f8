//! Netlink messages as bytes: a header and attributes, which can be nested.

use std::net::IpAddr;

use super::protocol::{self, Command, SUBSYSTEM_IPSET, attribute, attribute_bit, flag, ip};

const HEADER_BYTES: usize = 16;
/// The netfilter header after the netlink header: family, version, resource.
const NETFILTER_BYTES: usize = 4;
const ATTRIBUTE_HEADER_BYTES: usize = 4;
/// Messages and attributes are aligned to this number of bytes.
const ALIGNMENT: usize = 4;

/// Requests that are sent to the kernel together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    requests: u32,
}

impl Batch {
    /// A batch of one request.
    pub(super) fn of(command: Command, flags: u16, fill: impl FnOnce(&mut Self)) -> Self {
        let mut batch = Self::default();
        batch.request(command, flags, fill);
        batch
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Number of requests. Their sequence numbers start at 0.
    pub(super) fn requests(&self) -> u32 {
        self.requests
    }

    /// Appends a request. `fill` writes its attributes.
    pub(super) fn request(&mut self, command: Command, flags: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&(SUBSYSTEM_IPSET | command as u16).to_ne_bytes());
        self.bytes.extend_from_slice(&(flag::REQUEST | flag::ACK | flags).to_ne_bytes());
        self.bytes.extend_from_slice(&self.requests.to_ne_bytes());
        // Port id 0: the kernel fills it in. Then no family, version 0, no resource.
        self.bytes.extend_from_slice(&[0; 4 + NETFILTER_BYTES]);
        self.byte(attribute::PROTOCOL, protocol::PROTOCOL);
        fill(self);
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
        self.requests += 1;
    }

    /// Appends an attribute that contains the attributes written by `fill`, at most 64 KiB.
    pub(super) fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&attribute_header(0, kind | attribute_bit::NESTED));
        fill(self);
        let length = u16::try_from(self.bytes.len() - start).unwrap_or(u16::MAX);
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }

    pub(super) fn byte(&mut self, kind: u16, value: u8) {
        self.small(kind, [value]);
    }

    pub(super) fn number(&mut self, kind: u16, value: u32) {
        self.small(kind | attribute_bit::NETWORK_ORDER, value.to_be_bytes());
    }

    pub(super) fn text(&mut self, kind: u16, text: &str) {
        let length = ATTRIBUTE_HEADER_BYTES + text.len() + 1;
        self.bytes.extend_from_slice(&attribute_header(length, kind));
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
    }

    pub(super) fn address(&mut self, kind: u16, address: IpAddr) {
        self.nest(kind, |outer| match address {
            IpAddr::V4(address) => outer.small(ip::V4 | attribute_bit::NETWORK_ORDER, address.octets()),
            IpAddr::V6(address) => outer.small(ip::V6 | attribute_bit::NETWORK_ORDER, address.octets()),
        });
    }

    /// Appends an attribute of at most 16 bytes. It is fast, because a set needs hundreds of thousands of them.
    fn small<const N: usize>(&mut self, kind: u16, payload: [u8; N]) {
        let mut bytes = [0; ATTRIBUTE_HEADER_BYTES + 16];
        let length = ATTRIBUTE_HEADER_BYTES + N;
        bytes[..ATTRIBUTE_HEADER_BYTES].copy_from_slice(&attribute_header(length, kind));
        bytes[ATTRIBUTE_HEADER_BYTES..length].copy_from_slice(&payload);
        self.bytes.extend_from_slice(&bytes[..length.next_multiple_of(ALIGNMENT)]);
    }
}

fn attribute_header(length: usize, kind: u16) -> [u8; ATTRIBUTE_HEADER_BYTES] {
    let [low, high] = u16::try_from(length).unwrap_or(u16::MAX).to_ne_bytes();
    let [kind_low, kind_high] = kind.to_ne_bytes();
    [low, high, kind_low, kind_high]
}

/// A message from the kernel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) sequence: u32,
    /// Everything after the header. The body of the last message may be cut off by the size of the buffer.
    body: &'a [u8],
}

impl<'a> Message<'a> {
    /// The messages in received bytes.
    pub(super) fn all(mut bytes: &'a [u8]) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let header = bytes.get(..HEADER_BYTES)?;
            let length = usize::try_from(u32_at(header, 0)?).ok()?;
            let body = bytes.get(HEADER_BYTES..length.min(bytes.len()))?;
            bytes = bytes.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
            Some(Self { kind: u16_at(header, 4)?, sequence: u32_at(header, 8)?, body })
        })
    }

    /// The error number at the start of the body.
    pub(super) fn error_number(self) -> Option<i32> {
        u32_at(self.body, 0).map(u32::cast_signed)
    }

    /// The attributes of a message about sets.
    pub(super) fn attributes(self) -> Attributes<'a> {
        Attributes(self.body.get(NETFILTER_BYTES..).unwrap_or_default())
    }
}

/// A sequence of attributes from the kernel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    fn iter(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let length = usize::from(u16_at(rest, 0)?);
            let kind = u16_at(rest, 2)? & !(attribute_bit::NESTED | attribute_bit::NETWORK_ORDER);
            let payload = rest.get(ATTRIBUTE_HEADER_BYTES..length)?;
            rest = rest.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
            Some((kind, payload))
        })
    }

    fn find(self, wanted: u16) -> Option<&'a [u8]> {
        self.iter().find_map(|(kind, payload)| (kind == wanted).then_some(payload))
    }

    pub(super) fn nested(self, kind: u16) -> Option<Self> {
        self.find(kind).map(Self)
    }

    /// All nested attributes of this type.
    pub(super) fn all_nested(self, wanted: u16) -> impl Iterator<Item = Self> {
        self.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, payload)| Self(payload))
    }

    pub(super) fn address(self, kind: u16) -> Option<IpAddr> {
        let address = self.nested(kind)?;
        let v4 = || address.find(ip::V4)?.first_chunk::<4>().copied().map(IpAddr::from);
        v4().or_else(|| address.find(ip::V6)?.first_chunk::<16>().copied().map(IpAddr::from))
    }

    pub(super) fn byte(self, kind: u16) -> Option<u8> {
        self.find(kind)?.first().copied()
    }

    pub(super) fn number(self, kind: u16) -> Option<u32> {
        self.find(kind)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    pub(super) fn long_number(self, kind: u16) -> Option<u64> {
        self.find(kind)?.first_chunk().copied().map(u64::from_be_bytes)
    }

    pub(super) fn text(self, kind: u16) -> Option<&'a str> {
        let bytes = self.find(kind)?;
        std::str::from_utf8(bytes.strip_suffix(&[0]).unwrap_or(bytes)).ok()
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut batch = Batch::default();
        for name in ["one", "four"] {
            batch.request(Command::Create, 0, |request| {
                request.text(attribute::SET_NAME, name);
                request.nest(attribute::DATA, |data| {
                    data.number(protocol::data::ENTRIES, 70_000);
                    data.byte(protocol::data::PREFIX_LENGTH, 24);
                });
            });
        }
        let messages: Vec<Message> = Message::all(batch.bytes()).collect();
        assert_eq!(messages.len(), 2);
        for (place, (message, name)) in messages.iter().zip(["one", "four"]).enumerate() {
            assert_eq!((message.kind, message.sequence as usize), (SUBSYSTEM_IPSET | 2, place));
            let attributes = message.attributes();
            assert_eq!(attributes.byte(attribute::PROTOCOL), Some(protocol::PROTOCOL));
            assert_eq!(attributes.text(attribute::SET_NAME), Some(name));
            let data = attributes.nested(attribute::DATA).unwrap();
            assert_eq!(data.number(protocol::data::ENTRIES), Some(70_000));
            assert_eq!(data.byte(protocol::data::PREFIX_LENGTH), Some(24));
            assert_eq!(data.byte(protocol::data::NETMASK), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_an_endless_loop(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for message in Message::all(&bytes) {
                message.error_number();
                prop_assert!(message.attributes().iter().count() <= bytes.len());
            }
        }
    }
}
