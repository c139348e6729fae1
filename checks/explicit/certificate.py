"""The certificate: what the sample and the first weights alone guarantee, without training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from checks.explicit import quantities, recursion
from checks.explicit.intervals import exactly, measured
from checks.explicit.recursion import CENTRES, Measured, Recursion
from rfa import DoesNotApply, Rounded, Run
from rfa.data import CENTRE_LABEL
from rfa.together import by_itself

LONGEST = 100_000
"""Steps up to which the recursion is evaluated: each takes about a tenth of a millisecond and three kilobytes."""


Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Certificate:
    """The recursion of one sample and start, with the neurons it counts: M_mu and miss_j, axes j mu."""

    members: NDArray[np.bool_]
    misses: Rounded
    recursion: Recursion


_KNOWN: WeakKeyDictionary[Run, Certificate] = WeakKeyDictionary()


def certify(run: Run) -> Certificate:
    """The certificate of a run, from its sample, second layer, first weights and step size alone."""
    if run not in _KNOWN:
        members, misses = quantities.first_members(run), quantities.first_misses(run)
        numbers = measure(run, members, misses)
        _KNOWN[run] = Certificate(members, misses, recursion.run_recursion(numbers))
    return _KNOWN[run]


@by_itself
def bound(run: Run, of: Callable[[Recursion], Found]) -> Found:
    """What the recursion of the run says of one of its bounds."""
    return of(certify(run).recursion)


@by_itself
def members(run: Run) -> NDArray[np.bool_]:
    """M_mu, axes j mu."""
    return certify(run).members


@by_itself
def misses(run: Run) -> Rounded:
    """miss_j, axes j mu."""
    return certify(run).misses


def horizon(run: Run) -> int:
    """T: of the run, or for a start that of the run that would follow; `DoesNotApply` beyond `LONGEST`."""
    planned = run.setting.total_steps if run.setting is not None else run.K + 1
    steps = run.n_s or min(run.K + 1, planned) - run.first
    if steps > LONGEST:
        raise DoesNotApply(f"the recursion is evaluated up to T = {LONGEST}, and here T = {steps}")
    return steps


def measure(run: Run, members: NDArray[np.bool_], misses: Rounded) -> Measured:
    """The numbers that enter the recursion, each with the rounding error of its measurement."""
    size = quantities.second_layer(run)
    positive = int(run.positive.sum())
    by_sign = {1: positive, -1: run.m - positive}
    in_plane = np.abs(quantities.deviations_in_plane(run))
    missed = misses.sum(axis=0, where=members)
    return Measured(
        steps=horizon(run),
        scale=exactly(run.step_size) * exactly(float(size)) * exactly(float(size)),
        most=max(by_sign.values()),
        opposed=tuple(by_sign[-int(y)] for y in CENTRE_LABEL),
        clean=tuple(exactly(int(k)) / run.n for k in run.clean_size),
        noisy=tuple(exactly(int(k)) / run.n for k in run.noisy_size),
        v0=measured(np.abs(quantities.projections(run)[0]).max()),
        b0=measured(quantities.deviations(run)[0].max()),
        d1=measured(np.abs(quantities.coordinate_errors(run)).mean(axis=0).max()),
        dp=measured(in_plane.max()),
        G=measured(quantities.mean_overlap(run)),
        members=tuple(int(k) for k in members.sum(axis=0)),
        missed=tuple(measured(missed[mu]) for mu in CENTRES),
    )
