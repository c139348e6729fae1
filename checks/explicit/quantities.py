"""What the sharpened proof looks at on a run, in units of alpha b: v_j = w_j / (alpha b), up to step T."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.measured import per_run
from rfa import Rounded, Run
from rfa.data import CENTRE_LABEL, CENTRE_SIGN
from rfa.rounding import UNIT
from rfa.run import OPPOSITE, PAIR, accumulated
from rfa.stacked import taken

BLOCK_ENTRIES = 2**22
QUALITY = np.array([1, -1])
"""The label of clean and of noisy samples, over that of their centre."""
IDEAL = np.eye(2)[PAIR] * CENTRE_SIGN[:, None]
"""Coordinates of the four centres along mu1, mu2, shape (4, 2)."""


def second_layer(run: Run) -> Rounded:
    """b, the common value of |a_j| (the largest, if they differ)."""
    return Rounded(np.abs(run.a).max())


@per_run
def unit(run: Run) -> Rounded:
    """alpha b, the unit in which weights are measured."""
    return run.alpha * second_layer(run)


@per_run
def projections(run: Run) -> Rounded:
    """<v_j^t, mu>, axes t j mu."""
    return run.toward[: run.n_s + 1] / unit(run)


@per_run
def deviations(run: Run) -> Rounded:
    """max over k in I_mu of |<v_j^t, xi_k>|, axes t j mu; 0 for an empty cluster."""
    states = slice(0, run.n_s + 1)
    toward = run.toward[states]
    reach = np.maximum(run.pre_max[states] - toward, toward - run.pre_min[states])
    return (reach / unit(run)).where(run.cluster_size > 0, 0.0)


def response(reaction: Rounded) -> Rounded:
    """phi of a preactivation; exactly 0 where it is negative beyond rounding."""
    positive = Rounded(np.maximum(reaction.value, 0), reaction.error)
    return positive.where(reaction.value > -reaction.error, 0.0)


def centre_label(run: Run) -> NDArray[np.int64]:
    """y_{mu(i)}, axis i."""
    return taken(CENTRE_LABEL, run.sample.cluster)


@per_run
def signs(run: Run) -> NDArray[np.int64]:
    """eps_j y_mu, axes j mu."""
    return np.where(run.sign_matches, 1, -1)


def sums_kept(run: Run) -> bool:
    """Whether the trace has the sums over active samples, which the chains about single steps need."""
    return run.trace.level == "full"


@per_run
def pull_with(run: Run) -> Rounded:
    """(1/n) sum of g A over clean samples of mu and noisy ones of -mu, axes s j mu."""
    return (run.pull[..., 0] + run.pull[:, :, OPPOSITE, 1]) / run.n


@per_run
def pull_against(run: Run) -> Rounded:
    """(1/n) sum of g A over noisy samples of mu and clean ones of -mu, axes s j mu."""
    return (run.pull[..., 1] + run.pull[:, :, OPPOSITE, 0]) / run.n


def pulled_by_means(run: Run) -> Rounded:
    """What the centres of the samples alone have added to <v_j, mu> so far, axes t j mu."""
    return accumulated((pull_with(run) - pull_against(run)) * signs(run), UNIT)


@per_run
def increments(run: Run) -> Rounded:
    """(eps_j / n) sum_i g y A <x_i, mu>, what the gradient step adds to <v_j, mu>, axes s j mu."""
    label = (CENTRE_LABEL[:, None] * QUALITY)[..., None]
    steps = (run.pull_along * label).sum(axis=(2, 3))[..., PAIR]
    return steps * (np.where(run.positive, 1, -1)[:, None] * CENTRE_SIGN) / run.n


@per_run
def whole_pull(run: Run) -> Rounded:
    """(1/n) (sum of g over clean minus sum of g over noisy samples of mu), active or not, axes s mu."""
    return (run.whole_pull[..., 0] - run.whole_pull[..., 1]) / run.n


def deviations_in_plane(run: Run) -> Rounded:
    """<xi_i, mu1> and <xi_i, mu2>, axes i k."""
    return Rounded(run.deviation @ run.sample.mu.T, run.dot * run.deviation_norm.value[:, None])


def coordinate_errors(run: Run) -> Rounded:
    """<x_i, mu1> and <x_i, mu2> less the 1, -1 or 0 of perfectly orthonormal centres, axes i k.

    They are <xi_i, mu_k> but for the rounding of the centres, which need not be exactly orthonormal.
    """
    mu = run.sample.mu
    tilt = Rounded(run.sample.centre @ mu.T - IDEAL, (mu.shape[1] + 2) * UNIT)
    return deviations_in_plane(run) + tilt[run.sample.cluster]


def mean_overlap(run: Run) -> Rounded:
    """G = max_k (1/n) sum_i |<xi_i, xi_k>|, in blocks of rows."""
    xi, norm = run.deviation, run.deviation_norm.value
    block = max(1, BLOCK_ENTRIES // run.n)
    sums = np.concatenate([np.abs(xi[k : k + block] @ xi.T).sum(axis=1) for k in range(0, run.n, block)])
    error = run.dot * norm * norm.sum() + run.n * run.unit * sums
    return (Rounded(sums, error) / run.n).max()


def first_members(run: Run) -> NDArray[np.bool_]:
    """M_mu: neurons with eps_j = y_mu and <v_j^0, mu> > 0 beyond rounding, axes j mu."""
    start = run.toward[0]
    return run.sign_matches & (start.value > start.error)


def first_misses(run: Run) -> Rounded:
    """miss_j, the share of samples that are asleep in I_mu or awake in I_{-mu} at first, axes j mu.

    Samples whose sign lies within rounding are half counted, with the other half as error.
    """
    pre, cluster = run.pre(run.first), run.in_cluster.astype(float)
    opposite = cluster[:, OPPOSITE]
    surely = (pre.value <= -pre.error).T @ cluster + (pre.value >= pre.error).T @ opposite
    perhaps = (pre.value <= pre.error).T @ cluster + (pre.value >= -pre.error).T @ opposite
    return Rounded((surely + perhaps) / 2, (perhaps - surely) / 2) / run.n
