#!/usr/bin/env python3
"""Counts the subnets and addresses of each country in a data source, independently of the helper.

Usage: count.py SOURCE FILE...

Prints JSON: {"DE": {"v4": {"subnets": 1, "addresses": "256"}, "v6": {...}}, ...}. A subnet is a prefix of the minimal
CIDR cover of all addresses of the country. Written for plainness: every address claim is an interval, intervals are
joined and covered one prefix at a time.
"""

import csv
import gzip
import json
import sys
import tarfile
from collections import defaultdict
from ipaddress import ip_address, ip_network

WIDTH = {4: 32, 6: 128}
NO_COUNTRY = {"", "ZZ", "EU", "AP"}


def dbip(path):
    """Rows of a DB-IP Lite file: (version, first, last, country)."""
    with gzip.open(path, "rt", encoding="ascii") as rows:
        for first, last, country in csv.reader(rows):
            first, last = ip_address(first), ip_address(last)
            yield first.version, int(first), int(last), country


def rir(path):
    """Records of a delegation file that give addresses to a holder."""
    with open(path, encoding="ascii") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("|")
            if line.startswith("#") or len(fields) < 7 or fields[6] not in ("allocated", "assigned"):
                continue
            country, kind, start, value = fields[1:5]
            if kind == "ipv4":
                first = int(ip_address(start))
                yield 4, first, first + int(value) - 1, country
            elif kind == "ipv6":
                network = ip_network(f"{start}/{value}", strict=False)
                yield 6, int(network[0]), int(network[-1]), country


def ipdeny(path):
    """Blocks of the zones in a tarball."""
    with tarfile.open(path) as tarball:
        for entry in tarball:
            name = entry.name.rsplit("/", 1)[-1]
            if not name.endswith(".zone"):
                continue
            country = name.split(".")[0].split("-")[0].upper()
            for block in tarball.extractfile(entry).read().decode("ascii").split():
                network = ip_network(block, strict=False)
                yield network.version, int(network[0]), int(network[-1]), country


SOURCES = {"dbip": dbip, "rir": rir, "ipdeny": ipdeny}


def joined(intervals):
    """The intervals without overlap, neighbours made one."""
    result = []
    for first, last in sorted(intervals):
        if result and first <= result[-1][1] + 1:
            result[-1][1] = max(result[-1][1], last)
        else:
            result.append([first, last])
    return result


def prefixes(first, last, width):
    """Number of prefixes that cover first..last exactly."""
    count = 0
    while first <= last:
        size = first & -first if first else 1 << width
        while first + size - 1 > last:
            size >>= 1
        first += size
        count += 1
    return count


def main(source, paths):
    claims = defaultdict(list)
    for path in paths:
        for version, first, last, country in SOURCES[source](path):
            if country not in NO_COUNTRY:
                claims[country, version].append((first, last))
    countries = defaultdict(lambda: {f: {"subnets": 0, "addresses": "0"} for f in ("v4", "v6")})
    for (country, version), intervals in claims.items():
        intervals = joined(intervals)
        countries[country][f"v{version}"] = {
            "subnets": sum(prefixes(first, last, WIDTH[version]) for first, last in intervals),
            "addresses": str(sum(last - first + 1 for first, last in intervals)),
        }
    json.dump(countries, sys.stdout, indent=1, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
