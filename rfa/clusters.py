"""Cluster laws: the within-cluster deviation z, in R^d with mean zero and unit variance per coordinate.

A law is a sampler with what is true of it. `tail` is the exact law of a projection where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from rfa.rounding import Array, Sampled

Sampler = Callable[[np.random.Generator, int, int], Array]
Tail = Callable[[Array, int], Array]


@dataclass(frozen=True)
class ClusterLaw:
    """One law of z.

    `sample(rng, n, d)` gives (n, d); `marginal_tail(t, d)` is P(z_1 > t), and for a spherical law P(<z, v> > t) for
    every unit v; `marginal_quantile(p, d)` its inverse in p, the t with P(z_1 > t) <= p.
    """

    name: str
    sample: Sampler
    marginal_tail: Tail
    marginal_quantile: Tail
    log_concave: bool
    symmetric: bool
    spherical: bool

    def tail(self, direction: Array, threshold: float) -> float | None:
        """P(<z, v> > threshold) for a unit v of shape (d,); None if there is no closed form for this direction."""
        d = len(direction)
        if self.spherical:
            return float(self.marginal_tail(np.asarray(threshold), d))
        (axis,) = np.nonzero(direction)[0][:1] if np.count_nonzero(direction) == 1 else (None,)
        if axis is None:
            return None
        if direction[axis] > 0:
            return float(self.marginal_tail(np.asarray(threshold), d))
        return 1.0 - float(self.marginal_tail(np.asarray(-threshold), d)) - self._atom(-threshold, d)

    def _atom(self, t: float, d: int) -> float:
        """P(z_1 = t), subtracted so that the inequality stays strict; zero for laws with a density."""
        below = np.nextafter(t, -np.inf)
        jump = float(self.marginal_tail(np.asarray(below), d) - self.marginal_tail(np.asarray(t), d))
        return jump if jump > 1e-9 else 0.0


def _ball(rng: np.random.Generator, n: int, d: int) -> Array:
    direction = rng.standard_normal((n, d))
    radius = np.sqrt(d + 2) * rng.random((n, 1)) ** (1 / d)
    return direction * (radius / np.linalg.norm(direction, axis=1, keepdims=True))


def _ball_tail(t: Array, d: int) -> Array:
    shape = (d + 1) / 2
    return scipy.special.betainc(shape, shape, np.clip((1 - t / np.sqrt(d + 2)) / 2, 0, 1))


def _ball_quantile(p: Array, d: int) -> Array:
    shape = (d + 1) / 2
    return (1 - 2 * scipy.special.betaincinv(shape, shape, p)) * np.sqrt(d + 2)


def _laplace_tail(t: Array, d: int) -> Array:
    half = np.exp(-np.sqrt(2) * np.abs(t)) / 2
    return np.where(t > 0, half, 1 - half)


def _laplace_quantile(p: Array, d: int) -> Array:
    return np.sign(0.5 - p) * -np.log(2 * np.minimum(p, 1 - p)) / np.sqrt(2)


_LOGISTIC = np.sqrt(3) / np.pi  # scale of the logistic law with unit variance
_STUDENT = 5  # degrees of freedom: four moments exist, the tails are far from log-concave
_STUDENT_SCALE = np.sqrt((_STUDENT - 2) / _STUDENT)
_RARE, _HIGH, _LOW = 0.1, 3.0, -1 / 3  # two-point law: 3 with probability 1/10, -1/3 otherwise


def _two_point(rng: np.random.Generator, n: int, d: int) -> Array:
    return np.where(rng.random((n, d)) < _RARE, _HIGH, _LOW)


def _steps(*points: tuple[float, float]) -> tuple[Tail, Tail]:
    """Tail and quantile of a law on finitely many (value, P(z > value)) points, in increasing order."""
    values = np.array([v for v, _ in points])
    after = np.array([1.0, *(tail for _, tail in points)])

    def tail(t: Array, d: int) -> Array:
        return after[np.searchsorted(values, t, side="right")]

    def quantile(p: Array, d: int) -> Array:
        return values[(after[1:] > np.asarray(p)[..., None] + 1e-15).sum(axis=-1)]

    return tail, quantile


_SIGNS = _steps((-1.0, 0.5), (1.0, 0.0))
_TWO_POINT = _steps((_LOW, _RARE), (_HIGH, 0.0))

LAWS: dict[str, ClusterLaw] = {
    law.name: law
    for law in (
        ClusterLaw(
            "gaussian",
            lambda rng, n, d: rng.standard_normal((n, d)),
            lambda t, d: scipy.special.ndtr(-t),
            lambda p, d: -scipy.special.ndtri(p),
            log_concave=True,
            symmetric=True,
            spherical=True,
        ),
        ClusterLaw(
            "cube",
            lambda rng, n, d: rng.uniform(-np.sqrt(3), np.sqrt(3), (n, d)),
            lambda t, d: np.clip((1 - t / np.sqrt(3)) / 2, 0, 1),
            lambda p, d: (1 - 2 * p) * np.sqrt(3),
            log_concave=True,
            symmetric=True,
            spherical=False,
        ),
        ClusterLaw(
            "ball", _ball, _ball_tail, _ball_quantile, log_concave=True, symmetric=True, spherical=True
        ),
        ClusterLaw(
            "laplace",
            lambda rng, n, d: rng.laplace(0, 1 / np.sqrt(2), (n, d)),
            _laplace_tail,
            _laplace_quantile,
            log_concave=True,
            symmetric=True,
            spherical=False,
        ),
        ClusterLaw(
            "logistic",
            lambda rng, n, d: rng.logistic(0, _LOGISTIC, (n, d)),
            lambda t, d: scipy.special.expit(-t / _LOGISTIC),
            lambda p, d: -_LOGISTIC * scipy.special.logit(p),
            log_concave=True,
            symmetric=True,
            spherical=False,
        ),
        ClusterLaw(
            "exponential",
            lambda rng, n, d: rng.standard_exponential((n, d)) - 1,
            lambda t, d: np.exp(-np.maximum(t + 1, 0.0)),
            lambda p, d: -np.log(p) - 1,
            log_concave=True,
            symmetric=False,
            spherical=False,
        ),
        ClusterLaw(
            "student-t",
            lambda rng, n, d: _STUDENT_SCALE * rng.standard_t(_STUDENT, (n, d)),
            lambda t, d: scipy.special.stdtr(_STUDENT, -t / _STUDENT_SCALE),
            lambda p, d: -_STUDENT_SCALE * scipy.special.stdtrit(_STUDENT, p),
            log_concave=False,
            symmetric=True,
            spherical=False,
        ),
        ClusterLaw(
            "rademacher",
            lambda rng, n, d: rng.choice(np.array([-1.0, 1.0]), (n, d)),
            *_SIGNS,
            log_concave=False,
            symmetric=True,
            spherical=False,
        ),
        ClusterLaw("two-point", _two_point, *_TWO_POINT, log_concave=False, symmetric=False, spherical=False),
    )
}


def tail_by_sampling(
    law: ClusterLaw, directions: Array, thresholds: Array, rng: np.random.Generator, draws: int = 20_000
) -> Sampled:
    """P(<z, v_k> > t_kl) by Monte Carlo for unit rows v_k (k, d) and thresholds (k, l), with its error bound.

    The bound is five standard errors (and at least 10 / draws): a coverage failure below 1e-6 for each entry.
    """
    hits: NDArray[np.float64] = np.zeros(thresholds.shape)
    block = max(1, min(draws, 2**22 // directions.shape[1]))
    for start in range(0, draws, block):
        z = law.sample(rng, min(block, draws - start), directions.shape[1]) @ directions.T
        hits += np.stack([(z > thresholds[:, level]).sum(axis=0) for level in range(thresholds.shape[1])], axis=1)
    rate = hits / draws
    return Sampled(rate, np.maximum(5 * np.sqrt(rate * (1 - rate) / draws), 10 / draws))
