"""The logged quantities of a run file, checked for shape and against the weights that came with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.errors import InputError
from rfa.rounding import Rounded
from rfa.run import Run
from rfa.trace import AXES, SUMS, Trace, not_finite, shapes
from rfa.training import Problem, observe

STATES = {
    "norm": "norm",
    "projection": "plane",
    "pre_min": "pre_min",
    "pre_max": "pre_max",
    "reach": "reach",
    "loss": "loss",
    "frobenius": "frobenius",
}
"""Logged quantities that the weights of a state give again, and the quantity of a run with their error."""
MARGINS = ("margin_min", "margin_max", "sub_margin_min", "sub_margin_max")
STEPS = {"step_norm": "step_norm", "step_error": "step_error", "pull_size": "pull_size"}
"""The same for gradient steps."""
TOTALS = {
    "active": "active",
    "pull": "pull",
    "pull_plane": "pull_along",
    "whole_pull": "whole_pull",
    "whole_pull_plane": "whole_pull_along",
}
"""The same for the sums over active samples, at gradient steps below T."""
SIZES = (
    "norm", "moved", "step_norm", "step_error", "pull_size", "near_zero", "reach", "loss", "accuracy", "frobenius",
    "patterns", "active", "pull", "whole_pull",
)  # fmt: skip
"""Logged quantities that are never negative."""


def read_trace(given: Mapping[str, Any], horizon: int, m: int) -> Trace:
    """The trace in the arrays `trace.NAME` of a run file; `horizon` is the time T of the step size."""
    log = {name.removeprefix("trace."): array for name, array in given.items() if name.startswith("trace.")}
    if unknown := sorted(set(log) - set(AXES)):
        raise InputError(f"trace.{unknown[0]}: unknown array; expected trace. and one of {', '.join(AXES)}")
    level = "full" if any(name in log for name in SUMS) else "light"
    needed = [name for name in AXES if level == "full" or name not in SUMS]
    if missing := [name for name in needed if name not in log]:
        raise InputError(f"trace.{missing[0]}: missing; the log needs {', '.join(needed)}")
    steps = log["steps"]
    if steps.ndim != 1 or steps.dtype.kind not in "iu" or not np.array_equal(steps, np.arange(len(steps))):
        raise InputError("trace.steps: expected the step numbers 0, 1, 2, ... of the logged states")
    if len(steps) < 2:
        raise InputError("trace.steps: expected at least two states")
    wanted = shapes(len(steps), min(len(steps) - 1, horizon), m, level)
    for name in needed:
        _check(name, log[name], wanted[name])
    arrays: dict[str, Any] = dict.fromkeys(SUMS)
    arrays |= {name: log[name].astype(np.int64 if name == "steps" else np.float64) for name in needed}
    return Trace(**arrays)


def _check(name: str, array: Any, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype.kind not in "iuf":
        letters = ", ".join(AXES[name])
        raise InputError(
            f"trace.{name}: shape {array.shape} of {array.dtype}; expected numbers ({letters}) = {shape}"
        )
    if (at := not_finite(name, array)) is not None:
        raise InputError(f"trace.{name}: {array[at]} at index {at}; expected finite numbers")


def check_log(run: Run) -> None:
    """`InputError` where a log cannot be that of any run on its sample, or contradicts the kept weights."""
    for steps in _stretches(sorted(run.weights)):
        _check_stretch(run, steps)
    _check_moved(run)
    for name, bad, expected in _impossible(run):
        if bad.any():
            at = tuple(int(k) for k in np.argwhere(bad)[0])
            raise InputError(f"trace.{name}: {getattr(run.trace, name)[at]:.9g} at index {at}; expected {expected}")


def _impossible(run: Run) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """By quantity, where no run on this sample has the logged value, and what is expected."""
    log = run.trace
    for name in SIZES:
        if (array := getattr(log, name)) is not None:
            yield name, array < 0, "at least 0"
    for kind, size in (("pre", run.cluster_size), ("margin", run.group_size), ("sub_margin", run.group_size)):
        low, high = f"{kind}_min", f"{kind}_max"
        for name in (low, high):
            lost = np.isnan(getattr(log, name)) != (size == 0)
            yield name, lost, "a number where there are samples, NaN where there are none"
        yield low, getattr(log, low) > getattr(log, high), f"at most trace.{high}"
    yield "near_zero", log.near_zero > run.n, f"at most n = {run.n}"
    if log.active is not None:
        yield "active", log.active > run.group_size, "at most the samples of the group"
    off = np.abs(log.frobenius - np.linalg.norm(log.norm, axis=1)) > run.frobenius.error
    yield "frobenius", off, "the root of the sum of the squares of trace.norm"


def _check_moved(run: Run) -> None:
    if run.first not in run.weights:
        return
    start = run.weights[run.first]
    for t, W in run.weights.items():
        logged = run.moved[t - run.first]
        _compare(run, "moved", t, logged, Rounded(np.linalg.norm(W - start, axis=1), logged.error))


def _stretches(steps: list[int]) -> Iterator[list[int]]:
    """The steps in runs of consecutive ones."""
    edges = np.flatnonzero(np.diff(steps) > 1) + 1
    yield from (list(map(int, part)) for part in np.split(np.array(steps), edges))


def _check_stretch(run: Run, steps: list[int]) -> None:
    """Log consecutive kept weights once more, and compare; the step out of the last of them is made here."""
    first, last, log = steps[0], steps[-1], run.trace
    sums = 0 if log.active is None else len(log.active)
    problem = Problem(run.sample, run.a, run.step_size, run.relu_at_zero, run.in_J)
    trace, _ = observe(
        problem, run.weights[first], len(steps) - (last == run.last), sums_until=run.first + sums, keep=frozenset(),
        level=log.level, first=first, form=run.forms.get if run.forms else None,
        following=lambda t, here, update: run.weights.get(t + 1, here + update),
    )  # fmt: skip
    offset = first - run.first
    gain = None if run.gain is None else run.gain[offset : offset + len(trace.steps)]
    again = replace(run, trace=trace, weights={first: run.weights[first]}, gain=gain)
    for t in steps:
        for name in (*STATES, *MARGINS):
            logged, computed = (r.margins(name) if name in MARGINS else getattr(r, STATES[name]) for r in (run, again))
            _compare(run, name, t, logged[t - run.first], computed[t - first])
        for name in STEPS if t < run.last else ():
            if name != "step_error" or t + 1 in run.weights:
                logged, computed = getattr(run, STEPS[name]), getattr(again, STEPS[name])
                _compare(run, name, t, logged[t - run.first], computed[t - first])
        for name in TOTALS if t - run.first < min(sums, run.n_s) else ():
            logged, computed = getattr(run, TOTALS[name]), getattr(again, TOTALS[name])
            _compare(run, name, t, logged[t - run.first], computed[t - first])


def _compare(run: Run, name: str, t: int, logged: Rounded, computed: Rounded) -> None:
    """`InputError` where a logged quantity and what the weights of its step give differ by more than rounding.

    The log may be wrong about its own rounding errors, so it is allowed those of the weights.
    """
    away = np.abs(logged.value - computed.value) > 2 * computed.error
    away |= np.isnan(logged.value) != np.isnan(computed.value)
    if away.any():
        at = tuple(int(k) for k in np.argwhere(away)[0])
        told = f"{logged.value[at]:.9g} is logged, the weights give {computed.value[at]:.9g}"
        raise InputError(f"trace.{name}: at step {t}, index {at}: {told}")
