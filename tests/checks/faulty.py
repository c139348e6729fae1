"""A table of faults for the lemmas about J: each row plants one fault and names the claims and links it must break."""

from dataclasses import replace
from functools import cache

import numpy as np

from rfa import Rounded, Run
from rfa.simulation import simulate
from tests.planting import (
    fails_where_planted,
    in_sample,
    in_trace,
    in_weights,
    verdicts_of,
    with_label,
    with_quantity,
)
from tests.runs import good_start, small, small_setting


def calm() -> Run:
    """K = 3, eight neurons, one noisy label among 1920: every run-level premise of L12 and L13 holds."""
    return small(n=1920, m=8, eta=5e-4)


@cache
def rough(**changes) -> Run:
    """Wide clusters, a large start and much noise, with all weights kept: patterns and signs of every kind."""
    setting = small_setting(**{"sigma": 0.3, "omega_init": 0.05, "eta": 0.2, "noisy": 9, "d": 5, "seed": 4, **changes})
    return simulate(setting, accept=good_start, keep=range(setting.total_steps + 1))


def times(factor):
    return lambda x: factor * x


def plus(term):
    return lambda x: x + term


def quantity(name, *index, to):
    return lambda run: with_quantity(run, name, index, to)


def recorded(name, *index, to):
    return lambda run: in_trace(run, name, index, to)


def weights(t, j, to):
    return lambda run: in_weights(run, t, j, to)


def sample(i, to):
    return lambda run: in_sample(run, i, to)


def label(i, which):
    return lambda run: with_label(run, i, which)


def parameter(**values):
    return lambda run: replace(run, **values)


def constant(module, name, value):
    """A number of the paper replaced in one module while the claims are evaluated."""
    return module, name, value


def broken(statement, run, fault, expected, monkeypatch) -> None:
    """Every claim of `expected` holds on `run` and fails under the fault, with the witness given there."""
    verdicts_of(statement, run)
    if isinstance(fault, tuple):
        monkeypatch.setattr(*fault)
    faulty = replace(run) if isinstance(fault, tuple) else fault(run)
    fails_where_planted(statement, run, faulty, expected)


def zeros(run, vectors) -> Rounded:
    """A wrong norm: nothing has any length."""
    return Rounded(np.zeros(len(vectors)))
