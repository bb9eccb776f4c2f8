"""Renders docs/performance.md from the figures: texts, tables and plots. SECTIONS lists its sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import incumbent
import plot
from measuring import Comparison, Spread
from packets import BATCH, INCUMBENT, LAYOUTS, ONE_RULE, OURS, ROUNDS, PacketRow

HEAD = """\
<!-- Written by bin/bench. The words are in benches/document.py; figures are never edited. -->
# Performance

All figures but those with a date of their own come from one run of `bin/bench` on {date}, on a machine with {cores} cores, {kernel},
{tools}; its load average was {load:.1f} when the run began.
The data is DB-IP Lite {release}, {rows:,} rows. Each figure is the median of {runs} runs, the least and the
greatest in brackets, after one run that does not count. Times are wall time of a whole process from its
start to its end, flushing to disk included. The firewall is that of a private network namespace, made anew
wherever an empty one is needed. Absolute times differ from machine to machine; the ratios travel better.
"""

TIME = """\
## Time

The selections, countries to block: {selections}.

A *floor* is the plainest means for the part of the work that nobody can avoid: `gzip -dc` unpacks the
same bundle and throws the rows away; `md5sum` reads the same five files; `ipset restore` loads the very
same sets, ready-made, from a file; *the kernel alone* adds the members of the same hashes, one message with a
thousand of them after the other, written down before its time begins. Ours and floor run in turns, each
ratio is that of two neighbouring runs, and 1.00 is as fast as the floor.

{table}

An *update* starts without a database and ends with one on disk. An *apply* starts without an earlier
policy and ends with sets and chain in place; it does more than its floor: it reads the database,
computes the sets, records them for the next boot, and reads everything back from the kernel. A *save* is an
apply too, of a selection where all of it but one country is in force: all sets are loaded anew and swapped in,
the rules stay. Addresses to *explain* are random, half of them IPv4, half IPv6.
"""

PUBLISHED = """\
## Time against the PHP-only module

The module that this one replaces was **not run here**: its times are the published baseline, taken on
another machine with the same data. *Faster than published* is its time there divided by ours here.
*Scaled to this machine* allows for the speed of the two: it multiplies that by the time of `gzip -dc` of the
bundle, {gzip_here} here at its fastest, over {gzip_there} there. Its save, published without what it does to
the firewall's rules, stands beside our save and also beside our apply to an empty kernel, which makes the rules;
its update builds the sets too, so it stands beside our update and apply together.

{table}
"""

KERNEL = """\
## Kernel

Entries and memory of the sets in force, as `ipset list -t` gives them; the blocks in the bitmap are no entries, but
take memory. kB are thousands of bytes and MB millions, both families together; the kernel makes up a seed for each
hash, by which it doubles one now and then. The columns of the PHP-only module, which fills a blocked and an allowed
set, are published figures, not measured here.

{table}
"""

UNIONS = """\
## What lists and networks add

Countries, lists and networks fill the same sets, and the same rules look a packet up in them: only the number of entries
differs. The list has made-up blocks of /24; the networks are the page's preset of hosting companies, by DB-IP ASN Lite.

{table}

The data of networks is read in {read} ms, its bundle unpacked by `gzip -dc` in {floor} ms. That takes {peak} MiB at its peak, and
{again} MiB with these networks in force, for what they lost or won is looked at. Medians of {runs} runs on {date}, {cores} cores,
load average {load:.1f}.
"""

PACKETS = """\
## Packets

CPU nanoseconds that a packet costs above a bare `DROP` rule: real UDP packets, sent to the machine itself
over the loopback device from random addresses of random rows, so that small blocks come as often as large
ones. Each layout has a network namespace of its own, and so has the bare rule. In a run the two get batches of {batch} packets
by turns, {rounds} times, after one packet of each address; its figure is the median of the {rounds} differences. The layouts take
turns too. *PHP-only* is that module's layout, rebuilt here with one entry for each prefix of each row: first the set of
allowed addresses, then that of blocked ones. *One rule with a set* is the floor of all that is made of sets: a set that
holds every address or none, by a single bitmap, or for IPv6 by a single prefix length, asked once. What PHP-only takes
over that is the most that any layout could gain.

Packets come from 20,000 addresses in turn, like a flood of forged ones, or from a hundred senders again and again, like
scanners. Of both, the first 10,000 blocked packets, and then as many a second, are assigned to their senders; *looking at every
sender* is what those packets cost. *With administration restricted* a rule and a set more stand behind the sets of countries,
which UDP packets never ask.

{table}

The two sets of senders took {senders:.2f} MB at most in this run. That comes on top of the sets above.
"""

FOOTPRINT = """\
## Memory and size of the helper

Peak resident memory (`ru_maxrss`) of the largest process of an operation, be it the helper or a firewall
tool that it runs. The PHP-only module needs {peak} MiB to read the bundle (published figure, not
measured here). The binary has {binary:.2f} MB.

{table}
"""

PAGE = """\
## The page

From the address to the page with all that it shows at first: Chromium with an empty cache on this machine, PHP's own web server,
the real REST classes and the real helper. The floor is the same page without the module's scripts and styles: what Core's cabinet
takes, with Core's libraries in its versions. Of the {requests:.0f} requests {files:.0f} are for files of the module and {data:.0f} for data;
all are {kilobytes:,.0f} kB.

{table}
"""

TOOLS = """\
## Time against public tools

Ours and the tool run in turns on the same data, {runs} runs each. The aggregators get lists of the ranges
or prefixes of the ten countries, ready-made and unmeasured; ours is `preview`, which reads the database,
computes the sets of both families and asks the kernel for its state. A set may have fewer entries than a
list of prefixes, for it has holes. `xt_geoip_build` gets the rows unpacked; ours is the update, which
unpacks them.

{table}
"""

GROWTH = """\
## Growth

Synthetic ranges, each a block held by a random country of 249, in the five files of the registries;
plan and apply are for 10 of the countries. Median of {runs} runs.

{table}

{pictures}
"""


@dataclass(frozen=True)
class Machine:
    """The machine and versions on which the figures were measured."""

    cores: int
    kernel: str
    tools: Sequence[str]
    load: float
    date: str


@dataclass(frozen=True)
class TimeRow:
    """The time of one operation, in seconds."""

    key: str
    title: str
    floor: str
    seconds: Comparison


@dataclass(frozen=True)
class KernelRow:
    """The sets in the kernel for one selection."""

    key: str
    title: str
    v4_entries: int
    v6_entries: int
    megabytes: Spread


@dataclass(frozen=True)
class UnionRow:
    """What countries, lists and networks together cost, in seconds and MiB."""

    kernel: KernelRow
    save: Spread
    explain: Spread
    apply_mebibytes: Spread


@dataclass(frozen=True)
class UnionFigures:
    """What lists and networks add to countries; reading the data of networks in seconds, and its peak memory in MiB."""

    machine: Machine
    runs: int
    rows: Sequence[UnionRow]
    read: Comparison
    peak: Spread
    peak_again: Spread


@dataclass(frozen=True)
class PeakRow:
    """The peak memory of one operation."""

    title: str
    mebibytes: Spread


@dataclass(frozen=True)
class ToolRow:
    """Our time beside that of a public tool, with the number of entries of both."""

    title: str
    tool: str
    seconds: Comparison
    our_entries: int | None = None
    its_entries: int | None = None


@dataclass(frozen=True)
class PageLoad:
    """The page in a browser that has nothing of it yet."""

    milliseconds: Spread
    # Until Core's own part of it is done, without anything of the module's.
    frame: Spread
    requests: Spread
    # Those for scripts, styles and pictures of the module.
    files: Spread
    # Those for data.
    data: Spread
    kilobytes: Spread


@dataclass(frozen=True)
class GrowthRow:
    """The cost of a number of ranges in one family."""

    family: str
    ranges: int
    update: Spread
    plan: Spread
    apply: Spread
    update_mebibytes: Spread


@dataclass(frozen=True)
class Figures:
    """All measured figures."""

    machine: Machine
    runs: int
    release: str
    rows: int
    binary_megabytes: float
    times: Sequence[TimeRow]
    kernel: Sequence[KernelRow]
    unions: UnionFigures
    peaks: Sequence[PeakRow]
    packets: Sequence[PacketRow]
    senders_megabytes: float
    tools: Sequence[ToolRow]
    growth: Sequence[GrowthRow]
    page: PageLoad

    def seconds(self, key: str) -> Comparison:
        """The times of one row."""
        return next(row.seconds for row in self.times if row.key == key)


def head(figures: Figures) -> str:
    """The introduction: method and machine."""
    machine = figures.machine
    return HEAD.format(
        date=machine.date,
        cores=machine.cores,
        kernel=machine.kernel,
        tools=", ".join(machine.tools),
        load=machine.load,
        release=figures.release,
        rows=figures.rows,
        runs=figures.runs,
    )


def time(figures: Figures) -> str:
    """Our times beside the floors."""
    header = ["work", "ours, ms", "floor", "floor, ms", "ours / floor"]
    rows = [
        [
            row.title,
            spread(row.seconds.ours, 1000),
            row.floor or "–",
            spread(row.seconds.floor, 1000),
            spread(row.seconds.ratio),
        ]
        for row in figures.times
    ]
    selections = ", ".join(f"({row.key}) {row.title}" for row in figures.kernel)
    return TIME.format(selections=selections, table=table(header, rows))


def against_incumbent(figures: Figures) -> str:
    """Our times beside the published ones."""
    gzip_here = figures.seconds("compile").floor
    if gzip_here is None:
        raise ValueError("an update is always measured beside its floor")
    # Compare with the fastest run of gzip, so that a busy machine does not make our times look better.
    speed_here = gzip_here.low / incumbent.GZIP_SECONDS
    header = [
        "work",
        "PHP-only, published, s",
        "ours, here, s",
        "faster than published",
        "scaled to this machine",
    ]
    rows = []
    for row in figures.times:
        published = incumbent.SECONDS.get(row.key)
        if published is not None:
            ours = row.seconds.ours.median
            quotient = published / ours
            rows.append(
                [row.title, f"{published:.1f}", f"{ours:.3f}", times(quotient), times(quotient * speed_here)]
            )
    return PUBLISHED.format(
        gzip_there=f"{incumbent.GZIP_SECONDS * 1000:.0f} ms",
        gzip_here=f"{gzip_here.low * 1000:.0f} ms",
        table=table(header, rows),
    )


def kernel(figures: Figures) -> str:
    """Entries and memory of the sets."""
    header = ["selection", "IPv4 entries", "IPv6 entries", "both", "memory, kB"]
    header += ["PHP-only, published, entries", "fewer", "PHP-only, published, MB", "less"]
    rows = []
    for row in figures.kernel:
        both, megabytes = row.v4_entries + row.v6_entries, incumbent.KERNEL_MEGABYTES[row.key]
        ours = [f"{row.v4_entries:,}", f"{row.v6_entries:,}", f"{both:,}", spread(row.megabytes, 1000)]
        theirs = [f"{incumbent.KERNEL_ENTRIES:,}", times(incumbent.KERNEL_ENTRIES / both)]
        theirs += [f"{megabytes:.1f}", times(megabytes / row.megabytes.median)]
        rows.append([f"({row.key}) {row.title}", *ours, *theirs])
    return KERNEL.format(table=table(header, rows))


def with_unions(document: str, figures: UnionFigures) -> str:
    """The document with its section of lists and networks measured anew."""
    section = unions_section(figures)
    title = section.partition("\n")[0]
    before, found, rest = document.partition(title)
    following = "## Packets"
    if not found:
        before, _, rest = document.partition(following)
        rest = following + rest
    return f"{before}{section}\n{following}{rest.partition(following)[2]}"


def unions(figures: Figures) -> str:
    """What lists and networks add to countries."""
    return unions_section(figures.unions)


def unions_section(figures: UnionFigures) -> str:
    """The section of lists and networks."""
    header = [
        "selection",
        "IPv4 entries",
        "IPv6 entries",
        "memory, kB",
        "save, ms",
        "explain, ms",
        "apply, peak MiB",
    ]
    rows = [
        [
            row.kernel.title,
            f"{row.kernel.v4_entries:,}",
            f"{row.kernel.v6_entries:,}",
            spread(row.kernel.megabytes, 1000),
            spread(row.save, 1000),
            spread(row.explain, 1000),
            spread(row.apply_mebibytes),
        ]
        for row in figures.rows
    ]
    return UNIONS.format(
        table=table(header, rows),
        read=spread(figures.read.ours, 1000),
        floor=spread(figures.read.floor, 1000),
        peak=spread(figures.peak),
        again=spread(figures.peak_again),
        runs=figures.runs,
        date=figures.machine.date,
        cores=figures.machine.cores,
        load=figures.machine.load,
    )


def packets(figures: Figures) -> str:
    """The cost of packets."""
    compared = (OURS, ONE_RULE)
    rows = [
        [
            f"({row.selection}) IPv{row.version} {row.verdict}",
            *(spread(row.nanoseconds[name]) for name in LAYOUTS),
            *(times(row.nanoseconds[INCUMBENT].median / row.nanoseconds[name].median) for name in compared),
        ]
        for row in figures.packets
    ]
    return PACKETS.format(
        batch=f"{BATCH:,}",
        rounds=ROUNDS,
        senders=figures.senders_megabytes,
        table=table(["packet", *LAYOUTS, *(f"{INCUMBENT} / {name}" for name in compared)], rows),
    )


def footprint(figures: Figures) -> str:
    """Peak memory, and the size of the binary."""
    rows = [[row.title, spread(row.mebibytes)] for row in figures.peaks]
    return FOOTPRINT.format(
        binary=figures.binary_megabytes,
        peak=incumbent.COMPILE_PEAK_MIB,
        table=table(["operation", "peak, MiB"], rows),
    )


def beside_tools(figures: Figures) -> str:
    """Our times beside those of public tools."""
    header = ["work", "ours, ms", "tool", "tool, ms", "tool / ours", "our entries", "its entries"]
    rows = []
    for row in figures.tools:
        if row.seconds.floor is None:
            raise ValueError("a tool is always measured beside ours")
        quotient = row.seconds.floor.median / row.seconds.ours.median
        entries = [f"{count:,}" if count else "–" for count in (row.our_entries, row.its_entries)]
        ours, its = spread(row.seconds.ours, 1000), spread(row.seconds.floor, 1000)
        rows.append([row.title, ours, row.tool, its, times(quotient), *entries])
    return TOOLS.format(runs=min(figures.runs, 3), table=table(header, rows))


def page(figures: Figures) -> str:
    """How long the page takes to be there."""
    load = figures.page
    header = ["work", "ours, ms", "floor", "floor, ms", "ours / floor"]
    ratio = significant(load.milliseconds.median / load.frame.median)
    row = ["the page, all shown", spread(load.milliseconds), "Core's frame", spread(load.frame), ratio]
    return PAGE.format(
        requests=load.requests.median,
        files=load.files.median,
        data=load.data.median,
        kilobytes=load.kilobytes.median,
        table=table(header, [row]),
    )


def growth(figures: Figures) -> str:
    """How cost grows with the number of ranges."""
    header = ["family", "ranges", "update, ms", "a range, ns", "plan, ms", "apply, ms", "update, peak MiB"]
    rows = [
        [
            row.family,
            f"{row.ranges:,}",
            significant(row.update.median * 1000),
            significant(row.update.median / row.ranges * 1e9),
            significant(row.plan.median * 1000),
            significant(row.apply.median * 1000),
            significant(row.update_mebibytes.median),
        ]
        for row in figures.growth
    ]
    pictures = "\n".join(f"![{name}]({name})" for name in plots(figures))
    return GROWTH.format(runs=min(figures.runs, 3), table=table(header, rows), pictures=pictures)


def plots(figures: Figures) -> dict[str, str]:
    """The plots by file name."""

    def lines(of: Callable[[GrowthRow], dict[str, float]]) -> dict[str, list[tuple[float, float]]]:
        found: dict[str, list[tuple[float, float]]] = {}
        for row in figures.growth:
            for name, value in of(row).items():
                found.setdefault(f"{name}, {row.family}", []).append((row.ranges, value))
        return found

    def seconds(row: GrowthRow) -> dict[str, float]:
        works = {"update": row.update, "plan": row.plan, "apply": row.apply}
        return {name: work.median * 1000 for name, work in works.items()}

    def memory(row: GrowthRow) -> dict[str, float]:
        return {"update": row.update_mebibytes.median}

    return {
        "growth-time.svg": plot.log_log(lines(seconds), "ranges", "ms"),
        "growth-memory.svg": plot.log_log(lines(memory), "ranges", "peak MiB"),
    }


SECTIONS: Sequence[Callable[[Figures], str]] = (
    head,
    time,
    against_incumbent,
    kernel,
    unions,
    packets,
    footprint,
    page,
    beside_tools,
    growth,
)


def render(figures: Figures) -> str:
    """The whole document."""
    return "\n".join(section(figures) for section in SECTIONS)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, with text aligned left and numbers right."""
    words = ("work", "floor", "selection", "operation", "packet", "tool", "family")
    numeric = [name not in words for name in header]
    ruler = ["--:" if right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ruler, *rows))


def spread(values: Spread | None, unit: float = 1) -> str:
    """Median and extremes, such as `121 (118–130)`."""
    if values is None:
        return "–"
    median, low, high = (significant(value * unit) for value in (values.median, values.low, values.high))
    return f"{median} ({low}–{high})"


def times(quotient: float) -> str:
    """A quotient, such as `72 ×`."""
    return f"{significant(quotient)} ×"


def significant(value: float) -> str:
    """A number with three significant digits, and all digits before the point."""
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f}"
