"""The logged quantities of a run file, checked for shape and against the weights that came with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rfa.errors import InputError
from rfa.run import Run
from rfa.trace import AXES, SUMS, Trace, not_finite, shapes
from rfa.training import Problem, observe

COMPARED = {
    "norm": "norm",
    "projection": "plane",
    "pre_min": "pre_min",
    "pre_max": "pre_max",
    "frobenius": "frobenius",
}
"""Logged quantities that the weights of a step give again, and the quantity of a run with their error."""
MARGINS = ("margin_min", "margin_max", "sub_margin_min", "sub_margin_max")


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


def check_against_weights(run: Run) -> None:
    """`InputError` where a logged quantity and the kept weights of its step differ by more than rounding."""
    for t, W in run.weights.items():
        problem = Problem(run.sample, run.a, run.step_size, run.relu_at_zero, run.in_J)
        trace, _ = observe(
            problem, W, 0, sums_until=t, keep=frozenset(), level="light", first=t,
            form=None if t not in run.forms else run.forms.get, following=lambda t, here, update: here,
        )  # fmt: skip
        gain = None if run.gain is None else run.gain[t - run.first : t - run.first + 1]
        again = replace(run, trace=trace, weights={t: W}, gain=gain)
        for name in (*COMPARED, *MARGINS):
            logged, computed = (
                r.margins(name) if name in MARGINS else getattr(r, COMPARED[name]) for r in (run, again)
            )
            away = np.abs(logged.value[t] - computed.value[0]) > logged[t].error + computed[0].error
            lost = np.isnan(logged.value[t]) != np.isnan(computed.value[0])
            if (away | lost).any():
                at = tuple(int(k) for k in np.argwhere(away | lost)[0])
                told = f"{logged.value[t][at]:.9g} is logged, the weights give {computed.value[0][at]:.9g}"
                raise InputError(f"trace.{name}: at step {t}, index {at}: {told}")
