"""Public tools that do a part of our work, with the same data."""

from __future__ import annotations

import csv
import gzip
import shutil
from collections.abc import Sequence
from ipaddress import ip_address, summarize_address_range
from pathlib import Path

from measuring import Work

XT_GEOIP_BUILD = "/usr/libexec/xtables-addons/xt_geoip_build"
# Installed by bin/bench, because this process has no network.
AGGREGATE6 = Path(__file__).resolve().parent.parent / "target/bench-tools/bin/aggregate6"


def count_lines(output: bytes) -> int:
    """The number of entries in a list."""
    return output.count(b"\n")


class PublicTools:
    """The tools with their input files, in their own directory."""

    def __init__(self, scratch: Path, bundle: Path, countries: Sequence[str]) -> None:
        self.scratch = scratch
        self.rows = scratch / "rows.csv"
        with gzip.open(bundle, "rb") as packed, open(self.rows, "wb") as rows:
            shutil.copyfileobj(packed, rows)
        self.ranges, self.prefixes = scratch / "ranges.txt", scratch / "prefixes.txt"
        self._select(set(countries))

    def _select(self, countries: set[str]) -> None:
        """Writes the aggregators' input for these countries: IPv4 ranges, and prefixes of both families."""
        with (
            open(self.rows, newline="") as rows,
            open(self.ranges, "w") as ranges,
            open(self.prefixes, "w") as prefixes,
        ):
            for first, last, country in csv.reader(rows):
                if country not in countries:
                    continue
                if ":" not in first:
                    ranges.write(f"{first}-{last}\n")
                covering = summarize_address_range(ip_address(first), ip_address(last))
                prefixes.writelines(f"{prefix}\n" for prefix in covering)

    def iprange(self) -> Work:
        """Merges and splits IPv4 ranges into the fewest prefixes. It does not support IPv6."""
        return Work(["iprange", "--optimize", str(self.ranges)], expect=count_lines)

    def aggregate6(self) -> Work:
        """Merges prefixes of both families."""
        return Work([str(AGGREGATE6), str(self.prefixes)], expect=count_lines)

    def xt_geoip_build(self) -> Work:
        """Builds the files of all countries for the kernel module of xtables-addons, from unpacked rows."""
        built = self.scratch / "xt_geoip"

        def forget() -> None:
            shutil.rmtree(built, ignore_errors=True)
            built.mkdir()

        return Work([XT_GEOIP_BUILD, "-D", str(built), "-i", str(self.rows)], prepare=forget)
