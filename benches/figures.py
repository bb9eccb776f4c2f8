"""Measures the helper beside its floors and writes docs/performance.md.

Everything happens in network namespaces of this process; the firewall of the machine is neither read nor
changed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
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

import growth
from document import (
    Figures,
    GrowthRow,
    KernelRow,
    Machine,
    PageLoad,
    PeakRow,
    TimeRow,
    ToolRow,
    UnionFigures,
    UnionRow,
    plots,
    render,
    with_unions,
)
from kernel_alone import KernelAlone
from measuring import BenchError, Spread, Work, compare, enter_fresh_network, no_preparation, output_of
from packets import WATCHFUL, PacketBench, PacketRow, read_rows
from tools import PublicTools, count_lines

PROJECT = Path(__file__).resolve().parent.parent
TEN_COUNTRIES = ["CN", "RU", "IR", "KP", "VN", "IN", "BR", "UA", "ID", "PK"]
MANY_ADDRESSES = 10_000
# SSH, AMI, AJAM and the web interface.
ADMIN_PORTS = [22, 80, 443, 5038, 8088]
# About as many as FireHOL level 1 has. The blocks are made up: what publishers list is theirs.
LISTED_BLOCKS = 5_000
# Operations that take seconds are repeated less often.
FEW_RUNS = 3


FAMILY_NAMES = {"v4": "IPv4", "v6": "IPv6"}


@dataclass(frozen=True)
class Selection:
    """Countries to block, and what is blocked beside them."""

    key: str
    title: str
    countries: list[str]
    networks: tuple[int, ...] = ()
    lists: tuple[str, ...] = ()

    @property
    def policy(self) -> dict[str, Any]:
        """The policy that blocks all of it."""
        return {
            "mode": "block",
            "countries": self.countries,
            "networks": self.networks,
            "lists": self.lists,
        }


@dataclass(frozen=True)
class Floor:
    """A minimal program for work that ours cannot avoid, as a lower bound."""

    name: str
    seconds: Callable[[], float]


def selections() -> list[Selection]:
    """The three selections of the published baseline."""
    with open(PROJECT / "data/iso3166.csv", newline="") as table:
        codes = [row["code"] for row in csv.DictReader(table)]
    return [
        Selection("a", f"{len(TEN_COUNTRIES)} countries", TEN_COUNTRIES),
        Selection("b", "all but RU", [code for code in codes if code != "RU"]),
        Selection("c", f"all {len(codes)}", codes),
    ]


def hosting_companies() -> tuple[int, ...]:
    """The AS numbers of the preset of hosting companies."""
    presets = json.loads((PROJECT / "data/networks.json").read_text())
    return tuple(next(preset["networks"] for preset in presets if preset["id"] == "hosting"))


class Bench:
    """The helper with its own state directory, and the operations to measure."""

    def __init__(self, helper: Path, bundle: Path, state: Path) -> None:
        self.helper = helper
        self.bundle = bundle
        self.state = state

    def operation(self, name: str, prepare: Callable[[], object] = no_preparation, **request: Any) -> Work:
        """An operation of the helper. An unsuccessful reply ends the benchmark."""
        command = [str(self.helper), "--state-dir", str(self.state), name]
        return Work(command, json.dumps({"v": 1, **request}).encode(), prepare, successful_reply)

    def attach(self, changed: bool, prepare: Callable[[], object] = no_preparation) -> Work:
        """`attach`, with or without anything to restore."""
        return replace(self.operation("attach", prepare), expect=changing(changed))

    def update(self) -> Work:
        """An update from the bundle, without a database on disk."""
        return self._update(source="dbip", bundle=str(self.bundle))

    def update_rir(self, files: list[Path]) -> Work:
        """An update from the five delegation files, without a database on disk."""
        return self._update(source="rir", files=[str(path) for path in files])

    def _update(self, **data: Any) -> Work:
        def forget() -> None:
            shutil.rmtree(self.state, ignore_errors=True)

        return self.operation("update", forget, online="never", **data)

    def plan(self, selection: Selection, source: str = "dbip") -> Work:
        """A preview: it computes the plan but does not load it."""
        return self.operation("preview", source=source, policy=selection.policy)

    def apply(self, selection: Selection, source: str = "dbip") -> Work:
        """An apply, without a policy in force."""

        def forget() -> None:
            self.operation("detach").seconds()
            enter_fresh_network()

        return self.operation("apply", forget, source=source, policy=selection.policy)

    def save(self, selection: Selection) -> Work:
        """An apply that replaces sets but no rules: from all countries but one to the whole selection."""
        one_less = replace(selection, countries=selection.countries[1:])
        before = self.operation("apply", source="dbip", policy=one_less.policy)
        return replace(self.apply(selection), prepare=before.output)

    def restrict(self, selection: Selection) -> Work:
        """An apply of the same selection with administration from one country only."""
        admin = {"countries": selection.countries[:1], "ports": ADMIN_PORTS}
        return self.operation("apply", source="dbip", policy={**selection.policy, "admin": admin})

    def keep_list(self, name: str, blocks: Iterable[str]) -> Work:
        """Keeps a list of one's own."""
        return self.operation("lists", ask="never", lists=[{"id": name, "text": "\n".join(blocks)}])

    def read_networks(self, bundle: Path) -> Work:
        """Reads the data that tells networks apart, without any on disk."""

        def forget() -> None:
            (self.state / "networks.geonet").unlink(missing_ok=True)

        return self.operation("networks", forget, files=[str(bundle)])

    def explain(self, count: int) -> Work:
        """The verdicts on `count` addresses, by the applied policy."""
        return self.operation("explain", source="dbip", addresses=some_addresses(count))


def successful_reply(output: bytes) -> dict[str, Any]:
    """The data of a successful reply."""
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
    """A check that the reply says `changed` as expected. Otherwise the measured work was not done."""

    def expect(output: bytes) -> None:
        changed = successful_reply(output)["changed"]
        if changed is not expected:
            raise BenchError(f"the helper replied changed: {changed}, expected {expected}")

    return expect


def some_addresses(count: int) -> list[str]:
    """The same addresses in every run: half IPv4, half IPv6 from 2000::/3."""
    dice = random.Random(0)
    v4 = [str(IPv4Address(dice.getrandbits(32))) for _ in range(count // 2)]
    v6 = [str(IPv6Address(1 << 125 | dice.getrandbits(125))) for _ in range(count - len(v4))]
    return v4 + v6


def some_blocks(count: int) -> list[str]:
    """The same IPv4 blocks of /24 in every run, all public."""
    dice = random.Random(0)
    first = IPv4Address("11.0.0.0")
    return [f"{first + (dice.randrange(1 << 22) << 8)}/24" for _ in range(count)]


def flush_input() -> None:
    """Flushes INPUT, as MikoPBX does whenever it rebuilds its firewall."""
    for tool in ("iptables", "ip6tables"):
        output_of(tool, "-F", "INPUT")


class Recorder:
    """Measures one figure after the other and stores them in this order."""

    def __init__(self, bench: Bench, runs: int) -> None:
        self.bench = bench
        self.runs = runs
        self.times: list[TimeRow] = []
        self.kernel: list[KernelRow] = []
        self.peaks: list[PeakRow] = []
        self.packets: list[PacketRow] = []
        self.senders_bytes = 0
        self.tools: list[ToolRow] = []
        self.growth: list[GrowthRow] = []

    def time(self, key: str, title: str, ours: Callable[[], float], floor: Floor | None = None) -> None:
        """Measures the time of our work, and of its floor if there is one."""
        print(f"measuring {title}", file=sys.stderr)
        comparison = compare(ours, floor.seconds if floor else None, self.runs)
        self.times.append(TimeRow(key, title, floor.name if floor else "", comparison))

    def peak(self, title: str, work: Work) -> None:
        """Measures the peak memory of our work."""
        print(f"measuring memory of {title}", file=sys.stderr)
        self.peaks.append(PeakRow(title, self.mebibytes(work)))

    def update_rir(self, files: list[Path]) -> None:
        """Measures an update from the delegation files. Its floor reads them and computes their checksums."""
        ours, floor = self.bench.update_rir(files), Work(["md5sum", *map(str, files)])
        self.time(
            "compile rir",
            "update: five RIR files to database",
            ours.seconds,
            Floor("`md5sum`", floor.seconds),
        )
        self.peak("update from RIR files", ours)

    def beside_tools(self, selection: Selection, tools: PublicTools) -> None:
        """Measures our work beside that of public tools."""
        bench, few = self.bench, min(self.runs, FEW_RUNS)
        plan = bench.plan(selection)
        sets = successful_reply(plan.output())["sets"]
        entries = {found["family"]: found["entries"] for found in sets}
        for name, families, tool in [
            ("iprange", ("v4",), tools.iprange()),
            ("aggregate6", ("v4", "v6"), tools.aggregate6()),
        ]:
            print(f"measuring beside {name}", file=sys.stderr)
            seconds = compare(plan.seconds, tool.seconds, few)
            ours = sum(entries[family] for family in families)
            title = f"the prefixes of ({selection.key}), {' and '.join(FAMILY_NAMES[family] for family in families)}"
            self.tools.append(ToolRow(title, f"`{name}`", seconds, ours, count_lines(tool.output())))
        print("measuring beside xt_geoip_build", file=sys.stderr)
        seconds = compare(bench.update().seconds, tools.xt_geoip_build().seconds, few)
        self.tools.append(ToolRow("all countries, from rows to disk", "`xt_geoip_build`", seconds))

    def grow(self, scratch: Path, selections: list[Selection], largest: int) -> None:
        """Measures larger and larger data of both families."""
        few, selection = min(self.runs, FEW_RUNS), selections[0]
        everybody = selections[-1].countries
        for family in growth.FAMILIES:
            for size in growth.SIZES:
                if size > largest:
                    continue
                print(f"measuring {size:,} {family.title} ranges", file=sys.stderr)
                update = self.bench.update_rir(growth.write_ranges(scratch, family, size, everybody))
                peak = Spread.of(update.peak_kib() / 1024 for _ in range(few))
                plan, apply = self.bench.plan(selection, "rir"), self.bench.apply(selection, "rir")
                update_seconds, plan_seconds, apply_seconds = (
                    Spread.of(work.seconds() for _ in range(few)) for work in (update, plan, apply)
                )
                self.growth.append(
                    GrowthRow(family.title, size, update_seconds, plan_seconds, apply_seconds, peak)
                )

    def update(self) -> dict[str, Any]:
        """Measures an update, and returns its reply."""
        bench = self.bench
        floor = Floor("`gzip -dc`", Work(["gzip", "-dc", str(bench.bundle)]).seconds)
        self.time("compile", "update: bundle to database", bench.update().seconds, floor)
        self.peak("update", bench.update())
        return successful_reply(bench.update().output())

    def apply(self, selection: Selection) -> Floor:
        """Measures an apply to an empty kernel. Its floors load the same sets by the tool and the kernel alone."""
        work = self.bench.apply(selection)
        replies = (successful_reply(work.output())["sets"] for _ in range(self.runs))
        self.kernel.append(kernel_row(selection, replies))
        saved, save = output_of("ipset", "save"), self.bench.save(selection)
        tool = Work(["ipset", "restore"], saved.encode(), enter_fresh_network)
        floor = Floor("`ipset restore`", tool.seconds)
        title = f"apply ({selection.key}) to an empty kernel"
        self.time(f"apply {selection.key}", title, work.seconds, floor)
        self.time(f"save {selection.key}", f"save ({selection.key})", save.seconds, floor)
        alone = Floor("the kernel alone", KernelAlone(saved).seconds)
        self.time(f"again {selection.key}", f"save ({selection.key}) again", save.seconds, alone)
        self.peak(f"apply ({selection.key})", work)
        return floor

    def packet_cost(self, selections: Iterable[Selection]) -> None:
        """Measures the cost of packets with the sets of each selection in force."""
        rows = read_rows(self.bench.bundle)
        examples = self.bench.helper.parent / "examples"
        for selection in selections:
            print(f"measuring packets ({selection.key})", file=sys.stderr)
            self.bench.apply(selection).output()
            attach = self.bench.attach(changed=True).output
            restrict = self.bench.restrict(selection).output
            bench = PacketBench(examples, self.bench.state, rows, selection.countries, attach, restrict)
            self.packets.extend(bench.measure(selection.key, self.runs))
            # Without the limit match, only the size of the set limits how many senders are recorded.
            bench.enter(WATCHFUL)
            self.senders_bytes = max(self.senders_bytes, sum(set_bytes("senders").values()))
            bench.close()

    def beyond_countries(self, countries: Selection, networks_bundle: Path) -> UnionFigures:
        """Measures what a list and networks add to countries."""
        bench = self.bench
        bench.update().output()
        read, floor = bench.read_networks(networks_bundle), Work(["gzip", "-dc", str(networks_bundle)])
        print("measuring networks", file=sys.stderr)
        seconds = compare(read.seconds, floor.seconds, self.runs)
        peak = self.mebibytes(read)
        bench.keep_list("made-up", some_blocks(LISTED_BLOCKS)).output()
        hosting = hosting_companies()
        key = f"({countries.key})"
        rows = [
            self.union(union)
            for union in [
                replace(countries, title=f"{key} alone"),
                replace(countries, title=f"{key} and a list of {LISTED_BLOCKS:,} blocks", lists=("made-up",)),
                replace(countries, title=f"{key} and {len(hosting)} networks", networks=hosting),
                replace(countries, title=f"{key} and both", lists=("made-up",), networks=hosting),
            ]
        ]
        # Another file of the same rows, for the one that was read last is not read again.
        other = bench.state.with_name("other.csv.gz")
        other.write_bytes(gzip.compress(gzip.decompress(networks_bundle.read_bytes()), 1))
        first = bench.operation("networks", files=[str(networks_bundle)])
        again = bench.operation("networks", first.output, files=[str(other)])
        return UnionFigures(this_machine(), self.runs, rows, seconds, peak, self.mebibytes(again))

    def union(self, union: Selection) -> UnionRow:
        """Measures one selection of countries, lists and networks."""
        print(f"measuring {union.title}", file=sys.stderr)
        apply = self.bench.apply(union)
        kernel = kernel_row(union, (successful_reply(apply.output())["sets"] for _ in range(self.runs)))
        save, explain = (
            compare(work.seconds, None, self.runs).ours
            for work in (self.bench.save(union), self.bench.explain(1))
        )
        return UnionRow(kernel, save, explain, self.mebibytes(apply))

    def mebibytes(self, work: Work) -> Spread:
        """The peak memory of work."""
        return Spread.of(work.peak_kib() / 1024 for _ in range(self.runs))

    def everyday(self, selection: Selection, restore: Floor) -> None:
        """Measures everyday operations while `selection` is in force. `restore` loads its sets."""
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


def page_load(module: Path, runs: int) -> PageLoad:
    """Opens the page of the module in a browser, with real PHP and helper behind it."""
    print("measuring the page", file=sys.stderr)
    enter_fresh_network()
    output_of("ip", "link", "set", "lo", "up")
    os.environ["GEOIP_TEST_TREE"] = str(module)
    loads = json.loads(output_of("unshare", "--mount", "node", str(PROJECT / "benches/page.mjs"), str(runs)))
    return PageLoad(**{name: Spread.of(load[name] for load in loads) for name in loads[0]})


def set_bytes(*purposes: str) -> dict[str, int]:
    """The kernel memory of our sets with these purposes, by family."""
    listing = output_of("ipset", "list", "-t")
    pattern = rf"^Name: geoip_(?:{'|'.join(purposes)})_(v[46])$.*?^Size in memory: (\d+)$"
    memory = {"v4": 0, "v6": 0}
    for family, size in re.findall(pattern, listing, re.MULTILINE | re.DOTALL):
        memory[family] += int(size)
    return memory


def kernel_row(selection: Selection, replies: Iterable[list[dict[str, Any]]]) -> KernelRow:
    """The sets in the kernel after several applies. The helper's figures must equal those of the kernel."""
    entries: dict[str, int] = {}
    megabytes = []
    for sets in replies:
        memory = set_bytes("specific", "mixed", "blocked", "slash16", "admin")
        replied = {found["family"]: found["memory_bytes"] for found in sets}
        if replied != memory:
            raise BenchError(f"the helper replied {replied}, but the kernel holds {memory}")
        entries = {found["family"]: found["entries"] for found in sets}
        megabytes.append(sum(memory.values()) / 1e6)
    return KernelRow(selection.key, selection.title, entries["v4"], entries["v6"], Spread.of(megabytes))


def this_machine() -> Machine:
    """The machine and versions on which the figures are measured."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        kernel=f"{platform.system()} {platform.release()}",
        tools=[re.split(r"[,\n]", output_of(tool, "--version"))[0] for tool in ("ipset", "iptables")],
        load=os.getloadavg()[0],
        date=datetime.now(UTC).date().isoformat(),
    )


def measure(
    helper: Path, bundle: Path, networks: Path, rir: list[Path], module: Path, runs: int, largest: int
) -> Figures:
    """Measures all figures."""
    machine = this_machine()
    enter_fresh_network()
    # On the project's disk, because /tmp may be in memory, where flushing costs nothing.
    with tempfile.TemporaryDirectory(dir=helper.parent) as scratch:
        recorder = Recorder(Bench(helper, bundle, Path(scratch) / "state"), runs)
        selected = selections()
        recorder.update_rir(rir)
        edition = recorder.update()
        floors = [recorder.apply(selection) for selection in selected]
        recorder.everyday(selected[0], floors[0])
        unions = recorder.beyond_countries(selected[0], networks)
        recorder.packet_cost(selected)
        recorder.beside_tools(selected[0], PublicTools(Path(scratch), bundle, selected[0].countries))
        recorder.grow(Path(scratch), selected, largest)
        page = page_load(module, runs)
    return Figures(
        machine=machine,
        runs=runs,
        release=str(edition["release"]),
        rows=edition["rows"]["used"],
        binary_megabytes=helper.stat().st_size / 1e6,
        times=recorder.times,
        kernel=recorder.kernel,
        unions=unions,
        peaks=recorder.peaks,
        packets=recorder.packets,
        senders_megabytes=recorder.senders_bytes / 1e6,
        tools=recorder.tools,
        growth=recorder.growth,
        page=page,
    )


def measure_unions(helper: Path, bundle: Path, networks: Path, runs: int) -> UnionFigures:
    """Measures what lists and networks add to countries, and nothing else."""
    enter_fresh_network()
    with tempfile.TemporaryDirectory(dir=helper.parent) as scratch:
        recorder = Recorder(Bench(helper, bundle, Path(scratch) / "state"), runs)
        return recorder.beyond_countries(selections()[0], networks)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7, help="runs of each figure (default: %(default)s)")
    parser.add_argument("--helper", type=Path, default=PROJECT / "target/release/geoip-helper")
    parser.add_argument("--bundle", type=Path, default=PROJECT / "target/data/dbip-country-lite.csv.gz")
    parser.add_argument("--networks", type=Path, default=PROJECT / "target/data/dbip-asn-lite.csv.gz")
    parser.add_argument("--module", type=Path, required=True, help="the module as it is in the zip")
    parser.add_argument("--rir", type=Path, default=PROJECT / "target/data", help="where the RIR files lie")
    parser.add_argument(
        "--largest",
        type=int,
        default=max(growth.SIZES),
        help="synthetic ranges at most (default: %(default)s)",
    )
    parser.add_argument(
        "--only-unions",
        action="store_true",
        help="measure what lists and networks add, and leave the rest as it is",
    )
    parser.add_argument("--output", type=Path, default=PROJECT / "docs/performance.md")
    chosen = parser.parse_args()
    if chosen.runs < 1:
        parser.error("--runs: at least one")
    return chosen


def main() -> int:
    """Measures, writes the document and prints it."""
    chosen = arguments()
    try:
        rir = sorted(chosen.rir.resolve().glob("delegated-*-extended-latest"))
        helper, bundle, networks, module = (
            path.resolve() for path in (chosen.helper, chosen.bundle, chosen.networks, chosen.module)
        )
        if chosen.only_unions:
            unions = measure_unions(helper, bundle, networks, chosen.runs)
            written = chosen.output.read_text(encoding="utf-8")
            chosen.output.write_text(with_unions(written, unions), encoding="utf-8")
            return 0
        figures = measure(helper, bundle, networks, rir, module, chosen.runs, chosen.largest)
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    document = render(figures)
    chosen.output.write_text(document, encoding="utf-8")
    for name, picture in plots(figures).items():
        (chosen.output.parent / name).write_text(picture, encoding="utf-8")
    print(document, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
