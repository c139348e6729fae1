"""Pictures of many runs: rates with intervals, maps over two coordinates, break points, powers.

Every function takes plain values and returns a matplotlib `Figure` (extra `plots`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rfa.report.plotting import BOUND, COLOURS, REST, blank, log_axis, wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEVER, EVEN, ALWAYS = "#b35806", "#ffffff", "#05518c"
"""Shares from 0 to 1, told apart without telling red from green."""
LEAST_RATE = 1e-4
"""Failure rates below this are drawn on a linear scale that reaches 0."""


@dataclass(frozen=True)
class Bar:
    """A failure rate: observed, its interval, and the claimed and the exact one where there are such."""

    name: str
    observed: float
    lower: float
    upper: float
    claimed: float | None = None
    exact: float | None = None


@dataclass(frozen=True)
class Dot:
    """The share of trials in which a conclusion held at one value of a coordinate, with its interval."""

    value: float
    share: float
    lower: float
    upper: float


def rates(bars: Sequence[Bar]) -> Figure:
    """Failure rates (dots) with their intervals (lines), what is claimed at most (red), the exact law (black)."""
    drawn, axes = blank(7.0, 0.26 * len(bars) + 1.4)
    places = list(range(len(bars)))
    for k, bar in zip(places, bars, strict=True):
        look = {"color": COLOURS[0], "lw": 5, "alpha": 0.4, "solid_capstyle": "butt"}
        axes.plot([bar.lower, bar.upper], [k, k], gid=bar.name, **look)
    axes.plot([bar.observed for bar in bars], places, ".", color=COLOURS[0], ms=7, label="observed", gid="observed")
    for mark, colour, label in (("claimed", BOUND, "claimed at most"), ("exact", "black", "exact for the law")):
        found = [(x, k) for k, bar in zip(places, bars, strict=True) if (x := getattr(bar, mark)) is not None]
        if found:
            axes.plot(*zip(*found, strict=True), "|", color=colour, ms=11, mew=2, label=label, gid=mark)
    axes.set_yticks(places, [bar.name for bar in bars], fontsize=8)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xscale("symlog", linthresh=LEAST_RATE, linscale=0.5)
    axes.set(xlim=(-LEAST_RATE / 10, 1.3), xlabel="failure rate")
    axes.set_xticks([0, 1e-4, 1e-3, 1e-2, 0.1, 1], ["0", "10⁻⁴", "10⁻³", "10⁻²", "0.1", "1"])
    axes.set_xticks([], minor=True)
    axes.grid(axis="x", alpha=0.3)
    drawn.legend(loc="outside upper center", ncols=3, fontsize=8)
    return drawn


def heat_map(
    rows: tuple[str, Sequence[Any]], columns: tuple[str, Sequence[Any]], shares: Sequence[Sequence[float | None]]
) -> Figure:
    """Share of trials in which it held, over two coordinates; grey: not judged."""
    from matplotlib.colors import LinearSegmentedColormap

    values = np.array([[np.nan if x is None else x for x in line] for line in shares], dtype=float)
    height, width = values.shape
    drawn, axes = blank(0.72 * width + 2.0, 0.46 * height + 1.3)
    colours = LinearSegmentedColormap.from_list("shares", [NEVER, EVEN, ALWAYS])
    axes.set_facecolor("#dddddd")
    axes.pcolormesh(np.ma.masked_invalid(values), cmap=colours, vmin=0, vmax=1, edgecolors="white", gid="map")
    for (r, c), share in np.ndenumerate(values):
        words = "–" if math.isnan(share) else f"{100 * share:.0f} %"
        ink = "white" if abs(2 * share - 1) > 0.6 else "black"
        axes.text(c + 0.5, r + 0.5, words, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(np.arange(width) + 0.5, [number(x) for x in columns[1]], fontsize=8)
    axes.set_yticks(np.arange(height) + 0.5, [number(x) for x in rows[1]], fontsize=8)
    axes.set(xlabel=columns[0], ylabel=rows[0])
    axes.tick_params(length=0)
    return drawn


def break_curve(
    coordinate: str, dots: Sequence[Dot], asked: float, asked_rate: float, edge: tuple[float | None, float | None]
) -> Figure:
    """Share of trials in which a conclusion held against a coordinate, with intervals.

    Red: the rate that is asked for. Dashed: as far as the assumption allows. Grey band: where it breaks.
    """
    drawn, axes = blank(6.0, 3.6)
    share_axes(axes, coordinate, dots)
    axes.axhline(asked_rate, color=BOUND, lw=1.5, label=f"1 − δ = {asked_rate:g}", gid="rate")
    axes.axvline(asked, color="black", ls="--", lw=1, label="the assumption allows", gid="asked")
    if None not in edge:
        axes.axvspan(*sorted(edge), color=REST, alpha=0.3, lw=0, label="breaks here", gid="break")  # type: ignore[type-var]
    axes.legend(fontsize=8)
    return drawn


def curve(coordinate: str, dots: Sequence[Dot]) -> Figure:
    """Share of trials in which a conclusion held against a coordinate, with intervals."""
    drawn, axes = blank(6.0, 3.4)
    share_axes(axes, coordinate, dots)
    return drawn


def share_axes(axes: Axes, coordinate: str, dots: Sequence[Dot]) -> None:
    """The points of a curve of shares with their intervals, on a logarithmic scale where all values are positive."""
    order = sorted(dots, key=lambda dot: dot.value)
    x, y = [dot.value for dot in order], [dot.share for dot in order]
    reach = [[dot.share - dot.lower for dot in order], [dot.upper - dot.share for dot in order]]
    axes.errorbar(x, y, yerr=reach, fmt="o-", ms=4, lw=1, capsize=3, color=COLOURS[0], gid="share")
    if min(x) > 0 and max(x) > 3 * min(x):
        log_axis(axes, "x", x)
    axes.set(ylim=(-0.03, 1.03), xlabel=coordinate, ylabel="share of trials in which it held")
    axes.grid(alpha=0.3)


def power_law(says: str, along: str, points: Sequence[tuple[float, float]], slope: float, level: float) -> Figure:
    """Measured values at each place and the fitted power (red), on doubly logarithmic axes."""
    drawn, axes = blank(6.0, 4.0)
    shown = [(x, y) for x, y in points if x > 0 and y > 0]
    if shown:
        x, y = np.array(shown).T
        ends = np.array([x.min(), x.max()])
        axes.plot(x, y, "o", ms=4, color=COLOURS[0], label="runs", gid="points")
        axes.plot(ends, level * ends**slope, color=BOUND, label=f"fitted: slope {slope:.3g}", gid="fit")
        log_axis(axes, "x", x)
        log_axis(axes, "y", y)
        axes.legend(fontsize=8)
    else:
        axes.text(0.5, 0.5, "no positive values", ha="center", transform=axes.transAxes)
    axes.set(xlabel=along, ylabel=wording(says))
    axes.grid(alpha=0.3)
    return drawn


def number(x: Any) -> str:
    """A coordinate as a tick says it."""
    return f"{x:.3g}" if isinstance(x, float) else str(x)
