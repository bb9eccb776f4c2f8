"""What the kernel alone takes to fill sets: its members are written down beforehand, so that nothing else is timed.

The numbers are those of `linux/netfilter/ipset/ip_set.h`.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
import socket
import struct
import time
from collections.abc import Iterator

from measuring import BenchError, enter_fresh_network

NETLINK_NETFILTER = 12
REQUEST, ACKNOWLEDGE, ANEW = 0x1, 0x4, 0x600
CREATE, ADD = 6 << 8 | 2, 6 << 8 | 9
PROTOCOL, SET, TYPE, REVISION, FAMILY, DATA, MEMBERS, LINE = 1, 2, 3, 4, 5, 7, 8, 9
ADDRESS, LENGTH, FLAGS, HASH_SIZE, CAPACITY = 1, 3, 8, 18, 19
NESTED, BIG_ENDIAN = 0x8000, 0x4000
HOLE = 4
# The newest revision of hash:net, which kernels since 5.11 support.
HASH_NET_REVISION = 7
MEMBERS_PER_MESSAGE = 1024


class KernelAlone:
    """Loads saved hash sets into the kernel. Other saved sets are ignored."""

    def __init__(self, saved: str) -> None:
        self.requests = list(requests(saved))

    def seconds(self) -> float:
        """Fills the sets in a new network namespace. The time from the first request to the last answer."""
        enter_fresh_network()
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
            kernel.bind((0, 0))
            started = time.perf_counter()
            for request in self.requests:
                kernel.send(request)
                (error,) = struct.unpack_from("=i", kernel.recv(1 << 16), 16)
                if error:
                    raise BenchError(f"the kernel refuses to fill a set: {error}")
            return time.perf_counter() - started


def requests(saved: str) -> Iterator[bytes]:
    """The messages that create the sets and fill them."""
    hashes = re.findall(
        r"^create (\S+) hash:net family (\S+) hashsize (\d+) maxelem (\d+)", saved, re.MULTILINE
    )
    for name, family, hash_size, capacity in hashes:
        options = big_endian(HASH_SIZE, int(hash_size)) + big_endian(CAPACITY, int(capacity))
        kind = attribute(TYPE, b"hash:net\0") + attribute(REVISION, bytes([HASH_NET_REVISION]))
        kind += attribute(FAMILY, bytes([socket.AF_INET6 if family == "inet6" else socket.AF_INET]))
        yield message(CREATE, ANEW, name, kind + attribute(DATA | NESTED, options))
        added = re.findall(rf"^add {name} ([^/\s]+)(?:/(\d+))?( nomatch)?", saved, re.MULTILINE)
        members = (member(*words) for words in added)
        while some := b"".join(itertools.islice(members, MEMBERS_PER_MESSAGE)):
            yield message(ADD, 0, name, attribute(MEMBERS | NESTED, some) + big_endian(LINE, 0))


def member(address: str, length: str, hole: str) -> bytes:
    """A prefix in the kernel's format."""
    parsed = ipaddress.ip_address(address)
    family = 1 if parsed.version == 4 else 2
    data = attribute(ADDRESS | NESTED, attribute(family | BIG_ENDIAN, parsed.packed))
    data += attribute(LENGTH, bytes([int(length or parsed.max_prefixlen)]))
    return attribute(DATA | NESTED, data + (big_endian(FLAGS, HOLE) if hole else b""))


def message(kind: int, flags: int, name: str, rest: bytes) -> bytes:
    """A request about the named set."""
    body = struct.pack("=BBH", socket.AF_INET, 0, 0)
    body += attribute(PROTOCOL, b"\7") + attribute(SET, name.encode() + b"\0") + rest
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | ACKNOWLEDGE | flags, 0, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """A value with its length and type, padded to four bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def big_endian(kind: int, number: int) -> bytes:
    """A 32-bit number in network byte order."""
    return attribute(kind | BIG_ENDIAN, number.to_bytes(4, "big"))
