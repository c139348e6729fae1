"""`rfa sweep FILE.toml`: a grid over coordinates, keys and laws with replications; one tidy table.

base = "feasible"            # a named setting; or a table [base] with the keys of one
statements = ["L12", "L14"]  # default: all
trials = 20
[grid]
"sigma*sqrt(d)" = [0.01, 0.1, 1.0]
clusters = ["gaussian", "laplace"]
eta = { from = 0.001, to = 0.1, points = 5 }   # spaced evenly on the logarithmic scale; scale = "linear"
otherwise
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from rfa.errors import InputError
from rfa.setting import Setting
from rfa.studies.coordinates import SHORT, move
from rfa.studies.execution import How, bench
from rfa.studies.storage import Store
from rfa.studies.trials import Task, chosen_statements, code_version, load_paper, with_seed

KEYS = {"base", "statements", "trials", "grid", "name"}
MOST_VALUES = 10_000
"""Most values of an axis."""


@dataclass(frozen=True)
class Sweep:
    """A grid: the values of each axis, in order; every combination is a point with `trials` runs."""

    base: Setting
    paper: str
    axes: Mapping[str, tuple[Any, ...]]
    trials: int
    statements: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of runs."""
        return self.trials * int(np.prod([len(v) for v in self.axes.values()]))

    def points(self) -> list[dict[str, Any]]:
        """The coordinates of every point, the last axis running fastest."""
        return [
            dict(zip(self.axes, values, strict=True)) for values in itertools.product(*self.axes.values())
        ]

    def tasks(self) -> Iterator[Task]:
        """All runs; the trials of every point use the same seeds, so that points differ in their coordinates
        only."""
        for point, changes in enumerate(self.points()):
            setting = move(self.base, changes)
            for k in range(self.trials):
                yield Task(point * self.trials + k, with_seed(setting, k), self.statements, point=point)

    def meta(self) -> dict[str, Any]:
        """What identifies the sweep in its file."""
        return {
            "kind": "sweep", "base": self.base.to_dict(), "paper": self.paper, "trials": self.trials,
            "statements": list(self.statements), "axes": {k: list(v) for k, v in self.axes.items()},
            "code": code_version(self.paper),
        }  # fmt: skip

    @staticmethod
    def of(store: Store) -> Sweep:
        """The sweep that a file was made for."""
        m = store.meta
        axes = {k: tuple(v) for k, v in m["axes"].items()}
        return Sweep(Setting.from_dict(m["base"]), m["paper"], axes, m["trials"], tuple(m["statements"]))


def read_sweep(text: str, paper: str, named: Callable[[str], Setting], seed: int | None = None) -> Sweep:
    """A sweep from its TOML document; `named` finds settings by name, `seed` replaces that of the base."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise InputError(f"not a TOML document: {why}") from None
    if unknown := sorted(set(given) - KEYS):
        raise InputError(f"{unknown[0]}: unknown key; expected one of {', '.join(sorted(KEYS))}")
    base, grid, trials = given.get("base"), given.get("grid"), given.get("trials", 1)
    if not isinstance(base, str | dict) or not isinstance(grid, dict) or not grid:
        raise InputError("a sweep needs a base setting (a name or a table) and a [grid] with at least one axis")
    if not isinstance(trials, int) or isinstance(trials, bool) or trials < 1:
        raise InputError(f"trials = {trials!r}; expected an integer, at least 1")
    setting = named(base) if isinstance(base, str) else Setting.from_dict(base)
    setting = setting if seed is None else setting.override(seed=seed)
    axes = {SHORT.get(str(k), str(k)): values_of(str(k), v) for k, v in grid.items()}
    only = given.get("statements", [])
    if not isinstance(only, list) or not all(isinstance(id, str) for id in only):
        raise InputError(f"statements = {only!r}; expected a list of ids")
    sweep = Sweep(setting, paper, axes, trials, chosen_statements(load_paper(paper), only))
    for changes in sweep.points():
        move(setting, changes)
    return sweep


def values_of(name: str, given: Any) -> tuple[Any, ...]:
    """The values of an axis: a list, or from, to, points and scale."""
    if isinstance(given, list) and given:
        return tuple(given)
    if not isinstance(given, dict) or not {"from", "to", "points"} <= set(given) <= {
        "from",
        "to",
        "points",
        "scale",
    }:
        raise InputError(f"{name} = {given!r}; expected a list of values or {{from, to, points, scale}}")
    low, high, points, scale = given["from"], given["to"], given["points"], given.get("scale", "log")
    if not all(isinstance(x, int | float) and math.isfinite(x) for x in (low, high)):
        raise InputError(f"{name}: from = {low!r}, to = {high!r}; expected two finite numbers")
    if not isinstance(points, int) or not 1 <= points <= MOST_VALUES:
        raise InputError(f"{name}: points = {points!r}; expected an integer from 1 to {MOST_VALUES}")
    if scale not in ("log", "linear") or (scale == "log" and min(low, high) <= 0):
        raise InputError(f"{name}: scale = {scale!r}; expected linear, or log with ends above 0")
    spaced = np.geomspace if scale == "log" else np.linspace
    return tuple(float(v) for v in spaced(low, high, points))


def run_sweep(
    sweep: Sweep,
    path: Path,
    **how: Unpack[How],
) -> None:
    """Carry a sweep out, or finish it."""
    with bench(path, sweep.meta(), sweep.paper, how) as at:
        at.run(sweep.tasks())


def share_held(store: Store, point: int, statement: str) -> float | None:
    """The share of trials at a point in which every conclusion of a statement (or one claim) held."""
    query = """
        SELECT avg(kept) FROM (SELECT min(state) > 0 AS kept FROM marks JOIN trials ON trials.row = marks.row
        JOIN names ON names.id = marks.name
        WHERE point = ? AND role = 'conclusion' AND (statement = ? OR claim = ?)
        GROUP BY marks.row)"""
    found = store.db.execute(query, (point, statement, statement)).fetchone()[0]
    return None if found is None else float(found)
