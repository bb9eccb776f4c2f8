"""Runs a week of a PBX in minutes, and records how much of everything there is from begin to end.

Writes the section "Soak" of docs/reliability.md; `bin/soak` builds what this needs.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import gzip
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import Work, enter_fresh_network

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = ROOT / "target/data/dbip-country-lite.csv.gz"
PAGE = ROOT / "docs/reliability.md"
HEADING = "## Soak"
# A week with twelve saves and one reload per hour has this many events.
EVENTS = 2200
# In the other edition, one of this many rows belongs to another country.
MOVED = 50
REFERENCE = ["CN", "RU", "IR", "KP", "VN", "IN", "BR", "UA", "ID", "PK"]

WORDS = {
    "save": "saves of another policy",
    "reload": "firewall reloads as Core does them",
    "meddling": "changes from outside, healed",
    "update": "updates, to one edition of the data or another",
    "kill": "helpers killed at a moment of chance",
    "reboot": "reboots: all sets, chains and rules gone",
    "detach": "detachments, and policies applied anew",
}


COLUMNS = {
    "step": "after events",
    "sets": "sets",
    "entries": "members",
    "set_bytes": "kernel memory, bytes",
    "rules": "rules",
    "files": "files",
    "file_bytes": "bytes on disk",
    "processes": "processes",
    "netlink_sockets": "netlink sockets",
}


def make_other_edition(to: Path) -> None:
    """An edition in which some rows belong to the country of the row before."""
    with (
        gzip.open(BUNDLE, "rt", newline="") as rows,
        gzip.open(to, "wt", compresslevel=1, newline="") as moved,
    ):
        before = ""
        for number, (first, last, country) in enumerate(csv.reader(rows)):
            moved.write(f"{first},{last},{before if number % MOVED == MOVED - 1 else country}\n")
            before = country


def request(**fields: Any) -> bytes:
    """A request to the helper."""
    return json.dumps({"v": 1, **fields}).encode()


def peaks(helper: Path, state: Path) -> dict[str, float]:
    """Peak memory in MiB of an update, an apply to an empty kernel and a check, in this state directory."""
    enter_fresh_network()

    def peak(operation: str, stdin: bytes) -> float:
        command = [str(helper), "--state-dir", str(state), "--json", operation]
        return Work(command, stdin).peak_kib() / 1024

    policy = {"mode": "block", "countries": REFERENCE}
    return {
        "update": peak("update", request(source="dbip", bundle=str(BUNDLE), online="never", force=True)),
        "apply": peak("apply", request(source="dbip", policy=policy)),
        "attach": peak("attach", request()),
        "check": peak("check", request()),
    }


def count(number: int) -> str:
    """A number for readers."""
    return f"{number:,}"


def section(
    samples: list[dict[str, int]],
    totals: dict[str, Any],
    memory: list[dict[str, float]],
    seconds: float,
    seed: int,
) -> str:
    """The section of the page."""
    events = sum(totals["events"].values())
    lines = [
        HEADING,
        "",
        "<!-- Written by bin/soak. The words are in benches/soak.py; figures are never edited. -->",
        "",
        f"A week of a PBX in {seconds / 60:.0f} minutes, on {datetime.date.today()}: {count(events)} events",
        f"in an order of chance (seed {seed}), with the real data of DB-IP Lite in the real kernel of a network namespace.",
        "After each event packets from well-known servers and random addresses knock,",
        f"{count(totals['packets'])} in all; each had to get the very verdict that `explain` gives. The run fails on",
        "the first that does not, and on anything that has become more.",
        "",
        "| events | number |",
        "| --- | --: |",
        *(f"| {words} | {count(totals['events'].get(event, 0))} |" for event, words in WORDS.items()),
        "",
        "What there was, each time brought back to the same policy, data and rules:",
        "",
        f"| {' | '.join(COLUMNS.values())} |",
        "| --: " * len(COLUMNS) + "|",
    ]
    lines += [f"| {' | '.join(count(sample[field]) for field in COLUMNS)} |" for sample in samples]
    lines += [
        "",
        "Processes are those that the helper left in the PBX's network namespace; netlink sockets include the",
        "kernel's own. The kernel mixes a number of chance into each hash, by which its size varies a little.",
        "",
        "| peak memory of the helper, MiB | at the beginning | at the end |",
        "| --- | --: | --: |",
        *(f"| {work} | {memory[0][work]:.1f} | {memory[1][work]:.1f} |" for work in memory[0]),
        "",
    ]
    return "\n".join(lines)


def write_section(text: str) -> None:
    """Replaces the section of the page, or appends it."""
    page = PAGE.read_text() if PAGE.exists() else "# Reliability\n"
    before, found, rest = page.partition(f"{HEADING}\n")
    after = rest.partition("\n## ")[2] if found else ""
    page = before.rstrip("\n") + "\n\n" + text + (f"\n## {after}" if after else "")
    PAGE.write_text(page)


def main() -> None:
    """Runs the soak test and writes its section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--helper", type=Path, required=True, help="the built helper")
    parser.add_argument(
        "--soak", type=Path, required=True, help="the built program that lives through the week"
    )
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    helper = arguments.helper.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        state, other = Path(scratch) / "state", Path(scratch) / "other.csv.gz"
        make_other_edition(other)
        memory = [peaks(helper, state)]
        soak = [arguments.soak.resolve(), helper, state, BUNDLE, other, arguments.events, arguments.seed]
        started = time.monotonic()
        done = subprocess.run([str(word) for word in soak], stdout=subprocess.PIPE, text=True, check=True)
        seconds = time.monotonic() - started
        memory.append(peaks(helper, state))
    *samples, totals = (json.loads(line) for line in done.stdout.splitlines())
    write_section(section(samples, totals, memory, seconds, arguments.seed))


if __name__ == "__main__":
    main()
