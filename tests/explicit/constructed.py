"""Runs on which a line of the sharpened proof is almost an equality, where random runs leave room.

All have orthonormal centres on the first two axes and deviations along the third, E.
"""

import numpy as np

from rfa import Run
from rfa.data import CENTRE_LABEL, Sample
from rfa.simulation import trained

PLUS1, MINUS1, PLUS2, MINUS2 = range(4)
TINY_STEP = 1e-9
"""A step size at which every output is nearly 0, so every g nearly one half."""


def made(groups, v, signs, step_size: float, steps: int) -> Run:
    """The run from v (m, d) in units of alpha b, with `groups` of (centre, clean?, deviation, how many)."""
    d = v.shape[1]
    mu = np.eye(2, d)
    cluster = np.array([centre for centre, *_, count in groups for _ in range(count)])
    clean = np.array([quality for _, quality, *_, count in groups for _ in range(count)])
    xi = np.array([deviation for _, _, deviation, count in groups for _ in range(count)])
    centres = np.stack([mu[0], -mu[0], mu[1], -mu[1]])
    label = CENTRE_LABEL[cluster]
    sample = Sample(centres[cluster] + xi, np.where(clean, label, -label), label, cluster, mu)
    a = np.array(signs) / np.sqrt(len(signs))
    W = step_size * np.abs(a).max() * v
    return trained(sample, a, W, step_size=step_size, steps=steps, C0=10.0)


def along(size: float, d: int = 3) -> np.ndarray:
    """A deviation along the third axis."""
    return size * np.eye(d)[2]


def jumper() -> Run:
    """A neuron of the wrong sign jumps in one step from just below the deviations as far as S5b allows."""
    s, p = 0.1, 0.05
    groups = [
        (PLUS1, True, along(-s), 2),
        (PLUS1, False, along(s), 1),
        (MINUS1, True, along(s), 3),
        (PLUS2, True, along(-s), 3),
        (MINUS2, True, along(-s), 3),
    ]
    return made(groups, np.array([[p, 0.0, 1.001 * p / s], [0.0, 0.0, 0.0]]), [-1, 1], TINY_STEP, 1)


def crossing() -> Run:
    """A neuron that starts far down the other axis crosses to the other side, and rises along its own.

    All deviations are alike and tilted so that both movements, and the start, add up along them.
    """
    s, r = 1e-3, 5e-3
    groups = [(centre, True, np.array([s, s, r]), 1) for centre in range(4)]
    off = (0.005 + 0.29 * s) / r
    return made(groups, np.array([[0.01, -0.3, off], [0.0, 0.0, 0.0]]), [1, -1], TINY_STEP, 3)


def laggard() -> Run:
    """A neuron of M_mu misses all but one sample of its cluster and stays just below the deviations."""
    s, q = 0.1, 0.5
    groups = [
        (PLUS1, True, along(-s), 3),
        (PLUS1, True, along(s), 1),
        (MINUS1, True, along(-s), 4),
        (PLUS2, True, along(-s), 4),
        (MINUS2, True, along(-s), 4),
    ]
    return made(groups, np.array([[0.01, 0.0, q], [0.0, 0.0, 0.0]]), [1, -1], TINY_STEP, 1)


def outvoted() -> Run:
    """A neuron of M_mu is woken by one opposing sample, on which a strong network is wrong: it falls behind."""
    s, p = 0.01, 1e-6
    groups = [
        (PLUS1, True, along(0.0), 10),
        (MINUS1, True, along(s), 1),
        (MINUS1, True, along(-s), 9),
        (PLUS2, True, along(-s), 10),
        (MINUS2, True, along(-s), 10),
    ]
    weak, right, wrong = [p, 0.0, 2 * p / s], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]
    return made(groups, np.array([weak, *3 * [right], *4 * [wrong]]), 4 * [1] + 4 * [-1], 8.0, 1)


CONSTRUCTED = {made.__name__: made for made in (jumper, crossing, laggard, outvoted)}
