"""What a gradient step adds along mu1 and mu2 in units of αb: from the weights and from the recorded sums."""

from typing import NamedTuple

import numpy as np

from rfa import Rounded, Run
from rfa.data import CENTRE_SIGN
from rfa.rounding import UNIT, Array
from rfa.run import PAIR, pair_of
from rfa.stacked import taken

COORDINATES = "sjmqk,jmq->sjk"


class StepSums(NamedTuple):
    """Axes s j k, k = 0 along mu1 and 1 along mu2, divided by αb.

    gained   <w_j(s+1) − w_j(s), mu_k>
    net      (1/n) sum of ±g A <x, mu_k> over all samples, plus where a_j y_i > 0
    across   the part of `net` from the pair of centres whose label differs from sgn(a_j)
    clean    (1/n) sum of g A <x, mu_k> over the clean samples of that pair
    """

    gained: Rounded
    net: Rounded
    across: Rounded
    clean: Rounded


def step_sums(run: Run) -> StepSums:
    """All four at the gradient steps below T, for every neuron."""
    same = np.where(run.positive, 0, 1)[:, None] == PAIR
    label = np.array([1.0, -1.0])
    signs = np.where(same, 1.0, -1.0)[:, :, None] * label
    far = np.where(same, 0.0, 1.0)[:, :, None]
    return StepSums(
        gained(run),
        combined(run, signs),
        combined(run, signs * far),
        combined(run, far * np.array([1.0, 0.0])),
    )


def gained(run: Run) -> Rounded:
    """<w_j(s+1) − w_j(s), mu_k>/(αb), axes s j k, granted the rounding error of a gradient step."""
    granted = Rounded(0.0, run.step_error.error[: run.n_s, :, None])
    return (run.plane[1 : run.n_s + 1] - run.plane[: run.n_s] + granted) / (run.alpha * run.b)


def combined(run: Run, signs: Array) -> Rounded:
    """(1/n) sum over mu and q of signs_jmq times the sums of g A <x, mu_k>: axes s j k."""
    sums, size = run.pull_along, np.abs(signs)
    value = np.einsum(COORDINATES, sums.value, signs)
    total = np.einsum(COORDINATES, np.abs(sums.value), size)
    brought = np.einsum(COORDINATES, np.broadcast_to(sums.error, (*sums.shape[:-1], 1)), size)
    return Rounded(value, brought + 8 * UNIT * total) / run.n


def along_home(run: Run, sums: Rounded) -> Rounded:
    """The coordinate along the home of j in J, seen from it: axes s j k to s j."""
    own: Rounded = sums[..., 0].where(pair_of(run.home) == 0, sums[..., 1]) * taken(CENTRE_SIGN, run.home)
    return own


def along_other(run: Run, sums: Rounded) -> Rounded:
    """The coordinate along the pair other than that of the home of j: axes s j k to s j."""
    return sums[..., 1].where(pair_of(run.home) == 0, sums[..., 0])


def facing(sums: Rounded) -> Rounded:
    """A quantity along +mu1 or +mu2, seen from both centres of the pair: axes s j to s j nu."""
    return Rounded(sums.value[..., None] * CENTRE_SIGN, np.broadcast_to(sums.error, sums.shape)[..., None])
