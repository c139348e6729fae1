"""Scaling verdicts: the fitted exponent of a quantity along a coordinate, with an interval, against the
claimed one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import numpy as np
from scipy import special

from rfa.errors import InputError
from rfa.papers import Paper
from rfa.rounding import Array
from rfa.scaling import Scaling
from rfa.setting import Setting
from rfa.studies.coordinates import coordinate
from rfa.studies.execution import How, bench
from rfa.studies.storage import Store
from rfa.studies.trials import Task, code_version, load_paper, with_seed
from rfa.verdicts import Outcome

TOLERANCE = 0.1
"""An exponent claimed exactly is confirmed if its whole interval lies within this distance of the claim."""


@dataclass(frozen=True)
class Fit:
    """quantity ≈ level · x^exponent by least squares on logarithms, with an interval of coverage 1 - level
    of error.

    `bend` is the coefficient of (log x)² with its interval: away from 0, no single power describes the
    points.
    """

    exponent: float
    lower: float
    upper: float
    level: float
    bend: tuple[float, float, float]
    points: int


@dataclass(frozen=True)
class ScalingVerdict:
    """A claimed exponent against the fitted one."""

    scaling: Scaling
    outcome: Outcome
    fit: Fit | None
    data: tuple[tuple[float, float], ...]
    reason: str = ""


def fit_power(data: Sequence[tuple[float, float]], error: float) -> Fit:
    """Fit a power to points (x, quantity), both positive; Student's interval for the exponent.

    Points at the same x are averaged on the logarithmic scale first; fewer than three places give no
    interval.
    """
    places: dict[float, list[float]] = {}
    for x, y in data:
        places.setdefault(x, []).append(math.log(y))
    along = np.log(np.array(sorted(places)))
    measured = np.array([np.mean(places[k]) for k in sorted(places)])
    one, centred = np.ones_like(along), along - along.mean()
    slope, lower, upper, start = _coefficient(np.stack([along, one], axis=1), measured, error)
    bend = _coefficient(np.stack([centred**2, centred, one], axis=1), measured, error)[:3]
    return Fit(slope, lower, upper, math.exp(start), bend, len(along))


def _coefficient(columns: Array, y: Array, error: float) -> tuple[float, float, float, float]:
    """First coefficient of a least-squares fit with its interval, and the last coefficient."""
    solution, *_ = np.linalg.lstsq(columns, y, rcond=None)
    free = len(y) - columns.shape[1]
    if free < 1:
        return float(solution[0]), -math.inf, math.inf, float(solution[-1])
    residual = y - columns @ solution
    covariance = np.linalg.inv(columns.T @ columns) * (residual @ residual) / free
    half = float(special.stdtrit(free, 1 - error / 2) * math.sqrt(max(0.0, covariance[0, 0])))
    return float(solution[0]), float(solution[0]) - half, float(solution[0]) + half, float(solution[-1])


def judge_exponent(scaling: Scaling, fit: Fit) -> Outcome:
    """== : CONFIRMED within `TOLERANCE`, REFUTED if the interval excludes that zone; <=, >= likewise on one
    side."""
    low, high = scaling.exponent - TOLERANCE, scaling.exponent + TOLERANCE
    if scaling.relation == "<=":
        low = -math.inf
    if scaling.relation == ">=":
        high = math.inf
    if low <= fit.lower and fit.upper <= high:
        return Outcome.CONFIRMED
    return Outcome.REFUTED if fit.upper < low or fit.lower > high else Outcome.UNDECIDED


def run_scalings(
    paper: str,
    path: Path,
    *,
    trials: int = 4,
    error: float = 0.01,
    only: Sequence[str] = (),
    seed: int = 0,
    **how: Unpack[How],
) -> list[ScalingVerdict]:
    """Measure every scaling of a paper (or the named ones) and judge its exponent; `error` is shared out
    evenly."""
    of = load_paper(paper)
    chosen = chosen_scalings(of, only)
    meta = {
        "kind": "scaling",
        "paper": paper,
        "trials": trials,
        "only": list(only),
        "seed": seed,
        "code": code_version(paper),
    }
    with bench(path, meta, paper, how) as at:
        at.run(t for k, s in enumerate(chosen) for t in tasks_of(s, k, trials, seed))
        return [judge_scaling(at.store, s, k, trials, error / max(1, len(chosen))) for k, s in enumerate(chosen)]


def chosen_scalings(paper: Paper, only: Sequence[str]) -> list[Scaling]:
    """The scalings of a paper with these ids (none: all); `InputError` for an unknown one or if there are none."""
    known = [s.id for s in paper.scalings]
    if unknown := [id for id in only if id not in known]:
        raise InputError(f"--only {unknown[0]}: no such scaling; expected one of {', '.join(known) or '(none)'}")
    if not known:
        raise InputError(f"paper {paper.name!r} claims no orders of growth")
    return [s for s in paper.scalings if not only or s.id in only]


STRIDE = 10**5


def tasks_of(scaling: Scaling, place: int, trials: int, seed: int = 0) -> list[Task]:
    """The runs of one scaling: its values times the trials."""
    base, axis = Setting.from_dict(scaling.base).override(seed=seed), coordinate(scaling.along)
    tasks = []
    for v, value in enumerate(scaling.values):
        for k in range(trials):
            row = place * STRIDE + v * trials + k
            tasks.append(
                Task(row, with_seed(axis.set(base, value), k), ("-",), False, (scaling.id,), point=place)
            )
    return tasks


def judge_scaling(store: Store, scaling: Scaling, place: int, trials: int, error: float) -> ScalingVerdict:
    """The verdict on one scaling from its stored measurements."""
    rows = store.db.execute(
        "SELECT trials.row, lhs FROM trials LEFT JOIN marks ON marks.row = trials.row WHERE point = ?"
        " ORDER BY trials.row",
        (place,),
    ).fetchall()
    data = [(scaling.values[(row % STRIDE) // trials], value) for row, value in rows if value is not None]
    bad = [v for _, v in data if not (math.isfinite(v) and v > 0)]
    if bad or len({x for x, _ in data}) < 3:
        reason = f"{len(bad)} values are not positive" if bad else "fewer than three places with a value"
        return ScalingVerdict(scaling, Outcome.ERROR, None, tuple(data), reason)
    fit = fit_power(data, error)
    return ScalingVerdict(scaling, judge_exponent(scaling, fit), fit, tuple(data))
