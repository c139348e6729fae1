"""The certificate: what the sample and the first weights alone guarantee, without training."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from checks.explicit import quantities, recursion
from checks.explicit.intervals import exactly, measured
from checks.explicit.recursion import CENTRES, Measured, Recursion
from rfa import Rounded, Run
from rfa.data import CENTRE_LABEL


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


def measure(run: Run, members: NDArray[np.bool_], misses: Rounded) -> Measured:
    """The numbers that enter the recursion, each with the rounding error of its measurement."""
    size = quantities.second_layer(run)
    positive = int(run.positive.sum())
    by_sign = {1: positive, -1: run.m - positive}
    in_plane = np.abs(quantities.deviations_in_plane(run))
    missed = misses.sum(axis=0, where=members)
    return Measured(
        steps=run.n_s or run.K + 1 - run.first,
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
