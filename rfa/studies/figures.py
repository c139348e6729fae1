"""Figures of studies as plain SVG: a map over two coordinates, and points with a fitted power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

CELL, LEFT, TOP = 56, 150, 60


def heat_map(
    title: str,
    rows: tuple[str, Sequence[Any]],
    columns: tuple[str, Sequence[Any]],
    shares: Sequence[Sequence[float | None]],
) -> str:
    """A map of shares in [0, 1] (None: not judged): one square per pair of coordinates, with its number."""
    (row_name, row_values), (column_name, column_values) = rows, columns
    width, height = LEFT + CELL * len(column_values) + 20, TOP + CELL * len(row_values) + 50
    parts = [_open(width, height), _text(10, 20, title, 15), _text(10, TOP - 10, row_name, 12)]
    for r, value in enumerate(row_values):
        parts.append(_text(LEFT - 8, TOP + CELL * r + CELL / 2 + 4, _number(value), 11, "end"))
        for c, share in enumerate(shares[r]):
            x, y = LEFT + CELL * c, TOP + CELL * r
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="{_shade(share)}"/>'
            )
            shown = "–" if share is None else f"{100 * share:.0f} %"
            parts.append(_text(x + CELL / 2 - 1, y + CELL / 2 + 4, shown, 11, "middle", _ink(share)))
    bottom = TOP + CELL * len(row_values) + 15
    parts += [
        _text(LEFT + CELL * c + CELL / 2, bottom, _number(v), 11, "middle")
        for c, v in enumerate(column_values)
    ]
    parts.append(_text(LEFT, bottom + 22, column_name, 12))
    return "\n".join([*parts, "</svg>"])


def power_law(
    title: str, x_name: str, points: Sequence[tuple[float, float]], slope: float, level: float
) -> str:
    """Points on doubly logarithmic axes with the line level · x^slope; only positive values can be shown."""
    shown = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0]
    if not shown:
        return "\n".join([_open(400, 60), _text(10, 20, f"{title}: no positive values", 13), "</svg>"])
    xs, ys = [p[0] for p in shown], [p[1] for p in shown] + [math.log(level) + slope * p[0] for p in shown]
    box = (min(xs), max(xs) + 1e-9, min(ys), max(ys) + 1e-9)

    def at(x: float, y: float) -> tuple[float, float]:
        return 60 + 380 * (x - box[0]) / (box[1] - box[0]), 330 - 270 * (y - box[2]) / (box[3] - box[2])

    (x1, y1), (x2, y2) = (at(x, math.log(level) + slope * x) for x in box[:2])
    parts = [_open(480, 400), _text(10, 20, title, 14)]
    parts.append('<rect x="60" y="60" width="380" height="270" fill="none" stroke="#888"/>')
    parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#b40"/>')
    parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="#048"/>' for a, b in (at(*p) for p in shown)]
    ends = (60, 345, math.exp(box[0]), "start"), (440, 345, math.exp(box[1]), "end")
    parts += [_text(x, y, f"{v:.3g}", 11, anchor) for x, y, v, anchor in ends]
    parts += [
        _text(55, 330, f"{math.exp(box[2]):.2g}", 11, "end"),
        _text(55, 68, f"{math.exp(box[3]):.2g}", 11, "end"),
    ]
    parts.append(_text(250, 370, f"{x_name} (both axes logarithmic); slope {slope:.3g}", 12, "middle"))
    return "\n".join([*parts, "</svg>"])


def _open(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif">'
        f'<rect width="{width}" height="{height}" fill="white"/>'
    )


def _text(x: float, y: float, words: str, size: int, anchor: str = "start", fill: str = "#222") -> str:
    place = f'x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}>{escape(words)}</text>"


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _shade(share: float | None) -> str:
    """From dark orange (never) over white to dark blue (always): readable without telling red from green."""
    if share is None:
        return "#ddd"
    ends = (179, 88, 6) if share < 0.5 else (5, 81, 140)
    weight = abs(2 * share - 1)
    return "#" + "".join(f"{round(255 + weight * (end - 255)):02x}" for end in ends)


def _ink(share: float | None) -> str:
    return "#222" if share is None or abs(2 * share - 1) < 0.6 else "white"
