"""Sends UDP packets to this machine from an address in the world: knock.py ADDRESS [PACKETS].

They come in over a cable, as from outside, for what a machine sends to itself is never filtered. Each begins a connection.
Needs root and a network namespace of the test's own."""

import pathlib
import socket
import struct
import subprocess
import sys
import time

PORT = 9
HERE = {4: "10.255.0.1", 6: "fd00:255::1"}
PATIENCE = 10  # seconds
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
    wait_for_carrier()


def wait_for_carrier():
    """Until the kernel has noticed that both ends are up, it loses what is sent, and says nothing."""
    end = time.monotonic() + PATIENCE
    while any(" noop " in subprocess.check_output(["ip", "-o", "link", "show", name], text=True) for name in ("cable", "far")):
        if time.monotonic() > end:
            sys.exit("knock.py: the cable does not come up")
        time.sleep(0.01)


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
    with end_of_cable("far", 0) as far, end_of_cable("cable", kind) as near:
        for number in range(packets):
            sent = frame + packet(source, 20000 + number)
            far.send(sent)
            # It has arrived when it is seen at the other end, which a busy machine may be slow about.
            while near.recv(2048) != sent:
                pass


def end_of_cable(name, kind):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
    end.bind((name, kind))
    end.settimeout(PATIENCE)
    return end


knock(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1)
