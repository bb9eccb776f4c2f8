"""Measures the helper beside its floors and writes docs/performance.md.

Everything happens in network namespaces of this process; the firewall of the machine is neither read nor
changed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from document import Figures, KernelRow, Machine, PeakRow, TimeRow, render
from measuring import BenchError, Spread, Work, compare, enter_fresh_network, no_preparation, output_of
from packets import PacketBench, PacketRow, read_rows

PROJECT = Path(__file__).resolve().parent.parent
TEN_COUNTRIES = ["CN", "RU", "IR", "KP", "VN", "IN", "BR", "UA", "ID", "PK"]
MANY_ADDRESSES = 10_000


@dataclass(frozen=True)
class Selection:
    """Countries to block."""

    key: str
    title: str
    countries: list[str]


@dataclass(frozen=True)
class Floor:
    """Work that ours cannot do without, done by the plainest tool."""

    name: str
    work: Work


def selections() -> list[Selection]:
    """The three selections of the published baseline."""
    with open(PROJECT / "data/iso3166.csv", newline="") as table:
        codes = [row["code"] for row in csv.DictReader(table)]
    return [
        Selection("a", f"{len(TEN_COUNTRIES)} countries", TEN_COUNTRIES),
        Selection("b", "all but RU", [code for code in codes if code != "RU"]),
        Selection("c", f"all {len(codes)}", codes),
    ]


class Bench:
    """The helper with a state directory of its own, and the work to measure."""

    def __init__(self, helper: Path, bundle: Path, state: Path) -> None:
        self.helper = helper
        self.bundle = bundle
        self.state = state

    def operation(self, name: str, prepare: Callable[[], object] = no_preparation, **request: Any) -> Work:
        """An operation of the helper; a reply other than ok ends the bench."""
        command = [str(self.helper), "--state-dir", str(self.state), name]
        return Work(command, json.dumps({"v": 1, **request}).encode(), prepare, successful_reply)

    def attach(self, changed: bool, prepare: Callable[[], object] = no_preparation) -> Work:
        """Attaching, with or without anything to do."""
        return replace(self.operation("attach", prepare), expect=changing(changed))

    def update(self) -> Work:
        """From the bundle to a compiled database, where there is none yet."""

        def forget() -> None:
            shutil.rmtree(self.state, ignore_errors=True)

        return self.operation("update", forget, source="dbip", bundle=str(self.bundle), online="never")

    def apply(self, selection: Selection) -> Work:
        """From a compiled database to live sets, where nothing was applied yet."""

        def forget() -> None:
            self.operation("detach").seconds()
            enter_fresh_network()

        policy = {"mode": "block", "countries": selection.countries}
        return self.operation("apply", forget, source="dbip", policy=policy)

    def explain(self, count: int) -> Work:
        """The verdicts on so many addresses under the applied policy."""
        return self.operation("explain", source="dbip", addresses=some_addresses(count))


def successful_reply(output: bytes) -> dict[str, Any]:
    """The data of a reply that says ok."""
    last_line = output.decode().rstrip("\n").rpartition("\n")[2]
    try:
        reply = json.loads(last_line)
    except json.JSONDecodeError:
        reply = {}
    if reply.get("ok") is not True:
        raise BenchError(f"the helper replied: {last_line or 'nothing'}")
    data: dict[str, Any] = reply["data"]
    return data


def changing(expected: bool) -> Callable[[bytes], None]:
    """Refuses a reply by which the helper did not have the work that is being measured."""

    def expect(output: bytes) -> None:
        changed = successful_reply(output)["changed"]
        if changed is not expected:
            raise BenchError(f"the helper replied changed: {changed}, expected {expected}")

    return expect


def some_addresses(count: int) -> list[str]:
    """The same addresses in every run: half IPv4, half IPv6 of the block from which all are assigned."""
    dice = random.Random(0)
    v4 = [str(IPv4Address(dice.getrandbits(32))) for _ in range(count // 2)]
    v6 = [str(IPv6Address(1 << 125 | dice.getrandbits(125))) for _ in range(count - len(v4))]
    return v4 + v6


def flush_input() -> None:
    """What MikoPBX does whenever it builds its firewall anew."""
    for tool in ("iptables", "ip6tables"):
        output_of(tool, "-F", "INPUT")


class Recorder:
    """Measures one figure after the other and keeps them in that order."""

    def __init__(self, bench: Bench, runs: int) -> None:
        self.bench = bench
        self.runs = runs
        self.times: list[TimeRow] = []
        self.kernel: list[KernelRow] = []
        self.peaks: list[PeakRow] = []
        self.packets: list[PacketRow] = []

    def time(self, key: str, title: str, ours: Callable[[], float], floor: Floor | None = None) -> None:
        """Times our work, beside its floor if it has one."""
        print(f"measuring {title}", file=sys.stderr)
        comparison = compare(ours, floor.work.seconds if floor else None, self.runs)
        self.times.append(TimeRow(key, title, floor.name if floor else "", comparison))

    def peak(self, title: str, work: Work) -> None:
        """Takes the peak memory of our work."""
        print(f"measuring memory of {title}", file=sys.stderr)
        mebibytes = Spread.of(work.peak_kib() / 1024 for _ in range(self.runs))
        self.peaks.append(PeakRow(title, mebibytes))

    def update(self) -> dict[str, Any]:
        """Updates; what the helper says of the data."""
        bench = self.bench
        floor = Floor("`gzip -dc`", Work(["gzip", "-dc", str(bench.bundle)]))
        self.time("compile", "update: bundle to database", bench.update().seconds, floor)
        self.peak("update", bench.update())
        return successful_reply(bench.update().output())

    def apply(self, selection: Selection) -> Floor:
        """Applies to an empty kernel; its floor is the tool alone, given the very sets."""
        work = self.bench.apply(selection)
        sets = successful_reply(work.output())["sets"]
        self.kernel.append(kernel_row(selection, sets))
        saved = output_of("ipset", "save").encode()
        floor = Floor("`ipset restore`", Work(["ipset", "restore"], saved, enter_fresh_network))
        title = f"apply ({selection.key}) to an empty kernel"
        self.time(f"apply {selection.key}", title, work.seconds, floor)
        self.peak(f"apply ({selection.key})", work)
        return floor

    def packet_cost(self, selections: Iterable[Selection]) -> None:
        """What packets cost while the sets of each selection are in force."""
        rows = read_rows(self.bench.bundle)
        examples = self.bench.helper.parent / "examples"
        for selection in selections:
            print(f"measuring packets ({selection.key})", file=sys.stderr)
            self.bench.apply(selection).output()
            self.bench.attach(changed=True).output()
            bench = PacketBench(examples, self.bench.state, rows, selection.countries)
            self.packets.extend(bench.measure(selection.key, self.runs))

    def everyday(self, selection: Selection, restore: Floor) -> None:
        """The calls of every day while `selection` is applied; `restore` loads its sets."""
        bench = self.bench
        update, apply = bench.update(), bench.apply(selection)
        title = f"update, then apply ({selection.key})"
        self.time(f"update {selection.key}", title, lambda: update.seconds() + apply.seconds())
        bench.attach(changed=True).output()
        self.time("attached", "attach, all in place", bench.attach(changed=False).seconds)
        flushed = bench.attach(changed=True, prepare=flush_input)
        self.time("flushed", "attach after `iptables -F INPUT`", flushed.seconds)
        self.time("status", "status", bench.operation("status").seconds)
        for count in (1, MANY_ADDRESSES):
            title = f"explain {count:,} address{'es' if count > 1 else ''}"
            self.time(f"explain {count}", title, bench.explain(count).seconds)
            self.peak(title, bench.explain(count))
        self.time("start", "start-up (`--version`)", Work([str(bench.helper), "--version"]).seconds)
        rebooted = bench.attach(changed=True, prepare=enter_fresh_network)
        title = f"attach after a reboot, sets of ({selection.key})"
        self.time("rebooted", title, rebooted.seconds, restore)


def kernel_row(selection: Selection, sets: list[dict[str, Any]]) -> KernelRow:
    """What the kernel holds; the helper's account of it has to be the kernel's own."""
    listing = output_of("ipset", "list", "-t")
    pattern = r"^Name: geoip_\w*(v[46])$.*?^Size in memory: (\d+)$"
    memory = {"v4": 0, "v6": 0}
    for family, size in re.findall(pattern, listing, re.MULTILINE | re.DOTALL):
        memory[family] += int(size)
    replied = {found["family"]: found["memory_bytes"] for found in sets}
    if replied != memory:
        raise BenchError(f"the helper replied {replied}, but the kernel holds {memory}")
    entries = {found["family"]: found["entries"] for found in sets}
    megabytes = sum(memory.values()) / 1e6
    return KernelRow(selection.key, selection.title, entries["v4"], entries["v6"], megabytes)


def this_machine() -> Machine:
    """What the figures depend on."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        kernel=f"{platform.system()} {platform.release()}",
        tools=[re.split(r"[,\n]", output_of(tool, "--version"))[0] for tool in ("ipset", "iptables")],
        load=os.getloadavg()[0],
        date=datetime.now(UTC).date().isoformat(),
    )


def measure(helper: Path, bundle: Path, runs: int) -> Figures:
    """Takes all figures in one go."""
    machine = this_machine()
    enter_fresh_network()
    # On the disk of the project: that of /tmp may be memory, where flushing to disk costs nothing.
    with tempfile.TemporaryDirectory(dir=helper.parent) as scratch:
        recorder = Recorder(Bench(helper, bundle, Path(scratch) / "state"), runs)
        edition = recorder.update()
        selected = selections()
        floors = [recorder.apply(selection) for selection in selected]
        recorder.everyday(selected[0], floors[0])
        recorder.packet_cost(selected)
    return Figures(
        machine=machine,
        runs=runs,
        release=str(edition["release"]),
        rows=edition["rows"]["used"],
        binary_megabytes=helper.stat().st_size / 1e6,
        times=recorder.times,
        kernel=recorder.kernel,
        peaks=recorder.peaks,
        packets=recorder.packets,
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="runs of each figure (default: %(default)s)")
    parser.add_argument("--helper", type=Path, default=PROJECT / "target/release/geoip-helper")
    parser.add_argument("--bundle", type=Path, default=PROJECT / "target/data/dbip-country-lite.csv.gz")
    parser.add_argument("--output", type=Path, default=PROJECT / "docs/performance.md")
    chosen = parser.parse_args()
    if chosen.runs < 1:
        parser.error("--runs: at least one")
    return chosen


def main() -> int:
    """Measures, writes the document and prints it."""
    chosen = arguments()
    try:
        figures = measure(chosen.helper.resolve(), chosen.bundle.resolve(), chosen.runs)
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    document = render(figures)
    chosen.output.write_text(document, encoding="utf-8")
    print(document, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
