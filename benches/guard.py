"""Counts the instructions of the helper's everyday work and compares them with the recorded ones.

Instructions, not seconds: they are the same on a busy machine. They are those of the helper that ships.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import PROJECT, TEN_COUNTRIES, some_addresses, successful_reply
from measuring import BenchError, enter_fresh_network, output_of

RECORD = PROJECT / "benches/instructions.json"
# The compiler that bin/package uses.
COMPILER = "/usr/bin/rustc"
# With the same toolchain, counts differ by less than 0.1 % between runs. A record that is much too high would
# hide later growth, so it fails too.
TOLERATED = 0.10
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
COUNT = re.compile(r"^==\d+== Collected : (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """An operation whose instructions are counted."""

    name: str
    operation: str
    request: dict[str, Any]


def steps(bundle: Path) -> list[Step]:
    """The guarded operations. Each one finds what the previous ones left."""
    policy = {"mode": "block", "countries": TEN_COUNTRIES}
    explain = {"source": "dbip", "policy": policy}
    return [
        Step("update", "update", {"source": "dbip", "bundle": str(bundle), "online": "never"}),
        Step("plan of 10 countries", "preview", {"source": "dbip", "policy": policy}),
        Step("explain 1 address", "explain", {**explain, "addresses": some_addresses(1)}),
        Step("explain 1,000 addresses", "explain", {**explain, "addresses": some_addresses(1000)}),
    ]


def instructions(helper: Path, state: Path, step: Step) -> int:
    """The instructions of the helper itself, without those of the firewall tools that it runs."""
    command = [*CALLGRIND, str(helper), "--state-dir", str(state), step.operation]
    request = json.dumps({"v": 1, **step.request}).encode()
    done = subprocess.run(command, input=request, capture_output=True, check=False)
    successful_reply(done.stdout)
    count = COUNT.search(done.stderr.decode())
    if not count:
        raise BenchError(f"valgrind counted nothing: {done.stderr.decode().strip()}")
    return int(count[1])


def count_all(helper: Path, bundle: Path) -> dict[str, int]:
    """The counts of all steps, in a network namespace without rules."""
    enter_fresh_network()
    with tempfile.TemporaryDirectory() as scratch:
        return {step.name: instructions(helper, Path(scratch), step) for step in steps(bundle)}


def this_toolchain() -> str:
    """The versions that affect how many instructions the same source compiles to."""
    version = " ".join(output_of(COMPILER, "--version").split()[:2])
    return f"{version}, {platform.machine()}"


def verdict(before: int | None, count: int) -> tuple[bool, str]:
    """Whether a count is as recorded, and a text about it."""
    if before is None:
        return False, "not recorded"
    growth = count / before - 1
    if growth > TOLERATED:
        return False, f"{growth:+.1%}: too much"
    if growth < -TOLERATED:
        return False, f"{growth:+.1%}: record it"
    return True, f"{growth:+.1%}"


def compare(recorded: dict[str, int], counted: dict[str, int]) -> bool:
    """Prints a line for each step. True if all counts are as recorded."""
    good = True
    for name, count in counted.items():
        fits, words = verdict(recorded.get(name), count)
        good = good and fits
        print(f"{name:24} {count:15,} instructions  {words}")
    return good


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true", help="make what is counted the record")
    parser.add_argument("--helper", type=Path, default=PROJECT / "target/package/geoip-helper-x86_64")
    parser.add_argument("--bundle", type=Path, default=PROJECT / "target/data/dbip-country-lite.csv.gz")
    return parser.parse_args()


def main() -> int:
    """Counts, then records or compares."""
    chosen = arguments()
    try:
        counted = count_all(chosen.helper.resolve(), chosen.bundle.resolve())
    except (BenchError, OSError) as error:
        print(f"guard: {error}", file=sys.stderr)
        return 1
    toolchain = this_toolchain()
    if chosen.record:
        RECORD.write_text(json.dumps({toolchain: counted}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    if toolchain not in record:
        # Another compiler generates other instructions, so a comparison would mean nothing.
        print(f"guard: nothing is recorded for {toolchain}; see --record")
        return 0
    return 0 if compare(record[toolchain], counted) else 1


if __name__ == "__main__":
    sys.exit(main())
