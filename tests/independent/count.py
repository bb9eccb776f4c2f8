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
from collections import defaultdict
from ipaddress import ip_address

WIDTH = {4: 32, 6: 128}
NO_COUNTRY = {"", "ZZ", "EU", "AP"}


def dbip(path):
    """Rows of a DB-IP Lite file: (version, first, last, country)."""
    with gzip.open(path, "rt", encoding="ascii") as rows:
        for first, last, country in csv.reader(rows):
            first, last = ip_address(first), ip_address(last)
            yield first.version, int(first), int(last), country


SOURCES = {"dbip": dbip}


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
