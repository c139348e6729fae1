"""The XOR sample: four clusters around +mu1, -mu1 (label +1) and +mu2, -mu2 (label -1), some labels flipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rfa import clusters, noise
from rfa.engine import reduction
from rfa.engine.reduction import engine_of
from rfa.errors import InputError
from rfa.rounding import Array
from rfa.setting import Setting

STREAMS = ("data", "labels", "initialisation", "fresh", "centres", "reference", "probability", "batches")
"""Named random streams of a run; each is independent of how much another one draws."""

CENTRE_NAMES = ("+mu1", "-mu1", "+mu2", "-mu2")
CENTRE_LABEL = np.array([1, 1, -1, -1])
CENTRE_SIGN = np.array([1, -1, 1, -1])
MOST_REDRAWS = 100_000


@dataclass(frozen=True, eq=False)
class Sample:
    """Training data. X (n, d); y, y_clean (n,) of +1/-1; cluster (n,) in 0..3 (see CENTRE_NAMES); mu (2, d).

    `extent` (n,), if given: beyond so many coordinates a sample is zero.
    """

    X: Array
    y: NDArray[np.int64]
    y_clean: NDArray[np.int64]
    cluster: NDArray[np.int64]
    mu: Array
    extent: NDArray[np.int64] | None = None

    @property
    def reach(self) -> NDArray[np.int64]:
        """Number of leading coordinates of each sample that may differ from zero, (n,)."""
        return np.full(len(self.y), self.X.shape[1]) if self.extent is None else self.extent

    def take(self, order: NDArray[np.int64]) -> Sample:
        """The samples in another order."""
        extent = None if self.extent is None else self.extent[order]
        return Sample(self.X[order], self.y[order], self.y_clean[order], self.cluster[order], self.mu, extent)

    @property
    def noisy(self) -> NDArray[np.bool_]:
        """Whether the label of sample i was flipped, (n,)."""
        return self.y != self.y_clean

    @property
    def centre(self) -> Array:
        """The four centres, (4, d), in the order of CENTRE_NAMES."""
        return four_centres(self.mu)


def four_centres(mu: Array) -> Array:
    """+mu1, -mu1, +mu2, -mu2 from mu (2, d)."""
    return np.stack([mu[0], -mu[0], mu[1], -mu[1]])


def stream(seed: int, name: str, draw: int = 0) -> np.random.Generator:
    """The generator of one named stream of the `draw`-th attempt at a run."""
    key = (draw, STREAMS.index(name))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def draw_centres(setting: Setting, draw: int = 0) -> Array:
    """mu (2, d): the first two axes, or a uniformly random orthonormal pair."""
    if setting.orientation == "axes":
        mu = np.zeros((2, setting.d))
        mu[0, 0] = mu[1, 1] = 1.0
        return mu
    plane, _ = np.linalg.qr(stream(setting.seed, "centres", draw).standard_normal((setting.d, 2)))
    return np.ascontiguousarray(plane.T)


def draw_sample(setting: Setting, draw: int = 0) -> Sample:
    """The training sample of a setting; labels are drawn again until `setting.noisy` of them are flipped.

    With the reduced engine it comes in the coordinates of `rfa.engine.reduction`, sorted by cluster.
    """
    if engine_of(setting) == "reduced":
        return _draw_reduced(setting, draw)
    mu = draw_centres(setting, draw)
    X, cluster, rate = _draw_points(setting, mu, setting.n, stream(setting.seed, "data", draw), draw)
    flipped = _draw_flips(setting, rate, draw)
    clean = CENTRE_LABEL[cluster]
    dtype = np.dtype(setting.dtype)
    return Sample(X.astype(dtype, copy=False), np.where(flipped, -clean, clean), clean, cluster, mu)


def _draw_flips(setting: Setting, rate: Array, draw: int) -> NDArray[np.bool_]:
    labels = stream(setting.seed, "labels", draw)
    for _ in range(MOST_REDRAWS):
        flipped = labels.random(setting.n) < rate
        if setting.noisy is None or flipped.sum() == setting.noisy:
            return np.asarray(flipped)
    raise InputError(
        f"noisy = {setting.noisy}: not seen in {MOST_REDRAWS} draws of the labels; "
        f"expected a number near eta n = {setting.eta * setting.n:g}"
    )


def _draw_reduced(setting: Setting, draw: int) -> Sample:
    """A sample in reduced coordinates. The order of samples has no meaning, so that they come sorted by cluster, and
    by label where the noise does not look at x: each sample then reaches one coordinate further than the one before.
    """
    rng, reference = stream(setting.seed, "data", draw), stream(setting.seed, "reference", draw)
    cluster = np.sort(rng.integers(4, size=setting.n))
    flipped = None
    if not noise.LAWS[setting.noise].depends_on_x:
        rate = reduction.noise_rates(setting, np.zeros((setting.n, 3)), cluster, reference)
        flipped = _draw_flips(setting, rate, draw)
        order = np.argsort(2 * cluster + flipped, kind="stable")
        cluster, flipped = cluster[order], flipped[order]
    X, extent, seen = reduction.draw_reduced_sample(setting, cluster, rng)
    if flipped is None:
        flipped = _draw_flips(setting, reduction.noise_rates(setting, seen, cluster, reference), draw)
    clean = CENTRE_LABEL[cluster]
    return Sample(X, np.where(flipped, -clean, clean), clean, cluster, reduction.plane(setting), extent)


def draw_fresh(setting: Setting, mu: Array, count: int, rng: np.random.Generator, draw: int = 0) -> Sample:
    """`count` fresh samples of the same law around the same centres mu (2, coordinates)."""
    if mu.shape[1] == setting.d:
        X, cluster, rate = _draw_points(setting, mu, count, rng, draw)
    else:
        cluster = rng.integers(4, size=count)
        X, seen = reduction.draw_reduced_points(setting, mu.shape[1], count, rng)
        reference = stream(setting.seed, "reference", draw)
        rate = reduction.noise_rates(setting, seen, cluster, reference)
        X *= setting.sigma
        X += four_centres(mu)[cluster]
    clean = CENTRE_LABEL[cluster]
    return Sample(X, np.where(rng.random(count) < rate, -clean, clean), clean, cluster, mu)


def _draw_points(
    setting: Setting, mu: Array, count: int, rng: np.random.Generator, draw: int
) -> tuple[Array, NDArray[np.int64], Array]:
    law = clusters.LAWS[setting.clusters]
    cluster = rng.integers(4, size=count)
    z = law.sample(rng, count, setting.d)
    of = noise.Clusters(law, setting.sigma, mu)
    rate = noise.LAWS[setting.noise].rate(z, cluster, setting.eta, of, stream(setting.seed, "reference", draw))
    z *= setting.sigma
    if setting.pairs == 2:
        z += four_centres(actual_centres(setting, mu))[cluster]
    else:
        z += _of_more_pairs(setting, mu, cluster, rng, draw)
    return z, cluster, rate


def _of_more_pairs(
    setting: Setting, mu: Array, cluster: NDArray[np.int64], rng: np.random.Generator, draw: int
) -> Array:
    """The centre of each sample (n, d) where more than two pairs share the four index sets.

    The sets of +mu1 and -mu1 take in those of every pair with label +1, those of +mu2 and -mu2 of every pair with -1.
    """
    directions = np.concatenate([actual_centres(setting, mu), more_directions(setting, mu, draw)])
    first = cluster // 2
    count = (setting.pairs - first + 1) // 2
    pair = first + 2 * rng.integers(count)
    return np.asarray(directions[pair] * CENTRE_SIGN[cluster][:, None])


def more_directions(setting: Setting, mu: Array, draw: int = 0) -> Array:
    """mu3, mu4, ... (pairs - 2, d): the next axes, or random directions, orthonormal and orthogonal to mu."""
    if setting.orientation == "axes":
        return np.eye(setting.pairs - 2, setting.d, 2)
    rng = np.random.default_rng([setting.seed, draw, setting.pairs])
    drawn = rng.standard_normal((setting.d, setting.pairs - 2))
    basis, _ = np.linalg.qr(np.concatenate([mu.T, drawn], axis=1))
    return np.ascontiguousarray(basis[:, 2:].T)


def actual_centres(setting: Setting, mu: Array) -> Array:
    """The centres (2, d) that the data are drawn around; mu is the orthonormal pair nearest to them."""
    if setting.centre_cosine == 0 and setting.centre_ratio == 1:
        return mu
    ratio, inner = setting.centre_ratio, setting.centre_ratio * setting.centre_cosine
    sizes, turns = np.linalg.eigh(np.array([[1.0, inner], [inner, ratio * ratio]]))
    return np.asarray((turns * np.sqrt(sizes)) @ turns.T @ mu)


def draw_start(setting: Setting, draw: int = 0) -> tuple[Array, Array]:
    """Initial weights (m, d), i.i.d. N(0, omega^2), and the second layer (m,): half +1/sqrt(m), half -1/sqrt(m)."""
    rng = stream(setting.seed, "initialisation", draw)
    dtype = np.dtype(setting.dtype)
    a = (np.repeat([1.0, -1.0], setting.m // 2) / np.sqrt(setting.m)).astype(dtype)
    if engine_of(setting) == "reduced":
        return reduction.draw_reduced_start(setting, rng), a
    return (setting.omega_init * rng.standard_normal((setting.m, setting.d))).astype(dtype, copy=False), a
