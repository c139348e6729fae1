"""Label-noise laws: eta(x), the probability that the label of x is flipped, with E[eta(x)] = eta.

The last three are deterministic: they flip exactly the samples whose score exceeds a threshold of the law (at an atom
of the score, a fixed share of them). The threshold is exact where the law of the score is known in closed form and
comes from a reference sample otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from rfa.clusters import ClusterLaw
from rfa.rounding import Array

CLUSTER_SHARES = np.array([0.4, 0.8, 1.2, 1.6])
"""`per-cluster`: the rate in each cluster (+mu1, -mu1, +mu2, -mu2) as a multiple of eta."""

REFERENCE_DRAWS = 2**18
"""Size of the reference sample behind a threshold without closed form (less for large d, never below 2**12)."""


@dataclass(frozen=True)
class Clusters:
    """What a noise law may look at: the law of z, its scale and the centres mu (2, coordinates).

    `dimension` is that of the law where points are given in fewer coordinates.
    """

    law: ClusterLaw
    sigma: float
    mu: Array
    dimension: int | None = None

    @property
    def d(self) -> int:
        """Dimension of the law."""
        return self.mu.shape[1] if self.dimension is None else self.dimension


Deviation = Array
Centre = NDArray[np.int64]
NoiseLaw = Callable[[Deviation, Centre, float, Clusters, np.random.Generator], Array]


def uniform(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """The same rate everywhere."""
    return np.full(len(z), eta)


def one_cluster(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """All noise in the cluster +mu1, at rate 4 eta there."""
    return np.where(cluster == 0, 4 * eta, 0.0)


def per_cluster(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """A rate of its own in each cluster: eta times `CLUSTER_SHARES`."""
    return eta * CLUSTER_SHARES[cluster]


def half_space(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """Flip where the first coordinate of the deviation exceeds its (1 - eta)-quantile."""
    if eta == 0:
        return np.zeros(len(z))
    threshold = float(of.law.marginal_quantile(np.asarray(eta), of.d))
    beyond = float(of.law.marginal_tail(np.asarray(threshold), of.d))
    at = of.law._atom(threshold, of.d)
    return _above(z[:, 0], threshold, (eta - beyond) / at if at else 0.0)


def boundary(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """Flip the points nearest to the ideal decision boundary, |<mu1, x>| = |<mu2, x>|."""
    if eta == 0:
        return np.zeros(len(z))

    def nearness(deviation: Deviation, centre: Centre) -> Array:
        across = of.sigma * (deviation @ of.mu.T)
        rows, own = np.arange(len(deviation)), centre // 2
        sign = np.where(centre % 2 == 0, 1.0, -1.0)
        return -np.abs(np.abs(sign + across[rows, own]) - np.abs(across[rows, 1 - own]))

    reference = [nearness(block, np.arange(len(block)) % 4) for block in _reference(of, rng)]
    return _above(nearness(z, cluster), *_threshold(np.concatenate(reference), eta))


def outliers(z: Deviation, cluster: Centre, eta: float, of: Clusters, rng: np.random.Generator) -> Array:
    """Flip the points of largest deviation ‖x - mu(x)‖."""
    score = np.linalg.norm(z, axis=1)
    if eta == 0:
        return np.zeros(len(z))
    if of.law.name == "gaussian":
        return _above(score, float(np.sqrt(scipy.special.chdtri(of.d, eta))), 0.0)
    if of.law.name == "ball":
        return _above(score, float(np.sqrt(of.d + 2) * (1 - eta) ** (1 / of.d)), 0.0)
    reference = np.concatenate([np.linalg.norm(block, axis=1) for block in _reference(of, rng)])
    return _above(score, *_threshold(reference, eta))


def _reference(of: Clusters, rng: np.random.Generator) -> Iterator[Deviation]:
    coordinates = of.mu.shape[1]
    draws = int(np.clip(2**27 // coordinates, 2**12, REFERENCE_DRAWS))
    block = max(1, 2**22 // coordinates)
    for start in range(0, draws, block):
        yield of.law.sample(rng, min(block, draws - start), of.d)


def _threshold(reference: Array, eta: float) -> tuple[float, float]:
    """The (1 - eta)-quantile of the reference scores and the share to flip of those that equal it."""
    if eta == 0:
        return np.inf, 0.0
    threshold = float(np.quantile(reference, 1 - eta, method="higher"))
    beyond, at = float((reference > threshold).mean()), float((reference == threshold).mean())
    return threshold, float(np.clip((eta - beyond) / at, 0, 1)) if at else 0.0


def _above(score: Array, threshold: float, share_at: float) -> Array:
    return np.where(score > threshold, 1.0, np.where(score == threshold, share_at, 0.0))


@dataclass(frozen=True)
class Noise:
    """A noise law, the largest eta it can have, and whether it looks at x beyond its cluster."""

    rate: NoiseLaw
    largest_eta: float
    depends_on_x: bool


LAWS: dict[str, Noise] = {
    "uniform": Noise(uniform, 1.0, depends_on_x=False),
    "one-cluster": Noise(one_cluster, 0.25, depends_on_x=False),
    "per-cluster": Noise(per_cluster, 1 / CLUSTER_SHARES.max(), depends_on_x=False),
    "half-space": Noise(half_space, 1.0, depends_on_x=True),
    "boundary": Noise(boundary, 1.0, depends_on_x=True),
    "outliers": Noise(outliers, 1.0, depends_on_x=True),
}
