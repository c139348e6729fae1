"""E20: what one gradient step adds to <w_j, mu>, j in J_mu, and the expressions that bound it from below."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from checks.constants import E
from rfa import Rounded, Run
from rfa.data import CENTRE_LABEL, CENTRE_SIGN
from rfa.run import PAIR


class Increment(NamedTuple):
    """The members of E20 divided by alpha b, axes s j; `settled` (X5) and `bound` (X7) are numbers."""

    gained: Rounded
    active: Rounded
    awake: Rounded
    halves: Rounded
    weighted: Rounded
    settled: Rounded
    bound: float


def increment(run: Run) -> Increment:
    """X0, ..., X5 and X7 of E20 at the gradient steps below T; meaningful for j in J."""
    n, own = run.n, run.own[: run.n_s + 1]
    home = run.home
    sums = seen_from_home(run, run.pull_along)
    clean, noisy = whole_sums(run)
    weight = run.whole_pull[:, home]
    across = (PAIR[home][:, None] != PAIR)[:, :, None]
    signs = agreement(run)
    far = (sums * signs).sum(axis=(2, 3), where=across)
    distance = run.cluster_size[home ^ 2] + run.cluster_size[home ^ 3]
    room = distance * run.D
    return Increment(
        (own[1:] - own[:-1]) / (run.alpha * run.b),
        (sums * signs).sum(axis=(2, 3)) / n,
        (clean - noisy + far) / n,
        (weight[..., 0] / 2 - 1.5 * weight[..., 1] - room) / n,
        ((E * run.clean_size[home] / 4 - 1.5 * run.noisy_size[home] - room) / n).reshape(1, run.m),
        E / 32 - 1.5 * run.rho - run.D,
        E / 64,
    )


def agreement(run: Run) -> NDArray[np.int64]:
    """+1 where the label of a group pulls neuron j toward its home, else -1: axes j mu q."""
    same = CENTRE_LABEL[run.home][:, None] * CENTRE_LABEL
    return np.stack([same, -same], axis=2)


def seen_from_home(run: Run, along: Rounded) -> Rounded:
    """Sums of g A <x, mu> with mu the home of j from sums along mu1 and mu2: axes s j mu q k to s j mu q."""
    first = (PAIR[run.home] == 0)[None, :, None, None]
    picked: Rounded = along[..., 0].where(first, along[..., 1]) * CENTRE_SIGN[run.home][None, :, None, None]
    return picked


def whole_sums(run: Run) -> tuple[Rounded, Rounded]:
    """Sums of g <x, mu> over all clean and over all noisy samples of the home of j: axes s j each."""
    there = run.whole_pull_along[:, run.home]
    first = (PAIR[run.home] == 0)[None, :, None]
    sums = there[..., 0].where(first, there[..., 1]) * CENTRE_SIGN[run.home][None, :, None]
    return sums[..., 0], sums[..., 1]
