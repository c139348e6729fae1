"""The figure of the benchmarks, drawn from the tables that are there. Needs matplotlib (extra `plots`)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from rfa.report.plotting import BOUND, COLOURS, REST, blank, svg

BARS = {
    "torch / engine": ("PyTorch / engine", COLOURS[0]),
    "plain / engine": ("plain NumPy / engine", COLOURS[1]),
    "products / engine": ("bare products / engine", REST),
}
LINES = {"n": COLOURS[0], "m": COLOURS[2], "d": REST, "steps": COLOURS[3]}


def draw(out: Path) -> None:
    """`benchmarks.svg`: speed against other loops, growth of both engines, trials a second."""
    drawn, (bars, direct, reduced, trials) = blank(13.0, 4.2, 4)
    side_by_side(bars, read(out, "side-by-side"))
    growth = [row for row in read(out, "growth") if row["of"] == "seconds"]
    for axes, engine in ((direct, "direct"), (reduced, "reduced")):
        lines(axes, engine, [row for row in growth if row["engine"] == engine])
    by_checks(trials, read(out, "trials"))
    (out / "benchmarks.svg").write_text(svg(drawn), encoding="utf-8")


def read(out: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table; none if it is not there."""
    file = out / f"{name}.csv"
    if not file.exists():
        return []
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def side_by_side(axes: Any, rows: list[dict[str, str]]) -> None:
    """How many times longer the other loops take than the engine with its log, for each setting."""
    for k, (column, (label, colour)) in enumerate(BARS.items()):
        found = [(i, float(row[column])) for i, row in enumerate(rows) if row.get(column)]
        places, ratios = [i + 0.27 * (k - 1) for i, _ in found], [ratio for _, ratio in found]
        axes.barh(places, ratios, 0.25, color=colour, label=label)
    axes.set_yticks(range(len(rows)), [row["setting"] for row in rows])
    axes.axvline(1, color=BOUND, lw=1)
    axes.set_title("Time over that of the engine, logging every step", fontsize=9)
    _scaled(axes, "x")
    axes.invert_yaxis()
    if rows:
        axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncol=2, frameon=False)


def lines(axes: Any, engine: str, rows: list[dict[str, str]]) -> None:
    """Seconds against each size, over the first value of the series, with the fitted exponents."""
    for row in rows:
        values, found = ([float(x) for x in row[key].split()] for key in ("values", "measured"))
        label = f"{row['against']}: {float(row['exponent']):.2f} ± {float(row['+-']):.2f}"
        relative = [x / values[0] for x in values]
        if row["against"] == "d" and engine == "reduced":
            label, relative = f"{label} (to d = {values[-1]:.0e})", [2.0**k for k in range(len(values))]
        axes.plot(relative, found, "o-", ms=3, color=LINES[row["against"]], label=label)
    axes.set_title(f"Growth, {engine} engine: seconds", fontsize=9)
    axes.set_xlabel("size over its first value")
    _scaled(axes, "both")
    if rows:
        axes.legend(fontsize=7, framealpha=0.5)


def by_checks(axes: Any, rows: list[dict[str, str]]) -> None:
    """Trials a second by what is judged and the number of processes."""
    labels = [f"{row['judged']}, {row['processes']} proc." for row in rows]
    axes.barh(range(len(rows)), [float(row["trials a second"]) for row in rows], color=COLOURS[0])
    axes.set_yticks(range(len(rows)), labels, fontsize=7)
    axes.axvline(300, color=BOUND, lw=1)
    axes.set_title("Trials a second, K = 2, C = 16", fontsize=9)
    _scaled(axes, "x")
    axes.invert_yaxis()


def _scaled(axes: Any, which: str) -> None:
    axes.set_xscale("log")
    if which == "both":
        axes.set_yscale("log")
        axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
        axes.set_xticks([], minor=True)
    axes.tick_params(which="both", labelsize=7)
    axes.grid(alpha=0.3, axis=which)
