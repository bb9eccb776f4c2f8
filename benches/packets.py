"""What a packet costs in the firewall: CPU time above that of a bare DROP rule, by layout of the sets.

The sources of the packets are random addresses of random rows of the data, so that small blocks, which are the
dearest, come as often as large ones.
"""

from __future__ import annotations

import csv
import gzip
import ipaddress
import random
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import BenchError, Spread, output_of

SOURCES = 20_000
PACKETS = 25_000
# Addresses of no country, for a selection that blocks every one.
NOBODY = {4: ipaddress.ip_network("10.0.0.0/8"), 6: ipaddress.ip_network("fd00::/8")}
TARGETS = {4: "198.18.0.1", 6: "2001:2::1"}
TOOLS = {4: "iptables", 6: "ip6tables"}
OUR_CHAINS = {4: ("GEOIP_CHECK", "GEOIP_VERDICT"), 6: ("GEOIP_CHECK_V6", "GEOIP_VERDICT_V6")}
WATCHFUL_CHAINS = ("WATCHFUL", "WATCHFUL_VERDICT")
# The match with which our rules look at so many senders a second and no more.
BOUND = re.compile(r" -m limit --limit \S+ --limit-burst \S+")
ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"

OURS, WATCHFUL = "ours", "ours looking at every sender"
UNCONFINED, INCUMBENT = "smallest table of all lengths", "PHP-only"
LAYOUTS = (OURS, WATCHFUL, UNCONFINED, INCUMBENT)
# So many senders come again and again, as scanners do.
FEW = 100
# A packet takes some microseconds and its figures scatter by one: as many times the runs of other figures.
TIMES_THE_RUNS = 3


@dataclass(frozen=True)
class Row:
    """A row of the data."""

    version: int
    first: int
    last: int
    country: str


@dataclass(frozen=True)
class PacketRow:
    """Nanoseconds of a packet, by layout."""

    selection: str
    version: int
    verdict: str
    nanoseconds: dict[str, Spread]


def read_rows(bundle: Path) -> list[Row]:
    """All rows of a DB-IP bundle."""
    with gzip.open(bundle, "rt", newline="") as lines:
        return [Row(*numbers(first, last), country) for first, last, country in csv.reader(lines)]


def numbers(first: str, last: str) -> tuple[int, int, int]:
    """Version, first and last address as numbers."""
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    return low.version, int(low), int(high)


class PacketBench:
    """A machine of one network namespace that sends packets to itself; the helper's sets are in force there."""

    def __init__(self, examples: Path, state: Path, rows: Sequence[Row], blocked: Iterable[str]) -> None:
        self.examples = examples
        self.rows = rows
        self.blocked = frozenset(blocked)
        for command in (
            "ip link set lo up",
            f"ip address add {TARGETS[4]}/32 dev lo",
            f"ip -6 address add {TARGETS[6]}/128 dev lo nodad",
        ):
            output_of(*command.split())
        for tool in TOOLS.values():
            # What connection tracking costs is nobody's merit.
            for chain in ("OUTPUT", "PREROUTING"):
                output_of(tool, "-t", "raw", "-A", chain, "-j", "CT", "--notrack")
        self._restore_sets(
            output_of(str(examples / "unconfined"), str(state), ",".join(sorted(self.blocked)))
        )
        self._restore_sets("".join(self._incumbent_sets()))
        for version, tool in TOOLS.items():
            self._copy_unbounded(tool, OUR_CHAINS[version])
            self._add_chain(tool, "UNCONFINED", [f"--match-set unconfined_v{version} src -j DROP"])
            allowed, blocked_set = (f"--match-set {name}_v{version} src" for name in ("allowed", "blocked"))
            self._add_chain(tool, "INCUMBENT", [f"{allowed} -j RETURN", f"{blocked_set} -j DROP"])

    def measure(self, selection: str, runs: int) -> Iterator[PacketRow]:
        """All cells of the selection, of `TIMES_THE_RUNS` times as many runs."""
        for version in TOOLS:
            for verdict in ("passes", "blocked", f"blocked, {FEW} senders"):
                blocked = verdict != "passes"
                sources = self._sources(version, blocked, FEW if "senders" in verdict else SOURCES)
                values: dict[str, list[float]] = {layout: [] for layout in LAYOUTS}
                for _ in range(TIMES_THE_RUNS * runs):
                    for layout in LAYOUTS:
                        bare = self._cost(version, None, sources, False)
                        values[layout].append(self._cost(version, layout, sources, blocked) - bare)
                spreads = {layout: Spread.of(found) for layout, found in values.items()}
                yield PacketRow(selection, version, verdict, spreads)
        # A chain beside the helper's own would hold its sets for ever.
        for tool in TOOLS.values():
            output_of(tool, "-F", "INPUT")
            for step in ("-F", "-X"):
                for chain in WATCHFUL_CHAINS:
                    output_of(tool, step, chain)

    def _cost(self, version: int, layout: str | None, sources: bytes, blocked: bool) -> float:
        tool = TOOLS[version]
        output_of(tool, "-F", "INPUT")
        if layout:
            chains = {
                OURS: OUR_CHAINS[version][0],
                WATCHFUL: WATCHFUL_CHAINS[0],
                UNCONFINED: "UNCONFINED",
                INCUMBENT: "INCUMBENT",
            }
            output_of(tool, "-A", "INPUT", "-j", chains[layout])
        output_of(tool, "-A", "INPUT", "-j", "DROP")
        flood = [self.examples / "flood", TARGETS[version], str(PACKETS)]
        nanoseconds = subprocess.run(flood, input=sources, check=True, stdout=subprocess.PIPE).stdout
        passed = re.findall(r"-j DROP -c (\d+)|-c (\d+) \d+ -j DROP", output_of(tool, "-v", "-S", "INPUT"))
        arrived = sum(int(count) for match in passed for count in match if count)
        # Each source was first there once before the figures began.
        sent = PACKETS + sources.count(b"\n")
        if arrived != (0 if blocked else sent):
            raise BenchError(f"{layout}: {arrived} of {sent} IPv{version} packets passed, blocked: {blocked}")
        return float(nanoseconds)

    def _sources(self, version: int, blocked: bool, number: int) -> bytes:
        dice = random.Random(version)
        rows = (row for row in self.rows if row.version == version and not is_special(row))
        wanted = [row for row in rows if (row.country in self.blocked) is blocked]
        nobody = NOBODY[version]
        make = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address

        def draw() -> int:
            if not wanted:
                return int(nobody.network_address) + dice.randrange(nobody.num_addresses)
            row = dice.choice(wanted)
            return dice.randint(row.first, row.last)

        return "".join(f"{make(draw())}\n" for _ in range(number)).encode()

    def _incumbent_sets(self) -> Iterator[str]:
        """Two sets a family with one entry for each prefix of each row, as the earlier module fills them."""
        for version, family in ((4, "inet"), (6, "inet6")):
            for name in ("allowed", "blocked"):
                yield f"create {name}_v{version} hash:net family {family} hashsize 131072 maxelem 2000000\n"
        for row in self.rows:
            name = "blocked" if row.country in self.blocked else "allowed"
            for prefix in prefixes(row):
                yield f"add {name}_v{row.version} {prefix}\n"

    def _restore_sets(self, script: str) -> None:
        subprocess.run(["ipset", "-exist", "restore"], input=script.encode(), check=True)

    def _copy_unbounded(self, tool: str, chains: Sequence[str]) -> None:
        """Our chains once more, without the bound, under the names of `WATCHFUL_CHAINS`."""
        script = "".join(output_of(tool, "-S", chain) for chain in chains)
        if not BOUND.search(script):
            raise BenchError(f"no rule of {chains} has a bound")
        for chain, copy in zip(chains, WATCHFUL_CHAINS, strict=True):
            script = re.sub(rf"\b{chain}\b", copy, script)
        # Chains come before the rules that lead to them.
        for rule in sorted(BOUND.sub("", script).splitlines(), key=lambda rule: not rule.startswith("-N ")):
            output_of(tool, *rule.split())

    def _add_chain(self, tool: str, chain: str, matches: Sequence[str]) -> None:
        output_of(tool, "-N", chain)
        for rule in (ESTABLISHED, *(f"-m set {match}" for match in matches)):
            output_of(tool, "-A", chain, *rule.split())


def is_special(row: Row) -> bool:
    """True for rows whose addresses no packet on the internet bears, and which a policy may spare."""
    make = ipaddress.IPv4Address if row.version == 4 else ipaddress.IPv6Address
    address = make(row.first)
    return row.country == "ZZ" or address.is_multicast or not address.is_global


def prefixes(row: Row) -> Iterator[str]:
    """The fewest prefixes that cover a row, but for the whole family, which no set can hold in one entry."""
    make, width = (ipaddress.IPv4Address, 32) if row.version == 4 else (ipaddress.IPv6Address, 128)
    first = row.first
    while first <= row.last:
        aligned = (first & -first).bit_length() - 1 if first else width - 1
        bits = min(aligned, (row.last - first + 1).bit_length() - 1)
        yield f"{make(first)}/{width - bits}"
        first += 1 << bits
