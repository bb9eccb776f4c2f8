"""Draws SVG plots with two logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 20, 50
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")


class Axis:
    """Powers of ten along an axis of the plot."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        self.lowest = math.floor(math.log10(min(values)))
        self.highest = max(self.lowest + 1, math.ceil(math.log10(max(values))))
        self.begin, self.end = begin, end

    def place(self, value: float) -> float:
        """The position of a value."""
        share = (math.log10(value) - self.lowest) / (self.highest - self.lowest)
        return self.begin + share * (self.end - self.begin)

    def powers(self) -> list[float]:
        """The values with a grid line."""
        return [10.0**power for power in range(self.lowest, self.highest + 1)]


def label(value: float) -> str:
    """A power of ten as a short label."""
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:g}{name}"
    return f"{value:g}"


def log_log(lines: Mapping[str, Points], x_title: str, y_title: str) -> str:
    """A plot of named lines. A line for proportional cost rises by one decade per decade."""
    points = [point for line in lines.values() for point in line]
    x_axis = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    y_axis = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for value in x_axis.powers():
        x = x_axis.place(value)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label(value)}</text>'
        )
    for value in y_axis.powers():
        y = y_axis.place(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label(value)}</text>')
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text x="{middle_x}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x_title)}</text>')
    turned = f'transform="rotate(-90 18 {middle_y})"'
    parts.append(f'<text x="18" y="{middle_y}" text-anchor="middle" {turned}>{escape(y_title)}</text>')
    for index, (name, line) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [(x_axis.place(x), y_axis.place(y)) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
        key_x, key_y = WIDTH - RIGHT + 16, TOP + 12 + 20 * index
        parts.append(f'<path d="M{key_x} {key_y}h18" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{key_x + 24}" y="{key_y + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
