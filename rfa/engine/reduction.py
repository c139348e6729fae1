"""The run in the coordinates of its sample: nothing in it depends on more of R^d than the inner products it has.

For a spherical law and Gaussian first weights the inner products are drawn directly: in an orthonormal basis that
begins with mu1, mu2 and goes on with the samples in turn, the deviations are normal below a chi-distributed diagonal
(the Bartlett factor of their Gram matrix). Beyond these n + 2 coordinates no sample reaches; there the first weights
have at most m coordinates, which no step changes. The inner products of the first weights with mu and with each other
are drawn before their place in this basis, so that they do not depend on the sample. For a given sample one QR
factorisation gives such coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rfa import clusters, noise
from rfa.engine.threads import workers
from rfa.errors import InputError
from rfa.rounding import Array

if TYPE_CHECKING:
    from rfa.data import Sample
    from rfa.setting import Setting

DRAW, FLOPS, OVERHEAD = 1e-8, 3e10, 3e-4
"""Predicted cost: seconds for a normal number, floating-point operations a second, seconds a reduction must save."""

ROWS = 256

FACTORED = 5
"""Arrays of the size of a matrix that exist at one time in its QR factorisation."""


def reducible(setting: Setting) -> str:
    """Why inner products cannot be drawn directly for a setting; empty if they can."""
    if setting.varied:
        return "a run outside the theorem's setting is made in R^d"
    if not clusters.LAWS[setting.clusters].spherical:
        return f"clusters = {setting.clusters!r} is not spherical"
    if setting.noise == "half-space" and setting.orientation == "random":
        return "noise = 'half-space' looks along an axis that a random orientation of the centres does not contain"
    return ""


def engine_of(setting: Setting) -> str:
    """`direct` or `reduced`: what the setting asks for, or with `auto` what is predicted to cost less than half."""
    obstacle = reducible(setting)
    if setting.engine == "reduced" and obstacle:
        raise InputError(f"engine = 'reduced': {obstacle}; give a sample X, or use engine = 'direct'")
    if setting.engine != "auto" or obstacle:
        return "direct" if setting.engine == "auto" else setting.engine
    direct, reduced = predicted_seconds(setting)
    return "reduced" if 2 * reduced + OVERHEAD < direct else "direct"


def predicted_seconds(setting: Setting) -> tuple[float, float]:
    """Seconds that draws, fresh ones too, and plain steps take in R^d and in the coordinates of the sample."""
    n, m, d, fresh = (float(size) for size in (setting.n, setting.m, setting.d, setting.fresh))
    inside, outside = dimensions(setting)
    states = setting.total_steps + 1
    direct = (n + m + fresh) * d * DRAW + 4 * states * n * m * d / FLOPS
    drawn = n * n / 2 + m * inside + m * outside / 2 + fresh * (inside + outside)
    placed = 6 * m * min(m, d) * (inside + outside)
    return direct, drawn * DRAW + (2 * states * n * m * inside + placed) / FLOPS


def dimensions(setting: Setting) -> tuple[int, int]:
    """Coordinates that the sample reaches, and those beyond that the first weights have."""
    inside = 2 + min(setting.n, setting.d - 2)
    return inside, min(setting.m, setting.d - inside)


def plane(setting: Setting) -> Array:
    """mu (2, coordinates): the first two axes of the basis."""
    mu = np.zeros((2, sum(dimensions(setting))))
    mu[0, 0] = mu[1, 1] = 1.0
    return mu


def draw_reduced_sample(
    setting: Setting, cluster: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Array, NDArray[np.int64], Array]:
    """Inputs X (n, coordinates) for samples of the given clusters, their extents (n,), and what noise sees (n, 3)."""
    inside, outside = dimensions(setting)
    n, dtype = setting.n, np.dtype(setting.dtype)
    X, seen = np.zeros((n, inside + outside), dtype), np.empty((n, 3))
    radius = _radius(setting, n, rng)
    for rows in _blocks(n):
        z = np.concatenate(
            [rng.standard_normal((rows.stop - rows.start, 2)), _bartlett(rng, rows, setting.d - 2)], axis=1
        )
        if radius is not None:
            z *= (radius[rows] / np.linalg.norm(z, axis=1))[:, None]
        seen[rows] = np.column_stack([z[:, :2], np.linalg.norm(z[:, 2:], axis=1)])
        X[rows, : z.shape[1]] = setting.sigma * z
    X[:, :2] += plane(setting)[cluster // 2, :2] * np.where(cluster % 2, -1, 1)[:, None]
    return X, np.minimum(3 + np.arange(n), inside), seen


def _bartlett(rng: np.random.Generator, rows: slice, freedom: int) -> Array:
    """Some rows of the lower triangular factor of a Wishart matrix: (rows, min(rows.stop, freedom))."""
    index = np.arange(rows.start, rows.stop)
    factor = np.tril(rng.standard_normal((len(index), min(rows.stop, freedom))), rows.start - 1)
    own = index[index < freedom]
    factor[own - rows.start, own] = np.sqrt(rng.chisquare(freedom - own.astype(float)))
    return factor


def _radius(setting: Setting, count: int, rng: np.random.Generator) -> Array | None:
    """‖z‖ where the law fixes it apart from the direction; None for the Gaussian."""
    if setting.clusters == "gaussian":
        return None
    return np.asarray(np.sqrt(setting.d + 2) * rng.random(count) ** (1 / setting.d))


def draw_reduced_start(setting: Setting, rng: np.random.Generator) -> Array:
    """First weights (m, coordinates), i.i.d. N(0, omega^2) in R^d.

    First what they are without the sample: their projections on mu (m, 2), and the Bartlett factor L of the Gram matrix
    of what remains of them. Then where that lies in the basis of the sample: weights L Q with a uniformly random frame
    Q, the rows of a Gaussian matrix made orthonormal one after another.
    """
    m, rank = setting.m, min(setting.m, setting.d - 2)
    W = np.empty((m, sum(dimensions(setting))), np.dtype(setting.dtype))
    W[:, :2] = setting.omega_init * rng.standard_normal((m, 2))
    factor = np.zeros((m, rank))
    for rows in _blocks(m):
        part = _bartlett(rng, rows, setting.d - 2)
        factor[rows, : part.shape[1]] = part
    with workers(m > ROWS) as each:
        frame = _orthonormal_rows(_gaussian_rows(setting, rank, rng))

        def place(rows: slice) -> None:
            before = min(rows.stop, rank)
            W[rows, 2:] = setting.omega_init * (factor[rows, :before] @ frame[:before])

        each(place, list(_blocks(m)))
    return W


def memory_of_start(setting: Setting) -> int:
    """Bytes that `draw_reduced_start` takes at its peak, which is the factorisation; it is made in double precision."""
    m, rank, coordinates = setting.m, min(setting.m, setting.d - 2), sum(dimensions(setting))
    kept = m * coordinates * np.dtype(setting.dtype).itemsize + 8 * m * rank
    return kept + 8 * FACTORED * rank * coordinates


def _orthonormal_rows(G: Array) -> Array:
    """The rows of G made orthonormal one after another, each on its own side of those before."""
    Q, R = np.linalg.qr(G.T)
    return np.asarray((Q * np.where(np.diag(R) < 0, -1.0, 1.0)).T)


def _gaussian_rows(setting: Setting, count: int, rng: np.random.Generator) -> Array:
    """Standard normal vectors orthogonal to mu (count, coordinates - 2) in the basis of the sample, one in each row.

    Beyond the sample they are a Bartlett factor.
    """
    inside, outside = dimensions(setting)
    G = np.zeros((count, inside - 2 + outside))
    for rows in _blocks(count):
        G[rows, : inside - 2] = rng.standard_normal((rows.stop - rows.start, inside - 2))
        if outside:
            factor = _bartlett(rng, rows, setting.d - inside)
            G[rows, inside - 2 : inside - 2 + factor.shape[1]] = factor
    return G


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS, count)) for start in range(0, count, ROWS))


def draw_reduced_points(
    setting: Setting, coordinates: int, count: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Deviations z (count, coordinates) of fresh points in the basis of a run, and what noise sees (count, 3)."""
    z = rng.standard_normal((count, coordinates))
    rest = np.zeros(count)
    if setting.d > coordinates:
        rest = rng.chisquare(float(setting.d - coordinates), count)
    radius = _radius(setting, count, rng)
    if radius is not None:
        scale = radius / np.sqrt(np.einsum("ik,ik->i", z, z) + rest)
        z *= scale[:, None]
        rest *= scale**2
    beyond = np.sqrt(np.einsum("ik,ik->i", z[:, 2:], z[:, 2:]) + rest)
    return z, np.column_stack([z[:, :2], beyond])


def noise_rates(setting: Setting, seen: Array, cluster: NDArray[np.int64], reference: np.random.Generator) -> Array:
    """eta(x) of points known by `seen` (count, 3), the first two coordinates of z and the length of the others.

    That is all that a noise law looks at.
    """

    def sample(rng: np.random.Generator, count: int, d: int) -> Array:
        return draw_reduced_points(setting, 2, count, rng)[1]

    law = replace(clusters.LAWS[setting.clusters], sample=sample)
    of = noise.Clusters(law, setting.sigma, np.eye(2, 3), setting.d)
    return noise.LAWS[setting.noise].rate(seen, cluster, setting.eta, of, reference)


def reduce_given(sample: Sample, W: Array, block: int = 4096) -> tuple[Sample, Array]:
    """The same sample and weights in the coordinates of [mu; X; W], by one QR factorisation.

    X (n, d) is read in blocks of coordinates, so it may be a memory map. Exact up to rounding: every inner product
    between samples, centres and weights is kept. The sample itself if it has no more coordinates than that.
    """
    n, m, d = len(sample.y), len(W), sample.X.shape[1]
    total = 2 + n + m
    if d <= total:
        return sample, W
    factor = np.zeros((0, total))
    for start in range(0, d, max(block, total)):
        part = slice(start, start + max(block, total))
        rows = np.concatenate([sample.mu[:, part], sample.X[:, part], W[:, part]]).T
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, rows]), mode="r"))
    factor *= np.where(np.diag(factor) < 0, -1.0, 1.0)[:, None]
    vectors = np.ascontiguousarray(factor.T)
    X = vectors[2 : 2 + n].astype(sample.X.dtype)
    return replace(sample, X=X, mu=vectors[:2], extent=3 + np.arange(n)), vectors[2 + n :].astype(W.dtype)
