"""Runs on which a line of the sharpened proof is almost an equality, where random runs leave room.

All have orthonormal centres on the first two axes and deviations along the third, E.
"""

import numpy as np

from rfa import Run
from rfa.data import CENTRE_LABEL, Sample
from rfa.simulate import trained

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
    """A neuron that starts far on one side of the other axis crosses it at full speed, and rises along its own."""
    s = 1e-3
    tilted = np.array([s, s, 0.0])
    groups = [(centre, True, tilted, 1) for centre in range(4)]
    return made(groups, np.array([[0.01, -0.3, 0.0], [0.0, 0.0, 0.0]]), [1, -1], TINY_STEP, 3)


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
    """A neuron of M_mu is woken by one opposing sample on which a strong network is wrong, and falls behind."""
    s, p, strong = 0.01, 1e-6, 10.0
    groups = [
        (PLUS1, True, along(-s), 10),
        (MINUS1, True, along(s), 1),
        (MINUS1, True, along(-s), 9),
        (PLUS2, True, along(-s), 10),
        (MINUS2, True, along(-s), 10),
    ]
    weak = np.array([[p, 0.0, 0.9 * p / s]])
    ...
