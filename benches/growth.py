"""Synthetic data far larger than today's internet, to see how cost grows with the number of ranges."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

# The last is the most rows that the helper takes of a source.
SIZES = (1_000, 10_000, 100_000, 1_000_000, 2_000_000)
REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")


@dataclass(frozen=True)
class Family:
    """The address space of the synthetic ranges of a family."""

    key: str
    title: str
    width: int
    lowest: int
    addresses: int

    def record(self, address: int, bits: int, country: str, registry: str) -> str:
        """A block of 2**bits addresses as a record of a delegation file."""
        if self.width == 32:
            return f"{registry}|{country}|ipv4|{IPv4Address(address)}|{1 << bits}|20260601|allocated\n"
        return f"{registry}|{country}|ipv6|{IPv6Address(address)}|{self.width - bits}|20260601|allocated\n"


FAMILIES = (
    Family("v4", "IPv4", 32, 1 << 24, 223 << 24),
    Family("v6", "IPv6", 128, 1 << 125, 1 << 125),
)


def write_ranges(directory: Path, family: Family, size: int, countries: Sequence[str]) -> list[Path]:
    """Writes `size` ranges of random countries as gzipped delegation files of the five registries.

    Only so many files hold the largest size: a single one may not unpack to more than 256 MiB.
    """
    dice = random.Random(size)
    share = size // len(REGISTRIES)
    bits = (family.addresses // size).bit_length() - 1
    files = []
    for place, registry in enumerate(REGISTRIES):
        path = directory / f"delegated-{registry}-extended-latest"
        first = family.lowest + (place * share << bits)
        with gzip.open(path, "wt", compresslevel=1, encoding="ascii") as file:
            file.write(f"2|{registry}|20260601|{share}|19830101|20260601|+0000\n")
            for kind in FAMILIES:
                promised = share if kind is family else 0
                file.write(f"{registry}|*|ip{kind.key}|*|{promised}|summary\n")
            file.writelines(_records(family, registry, first, share, bits, dice, countries))
        files.append(path)
    return files


def _records(
    family: Family,
    registry: str,
    first: int,
    count: int,
    bits: int,
    dice: random.Random,
    countries: Sequence[str],
) -> Iterator[str]:
    for place, country in enumerate(dice.choices(countries, k=count)):
        yield family.record(first + (place << bits), bits, country, registry)
