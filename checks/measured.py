"""The constants C1, C2 of the lemmas on sample and start with the counts behind them, measured on a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce, wraps
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rfa import Rounded, Run, rounded
from rfa.network import activation
from rfa.parameters import Parameters, per_setting
from rfa.run import OPPOSITE, pair_of
from rfa.stacked import as_array, taken

Value = TypeVar("Value")
ABOVE_2 = float(np.nextafter(2.0, 3.0))
"""The least C1 that Lemma 5 admits, C1 > 2."""


def per_run(measure: Callable[[Run], Value]) -> Callable[[Run], Value]:
    """Evaluate once for each run, for as long as the run lives."""
    kept: WeakKeyDictionary[Run, Value] = WeakKeyDictionary()

    @wraps(measure)
    def once(run: Run) -> Value:
        with suppress(KeyError):
            return kept[run]
        found = kept[run] = measure(run)
        return found

    return once


def counted(x: Rounded, bound: Rounded, where: NDArray[np.bool_] | bool = True, axis: int = 0) -> Rounded:
    """Number of entries with x >= bound along `axis`; the error counts those that rounding could move."""
    inside, unclear = x.value >= bound.value, np.abs(x.value - bound.value) <= x.error + bound.error
    return Rounded((inside & where).sum(axis=axis), (unclear & where).sum(axis=axis))


# ---- C1 of Lemma 5 -----------------------------------------------------------------------------------------


@per_setting
def fluctuation(of: Parameters) -> Rounded:
    """√(log(1/δ)/n), the scale of the fluctuation of a share of the samples."""
    return rounded(np.sqrt(-np.log(Rounded(of.given("delta"))) / of.n))


def along_centre(run: Run) -> Rounded:
    """<x_i, mu(i)>, axis i."""
    return run.input_along[np.arange(run.n), run.sample.cluster]


def beside_centre(run: Run) -> Rounded:
    """<x_i, ν> for the ν = +mu2 or +mu1 orthogonal to mu(i), axis i."""
    return run.input_along[np.arange(run.n), 2 * (1 - pair_of(run.sample.cluster))]


@per_run
def across_centre(run: Run) -> Rounded:
    """Largest <x_i, v> over unit v orthogonal to mu(i): the length of what x_i has across mu(i), axis i."""
    centre = taken(run.sample.centre, run.sample.cluster)
    along = np.einsum("ij,ij->i", run.deviation, centre)
    across = np.linalg.norm(run.deviation - along[:, None] * centre, axis=1)
    return Rounded(across, 2 * run.deviation_norm.error)


class Part(NamedTuple):
    """What one left inequality of Lemma 5 asks of C1 at each index of its axis ("" if it has none)."""

    statement: str
    values: Rounded
    axis: str


def C1_parts(run: Run) -> tuple[Part, ...]:
    """The least C1 that each left inequality of Lemma 5 asks for on this run, index by index."""
    far, spread = run.deviation_norm / run.s, fluctuation(run)
    return (
        Part("L5a", (1 - along_centre(run)) / run.s, "i"),
        Part("L5a", across_centre(run) / run.s, "i"),
        Part("L5b", np.maximum(far * far, far), "i"),
        Part("L5c", (run.rho - run.given("eta")) / spread, ""),
        Part("L5d", np.abs(Rounded(run.cluster_size) / run.n - 0.25) / spread, "mu"),
    )


@per_run
def C1_run(run: Run) -> Rounded:
    """The least C1 with which all left inequalities of Lemma 5 hold on this run."""
    return reduce(lambda most, part: rounded(np.maximum(most, part)), (p.values.max() for p in C1_parts(run)))


@per_setting
def largest_C1(of: Parameters) -> Rounded:
    """The largest C1 that the right inequalities of Lemma 5 allow: min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)}."""
    return rounded(np.minimum(np.minimum(1 / np.sqrt(of.s), 1 / of.s), 1 / np.sqrt(fluctuation(of))))


def C1_interval(run: Run) -> tuple[float, float]:
    """The C1 > 2 with which Lemma 5 holds on this run: from C1_run to what its right inequalities allow.

    Empty (ends in the wrong order) where Lemma 5 fails.
    """
    return max(float(C1_run(run)), ABOVE_2), float(largest_C1(run))


# ---- counts at the start and C2 of Lemma 6 -----------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class StartCounts:
    """Active samples at t = 0, axes j mu: `clean` is cnt_mu(j), `noisy` the rest of sum_{I_mu} A."""

    clean: Rounded
    noisy: Rounded

    def less(self, size: NDArray[np.int64] | int) -> Rounded:
        """Active samples of cluster mu, clean or noisy, less `size`, axes j mu; whole numbers, so exact."""
        return Rounded(self.clean.value + self.noisy.value - size, self.clean.error + self.noisy.error)


@per_run
def start_counts(run: Run) -> StartCounts:
    """Active clean and noisy samples of each cluster at t = 0; the errors count undecided activations."""
    pre = run.pre(0)
    active = activation(pre.value, run.relu_at_zero).T
    unclear = (np.abs(pre.value) <= pre.error).T.astype(float)
    noisy = run.sample.noisy[:, None]
    groups = ((run.in_cluster & ~noisy).astype(float), (run.in_cluster & noisy).astype(float))
    return StartCounts(*(Rounded(active @ group, unclear @ group) for group in groups))


@per_run
def edge(run: Run) -> Rounded:
    """cnt_mu(j) − cnt_−mu(j): active clean samples of mu, less those of the opposing centre, axes j mu."""
    clean = start_counts(run).clean
    return rounded(clean - clean[:, OPPOSITE])


@per_run
def captured(run: Run) -> NDArray[np.bool_]:
    """Whether <w_j(0)/‖w_j(0)‖, mu> >= 1/(3 C0 √d), whatever the sign of a_j, axes j mu; not for w_j(0) = 0."""
    reach = run.norm[0].value[:, None] * run.threshold_J.value
    return as_array((run.toward[0].value >= reach) & starts_off_zero(run)[:, None])


def starts_off_zero(run: Run) -> NDArray[np.bool_]:
    """Whether w_j(0) has a direction, axis j."""
    return as_array(run.norm[0].value > 0)


def whole(count: Rounded) -> Rounded:
    """A count, which is a multiple of ½ (if φ'(0) = ½): an error below ½ is none."""
    return Rounded(count.value, np.floor(2 * count.error) / 2)


@per_run
def least_edge(run: Run) -> Rounded:
    """n/C2_run as a count: the least edge over the captured pairs; 0 if negative, n if there is no pair."""
    least = whole(edge(run).min(where=captured(run)))
    return Rounded(np.clip(least.value, 0, run.n), least.error)


def edge_share(run: Run) -> Rounded:
    """1/C2_run, the least edge over n."""
    return least_edge(run) / run.n


def C2_run(run: Run) -> Rounded:
    """The least C2 with which Lemma 6 holds on this run; infinite where some edge is not positive."""
    share = edge_share(run)
    return rounded(1 / share) if share.value > 0 else Rounded(np.inf)
