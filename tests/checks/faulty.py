"""A table of faults for the lemmas about J: each row plants one fault and names the claims and links it must break."""

from dataclasses import replace
from functools import cache

import numpy as np

from rfa import Outcome, Rounded, Run, judge
from rfa.simulation import simulate
from tests.planting import holding, in_sample, in_trace, in_weights, with_label, with_quantity
from tests.runs import good_start, small, small_setting

BROKEN = (Outcome.REFUTED, Outcome.SILENT)


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


def array(name, *index, to):
    """One entry of a plain derived array (sizes, step numbers) changed."""

    def fault(run):
        faulty, values = replace(run), np.array(getattr(run, name))
        values[index] = to(values[index])
        faulty.__dict__[name] = values
        return faulty

    return fault


def constant(module, name, value):
    """A number of the paper replaced in one module while the claims are evaluated."""
    return module, name, value


def broken(statement, run, fault, expected, monkeypatch) -> None:
    """Every claim of `expected` holds on `run` and fails under the fault, with the witness given there."""
    before = holding(judge(statement, run))
    if isinstance(fault, tuple):
        monkeypatch.setattr(*fault)
        after = holding(judge(statement, replace(run)))
    else:
        after = holding(judge(statement, fault(run)))
    for id, witness in expected.items():
        assert before[id].holds, id
        assert any(after[id].counts.get(outcome) for outcome in BROKEN), (id, after[id].outcome, after[id].reason)
        for axis, at in witness.items():
            assert after[id].witness[axis] in (at if isinstance(at, tuple) else (at,)), (id, after[id].witness)


def zeros(run, vectors) -> Rounded:
    """A wrong norm: nothing has any length."""
    return Rounded(np.zeros(len(vectors)))
