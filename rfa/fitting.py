"""Four clusters around ±mu1, ±mu2 found in data whose clusters, centres or clean labels are not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.data import CENTRE_LABEL, CENTRE_NAMES, Sample, four_centres
from rfa.departures import Departure
from rfa.errors import InputError
from rfa.rounding import Array
from rfa.runfile import integers, matrix, read_sample

DENSE = 300
"""Dimension up to which the two directions are taken from a full decomposition."""
ITERATIONS = 30
SPREAD = 3.0
"""Standard errors that the mean of a cluster may be off its centre before that counts as a departure."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Four clusters of a sample, in the order +mu1, −mu1 (label +1), +mu2, −mu2 (label −1).

    centre (4, d) their means; mu (2, d) the orthonormal pair nearest to half the differences of opposite means;
    cluster (n,) of 0..3; y_clean (n,) the label of the cluster; candidates (n,) whether the given label is another,
    as that of a noisy sample is; sigma the standard deviation per coordinate within a cluster; eta the share of
    candidates.
    """

    centre: Array
    mu: Array
    cluster: NDArray[np.int64]
    y_clean: NDArray[np.int64]
    candidates: NDArray[np.bool_]
    sigma: float
    eta: float
    X: Array = field(repr=False)

    def covariance(self) -> Array:
        """The covariance (d, d) within clusters, about their means and pooled."""
        off = self.X - self.centre[self.cluster]
        return np.asarray(off.T @ off / len(off))


def fit_clusters(X: Any, y: Any) -> Clusters:
    """The clusters of inputs X (n, d) with labels y (n,) of ±1, if they are an XOR of four clusters.

    The directions are the ends of the spectrum of Σ y_i x_i x_iᵀ, in which noise and the spread within clusters cancel;
    k-means from the four centres they give does the rest. mu1 and −mu1 cannot be told apart: the largest entry of a
    direction is made positive. `InputError` if a cluster is empty or most of its labels are not its own.
    """
    given = {"X": X, "y": y}
    X = np.asarray(matrix(given, "X", ("n", "d")), dtype=np.float64)
    labels = integers(given, "y", len(X), (-1, 1))
    if X.shape[1] < 2 or len(X) < 4:
        raise InputError(f"X: shape {X.shape}; four clusters need at least four samples in two dimensions")
    return described(X, labels, _clustered(X, four_centres(_directions(X, labels))))


def _directions(X: Array, y: Array) -> Array:
    """The eigenvectors of Σ y_i x_i x_iᵀ with the largest and the least eigenvalue, scaled to the data, (2, d)."""
    d = X.shape[1]
    if d <= DENSE:
        _, vectors = np.linalg.eigh((X.T * y) @ X)
        ends = vectors[:, [-1, 0]].T
    else:
        from scipy.sparse.linalg import LinearOperator, eigsh

        moment = LinearOperator((d, d), matvec=lambda v: X.T @ (y * (X @ v)), dtype=X.dtype)
        _, vectors = eigsh(moment, k=2, which="BE", v0=np.ones(d))
        ends = vectors[:, [1, 0]].T
    largest = np.abs(ends).argmax(axis=1)
    ends = ends * np.sign(ends[[0, 1], largest])[:, None]
    along = np.abs(X @ ends.T)
    first = along[:, 0] >= along[:, 1]
    size = [along[of, k].mean() if of.any() else 0.0 for k, of in enumerate((first, ~first))]
    return np.asarray(ends * np.array(size)[:, None])


def _clustered(X: Array, start: Array) -> NDArray[np.int64]:
    from scipy.cluster.vq import ClusterError, kmeans2

    try:
        return np.asarray(kmeans2(X, start, iter=ITERATIONS, minit="matrix", missing="raise")[1], dtype=np.int64)
    except ClusterError:
        raise InputError("X, y: no four clusters are found: one of ±mu1, ±mu2 attracts no sample") from None


def described(X: Array, y: NDArray[np.int64], cluster: NDArray[np.int64]) -> Clusters:
    """What the clusters of a sample look like; `InputError` if one has no majority of its own label."""
    clean = CENTRE_LABEL[cluster]
    for k, name in enumerate(CENTRE_NAMES):
        own = y[cluster == k] == CENTRE_LABEL[k]
        if not own.size or own.mean() <= 0.5:
            told = "no sample" if not own.size else f"the label {CENTRE_LABEL[k]:+d} on {own.mean():.0%} of its samples"
            raise InputError(f"X, y: cluster {name} has {told}; the data are no XOR of four clusters")
    centre = np.stack([X[cluster == k].mean(axis=0) for k in range(4)])
    off = X - centre[cluster]
    candidates = y != clean
    sigma = float(np.sqrt((off * off).mean()))
    mu, eta = orthonormal(_halves(centre)), float(candidates.mean())
    return Clusters(centre, mu, cluster, clean, candidates, sigma, eta, X)


def _halves(centre: Array) -> Array:
    return np.stack([centre[0] - centre[1], centre[2] - centre[3]]) / 2


def orthonormal(pair: Array) -> Array:
    """The orthonormal pair (2, d) nearest to two vectors; `InputError` if they are parallel."""
    left, sizes, right = np.linalg.svd(pair, full_matrices=False)
    if sizes[-1] <= 1e-9 * sizes[0]:
        raise InputError("mu: the two directions of the clusters are parallel; expected two different ones")
    return np.asarray(left @ right)


# ---- what is known of a sample, completed --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Completed:
    """A sample with everything a run needs; `estimates` says by name how what was not given was found.

    `parameters` are estimated ones (sigma, eta).
    """

    sample: Sample
    estimates: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    departures: tuple[Departure, ...] = ()


def complete(given: Mapping[str, Any]) -> Completed:
    """The sample of X, y and of what is given of y_clean, cluster and mu; the rest is estimated.

    A mu that is not orthonormal is replaced by the nearest pair that is, and that is a departure.
    """
    arrays = dict(given)
    X = matrix(arrays, "X", ("n", "d"))
    y = _labels(arrays, "y", len(X))
    if "y_clean" in arrays:
        _labels(arrays, "y_clean", len(X))
    found: list[Departure] = []
    if "mu" in arrays:
        arrays["mu"] = _given_centres(arrays, X.shape[1], found)
    estimates = _fill(arrays, X, y)
    sample = read_sample(arrays)
    if not estimates:
        return Completed(sample, departures=tuple(found))
    fit = described(np.asarray(X, dtype=np.float64), sample.y, sample.cluster)
    if "mu" in estimates:
        found += centre_departures(fit)
    estimates |= {"sigma": "spread of the samples about their cluster means", "eta": "share of noisy samples"}
    eta = float(sample.noisy.mean())
    return Completed(sample, estimates, {"sigma": fit.sigma, "eta": eta}, tuple(found))


def _labels(arrays: Mapping[str, Any], name: str, n: int) -> NDArray[np.int64]:
    labels = arrays[name]
    if labels.shape == (n,) and set(np.unique(labels).tolist()) == {0, 1}:
        raise InputError(f"{name}: labels in {{0, 1}}; expected +1 and -1, which 2*{name} - 1 gives")
    return np.asarray(integers(arrays, name, n, (-1, 1)))


def _given_centres(arrays: Mapping[str, Any], d: int, found: list[Departure]) -> Array:
    mu = np.asarray(matrix(arrays, "mu", ("2", "d"), (2, d)), dtype=np.float64)
    gram = mu @ mu.T
    if np.abs(gram - np.eye(2)).max() <= 1e-6:
        return np.asarray(arrays["mu"])
    found.append(Departure("centres", _centres_told(gram) + "; the nearest orthonormal pair stands for mu"))
    return orthonormal(mu)


def _centres_told(gram: Array) -> str:
    sizes = np.sqrt(np.diag(gram))
    return f"‖mu1‖ = {sizes[0]:.4g}, ‖mu2‖ = {sizes[1]:.4g}, their cosine is {gram[0, 1] / sizes.prod():.3g}"


def centre_departures(fit: Clusters) -> list[Departure]:
    """Whether the means of the clusters are further from ±mu1, ±mu2 than their standard errors."""
    sizes = np.bincount(fit.cluster, minlength=4)
    allowed = SPREAD * fit.sigma * np.sqrt(fit.X.shape[1] / sizes.min())
    off = np.linalg.norm(fit.centre - four_centres(fit.mu), axis=1)
    if off.max() <= allowed:
        return []
    halves = _halves(fit.centre)
    middle = max(float(np.linalg.norm(fit.centre[k] + fit.centre[k + 1])) / 2 for k in (0, 2))
    told = f"{_centres_told(halves @ halves.T)}, and the middle of two opposite means is up to {middle:.3g} away from 0"
    return [Departure("centres", told + "; the nearest orthonormal pair stands for mu")]


def _fill(arrays: dict[str, Any], X: Array, y: NDArray[np.int64]) -> dict[str, str]:
    """Add what is missing of cluster, mu and y_clean to `arrays`; how each was found."""
    estimates = {}
    if "cluster" not in arrays and "mu" not in arrays:
        fit = fit_clusters(X, arrays.get("y_clean", y))
        arrays["mu"], estimates["mu"] = fit.mu, "found by fit_clusters"
    if "cluster" not in arrays:
        arrays["cluster"] = _nearest(X, arrays["mu"], arrays.get("y_clean"))
        estimates["cluster"] = "the nearest of ±mu1, ±mu2"
    cluster = integers(arrays, "cluster", len(X), (0, 1, 2, 3))
    if "y_clean" not in arrays:
        arrays["y_clean"] = CENTRE_LABEL[cluster]
        estimates |= {"y_clean": "the label of the cluster"} if "cluster" in estimates else {}
    if "mu" not in arrays:
        fit = described(np.asarray(X, dtype=np.float64), y, cluster)
        arrays["mu"], estimates["mu"] = fit.mu, "from the means of the clusters"
    return estimates


def _nearest(X: Array, mu: Array, y_clean: NDArray[np.int64] | None) -> NDArray[np.int64]:
    along = X @ four_centres(mu).T
    if y_clean is not None:
        along = np.where(y_clean[:, None] == CENTRE_LABEL, along, -np.inf)
    return np.asarray(along.argmax(axis=1))
