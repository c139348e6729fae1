"""The largest constant C that assumptions allow on a run, for links in which the paper names C itself."""

from collections.abc import Callable

import numpy as np

from rfa import Rounded, Run, rounded

BOUNDS: dict[str, Callable[[Run, float], float]] = {
    "A1": lambda run, delta: run.d / max(np.log(run.n / delta) ** 2, np.log(run.m / delta)),
    "A2": lambda run, delta: 1 / float(run.s),
    "A3": lambda run, delta: run.n / np.log(run.m / delta),
    "A4": lambda run, delta: 1 / run.given("eta") if run.given("eta") else np.inf,
    "A5": lambda run, delta: run.m / np.log(1 / delta),
    "A6": lambda run, delta: float(run.u) ** (-2 / run.a6_power),
    "A7": lambda run, delta: 1 / float(run.alpha) ** 2,
}
"""Largest C of each assumption from the run and delta."""


def largest_C(run: Run, *assumptions: str) -> Rounded:
    """The largest C at which the named assumptions (all if none is named) hold together."""
    delta = run.given("delta")
    return rounded(min(BOUNDS[name](run, delta) for name in assumptions or BOUNDS))
