"""What a packet costs in the firewall: CPU time above that of a bare DROP rule, by layout of the sets.

The sources of the packets are random addresses of random rows of the data, so that small blocks, which are the
dearest, come as often as large ones.
"""

from __future__ import annotations

import csv
import gzip
import ipaddress
import os
import random
import re
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import BenchError, Spread, enter_fresh_network, enter_network, output_of, this_network

SOURCES = 20_000
# A run sends ROUNDS batches of BATCH packets each, alternately to a layout and to the bare rule.
ROUNDS = 25
BATCH = 1_000
# Private addresses, which stay free for a selection that blocks every country.
NOBODY = {4: ipaddress.ip_network("10.0.0.0/8"), 6: ipaddress.ip_network("fd00::/8")}
TARGETS = {4: "198.18.0.1", 6: "2001:2::1"}
# The loopback device, through which the packets come.
CABLE = "cable"
TOOLS = {4: "iptables", 6: "ip6tables"}
# The cheapest sets to look up, and the entries with which they contain every address.
ONE_SET = {4: "bitmap:ip range 0.0.0.0-255.255.255.255 netmask 16", 6: "hash:net family inet6"}
EVERYTHING = {4: ["0.0.0.0/1", "128.0.0.0/1"], 6: ["::/1", "8000::/1"]}
VERDICT_CHAINS = {4: "GEOIP_VERDICT", 6: "GEOIP_VERDICT_V6"}
# The match that limits how many senders per second our rules record.
BOUND = re.compile(r" -m limit --limit \S+ --limit-burst \S+")
ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"

OURS, WATCHFUL, RESTRICTED = "ours", "ours looking at every sender", "ours with administration restricted"
UNCONFINED, INCUMBENT = "smallest table of all lengths", "PHP-only"
ONE_RULE = "one rule with a set"
LAYOUTS = (OURS, WATCHFUL, RESTRICTED, UNCONFINED, INCUMBENT, ONE_RULE)
BARE = "bare"
# Number of senders that come repeatedly, like scanners.
FEW = 100


@dataclass(frozen=True)
class Row:
    """A row of the data."""

    version: int
    first: int
    last: int
    country: str


@dataclass(frozen=True)
class PacketRow:
    """Nanoseconds per packet, by layout."""

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
    """One network namespace per layout, in which a machine sends packets to itself."""

    def __init__(
        self,
        examples: Path,
        state: Path,
        rows: Sequence[Row],
        blocked: Iterable[str],
        attach: Callable[[], object],
        restrict: Callable[[], object],
    ) -> None:
        """`attach` puts the helper's sets and rules in force in a new network namespace. `restrict` then also lets
        administration in from one country only; `attach` is not called again.
        """
        self.examples = examples
        self.state = state
        self.rows = rows
        self.blocked = frozenset(blocked)
        self.attach, self.restrict = attach, restrict
        self.networks = {layout: self._network(layout) for layout in (BARE, *LAYOUTS)}

    def measure(self, selection: str, runs: int) -> Iterator[PacketRow]:
        """All figures of the selection, with `runs` runs each. The layouts take turns."""
        for version in TOOLS:
            for verdict in ("passes", "blocked", f"blocked, {FEW} senders"):
                blocked = verdict != "passes"
                self._fill_one_set(version, blocked)
                sources = self._sources(version, blocked, FEW if "senders" in verdict else SOURCES)
                values: dict[str, list[float]] = {layout: [] for layout in LAYOUTS}
                for _ in range(runs):
                    for layout in LAYOUTS:
                        values[layout].append(self._cost(version, layout, sources, blocked))
                spreads = {layout: Spread.of(found) for layout, found in values.items()}
                yield PacketRow(selection, version, verdict, spreads)

    def enter(self, layout: str) -> None:
        """Moves this process into the network namespace of a layout."""
        enter_network(self.networks[layout])

    def close(self) -> None:
        """Closes all network namespaces except the one of this process."""
        for network in self.networks.values():
            os.close(network)

    def _cost(self, version: int, layout: str, sources: bytes, blocked: bool) -> float:
        """Nanoseconds per packet more than with a bare rule in the same round; the median."""
        tool = TOOLS[version]
        self.enter(layout)
        output_of(tool, "-Z", "INPUT")
        pair = [self.networks[BARE], self.networks[layout]]
        flood = [self.examples / "flood", TARGETS[version], str(ROUNDS), str(BATCH)]
        flood += [f"/proc/self/fd/{network}" for network in pair]
        done = subprocess.run(flood, input=sources, check=True, stdout=subprocess.PIPE, pass_fds=pair)
        costs = [[int(cost) for cost in line.split()] for line in done.stdout.decode().splitlines()]
        passed = re.findall(r"-j DROP -c (\d+)|-c (\d+) \d+ -j DROP", output_of(tool, "-v", "-S", "INPUT"))
        arrived = sum(int(count) for match in passed for count in match if count)
        # Each source is sent once before the measurement.
        sent = ROUNDS * BATCH + sources.count(b"\n")
        if arrived != (0 if blocked else sent):
            raise BenchError(f"{layout}: {arrived} of {sent} IPv{version} packets passed, blocked: {blocked}")
        return statistics.median(ours - bare for bare, ours in costs)

    def _network(self, layout: str) -> int:
        """A network namespace with the sets and rules of a layout before a bare rule, as an open file."""
        enter_fresh_network()
        network = this_network()
        for command in (
            # By its usual name the filter would let in what comes through it.
            f"ip link set lo name {CABLE}",
            f"ip link set {CABLE} up",
            f"ip address add {TARGETS[4]}/32 dev {CABLE}",
            f"ip -6 address add {TARGETS[6]}/128 dev {CABLE} nodad",
        ):
            output_of(*command.split())
        for tool in TOOLS.values():
            # Every layout pays for connection tracking, so it is switched on for all. It starts with the first
            # rule that needs it.
            self._add_chain(tool, "TRACKED", [])
            for chain in ("OUTPUT", "PREROUTING"):
                output_of(tool, "-t", "raw", "-A", chain, "-j", "CT", "--notrack")
        self._add_layout(layout)
        for tool in TOOLS.values():
            output_of(tool, "-A", "INPUT", "-j", "DROP")
        return network

    def _add_layout(self, layout: str) -> None:
        if layout in (OURS, WATCHFUL, RESTRICTED):
            self.attach()
            if layout == RESTRICTED:
                self.restrict()
            if layout == WATCHFUL:
                for version, tool in TOOLS.items():
                    self._unbind(tool, VERDICT_CHAINS[version])
            return
        if layout == UNCONFINED:
            countries = ",".join(sorted(self.blocked))
            self._restore_sets([output_of(str(self.examples / "unconfined"), str(self.state), countries)])
        elif layout == INCUMBENT:
            self._restore_sets(self._incumbent_sets())
        elif layout == ONE_RULE:
            self._restore_sets(f"create one_v{version} {kind}\n" for version, kind in ONE_SET.items())
        for version, tool in TOOLS.items():
            matches = {
                UNCONFINED: [f"--match-set unconfined_v{version} src -j DROP"],
                INCUMBENT: [
                    f"--match-set allowed_v{version} src -j RETURN",
                    f"--match-set blocked_v{version} src -j DROP",
                ],
                ONE_RULE: [f"--match-set one_v{version} src -j DROP"],
            }
            if layout in matches:
                self._add_chain(tool, "LAYOUT", matches[layout])
                output_of(tool, "-A", "INPUT", "-j", "LAYOUT")

    def _fill_one_set(self, version: int, blocked: bool) -> None:
        """Fills the single set so that it gives the measured verdict on every address."""
        self.enter(ONE_RULE)
        adds = [f"add one_v{version} {prefix}\n" for prefix in EVERYTHING[version] if blocked]
        self._restore_sets([f"flush one_v{version}\n", *adds])

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
        """Two sets per family with one entry per prefix of each row, like the earlier module."""
        for version, family in ((4, "inet"), (6, "inet6")):
            for name in ("allowed", "blocked"):
                yield f"create {name}_v{version} hash:net family {family} hashsize 131072 maxelem 2000000\n"
        for row in self.rows:
            name = "blocked" if row.country in self.blocked else "allowed"
            for prefix in prefixes(row):
                yield f"add {name}_v{row.version} {prefix}\n"

    def _restore_sets(self, lines: Iterable[str]) -> None:
        subprocess.run(["ipset", "-exist", "restore"], input="".join(lines).encode(), check=True)

    def _unbind(self, tool: str, chain: str) -> None:
        """Removes the limit match from a rule of the chain, if there is one."""
        rules = [rule for rule in output_of(tool, "-S", chain).splitlines() if rule.startswith("-A ")]
        place = next((place for place, rule in enumerate(rules, 1) if BOUND.search(rule)), None)
        if place is None:
            raise BenchError(f"no rule of {chain} has a bound")
        _, _, *rule = BOUND.sub("", rules[place - 1]).split()
        output_of(tool, "-R", chain, str(place), *rule)

    def _add_chain(self, tool: str, chain: str, matches: Sequence[str]) -> None:
        output_of(tool, "-N", chain)
        for rule in (ESTABLISHED, *(f"-m set {match}" for match in matches)):
            output_of(tool, "-A", chain, *rule.split())


def is_special(row: Row) -> bool:
    """True for rows in special-purpose space, from which no packet on the internet comes."""
    make = ipaddress.IPv4Address if row.version == 4 else ipaddress.IPv6Address
    address = make(row.first)
    return row.country == "ZZ" or address.is_multicast or not address.is_global


def prefixes(row: Row) -> Iterator[str]:
    """The fewest prefixes that cover a row. /0 is split, because a set cannot store it."""
    make, width = (ipaddress.IPv4Address, 32) if row.version == 4 else (ipaddress.IPv6Address, 128)
    first = row.first
    while first <= row.last:
        aligned = (first & -first).bit_length() - 1 if first else width - 1
        bits = min(aligned, (row.last - first + 1).bit_length() - 1)
        yield f"{make(first)}/{width - bits}"
        first += 1 << bits
