"""Sends UDP packets to this machine from an address in the world: knock.py ADDRESS [PACKETS].

They come in over a cable, as from outside, for what a machine sends to itself is never filtered. Each begins a connection.
Needs root and a network namespace of the test's own."""

import pathlib
import socket
import struct
import subprocess
import sys

PORT = 9
HERE = {4: "10.255.0.1", 6: "fd00:255::1"}
NEAR, FAR = "02:00:00:00:00:01", "02:00:00:00:00:02"
IPV4, IPV6 = 0x0800, 0x86DD


def lay_cable():
    for line in (
        f"link add cable address {NEAR} type veth peer name far address {FAR}",
        "link set cable addrgenmode none",
        f"address add {HERE[4]}/30 dev cable",
        f"-6 address add {HERE[6]}/64 dev cable nodad",
        "link set far up",
        "link set cable up",
    ):
        subprocess.run(["ip", *line.split()], check=True)
    for name in ("all", "cable"):
        pathlib.Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter").write_text("0")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source, port):
    """An IP packet that holds an empty UDP datagram."""
    if ":" not in source:
        udp = struct.pack("!4H", port, PORT, 8, 0)
        ends = socket.inet_aton(source) + socket.inet_aton(HERE[4])
        head = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0, 64, socket.IPPROTO_UDP, 0)
        return head[:10] + struct.pack("!H", checksum(head + ends)) + ends + udp
    ends = b"".join(socket.inet_pton(socket.AF_INET6, end) for end in (source, HERE[6]))
    udp = struct.pack("!4H", port, PORT, 8, 0)
    udp = udp[:6] + struct.pack("!H", checksum(ends + struct.pack("!II", 8, socket.IPPROTO_UDP) + udp))
    return struct.pack("!IHBB", 6 << 28, 8, socket.IPPROTO_UDP, 64) + ends + udp


def knock(source, packets):
    if "cable" not in (name for _, name in socket.if_nameindex()):
        lay_cable()
    kind = IPV6 if ":" in source else IPV4
    frame = bytes.fromhex((NEAR + FAR).replace(":", "")) + struct.pack("!H", kind)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as cable:
        cable.bind(("far", 0))
        for number in range(packets):
            cable.send(frame + packet(source, 20000 + number))


knock(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
