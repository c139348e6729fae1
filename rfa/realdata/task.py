"""From classes to the paper's task: four of them as +mu1, −mu1, +mu2, −mu2, after centring and scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.data import CENTRE_LABEL, Sample, four_centres
from rfa.errors import InputError
from rfa.fitting import fit_clusters, orthonormal
from rfa.realdata.sources import Source
from rfa.report.page import plain
from rfa.rounding import Array

MOST_CLASSES = 20
"""Classes among which the four are sought."""
FEWEST = 8
"""Samples that each of the four clusters needs."""
HELD_OUT = 0.25
"""Share of the samples that training does not see."""


@dataclass(frozen=True, eq=False)
class Task:
    """Training and held-out samples of an XOR of four classes; `means` (4, d) of the training clusters.

    `classes` names them in the order +mu1, −mu1, +mu2, −mu2; `found` is true if the clusters were sought in data with
    labels ±1. `shift` (d,) and `scale` are what was taken off and divided by; `copies` held-out samples equal a
    training sample.
    """

    name: str
    classes: tuple[str, ...]
    train: Sample
    test: Sample
    means: Array
    shift: Array
    scale: float
    found: bool
    copies: int


def make_task(source: Source, classes: Sequence[str] = (), seed: int = 0) -> Task:
    """The task of a data set: its two labels ±1 with clusters sought in them, or four of its classes.

    `classes` names the four in the order +mu1, −mu1, +mu2, −mu2; by default the four, in the order, whose means come
    nearest to the ends of a cross. `InputError` if the data cannot be such a task.
    """
    known = np.unique(source.y)
    if not classes and set(known.tolist()) == {-1, 1}:
        fit = fit_clusters(source.X - source.X.mean(axis=0), source.y.astype(np.int64))
        names = tuple(f"cluster {k + 1} (label {CENTRE_LABEL[k]:+d})" for k in range(4))
        return _task(source, names, np.arange(len(source.y)), fit.cluster, source.y.astype(np.int64), seed, found=True)
    if len(known) < 4:
        told = f"{len(known)} classes; expected at least four, or the labels -1 and +1"
        raise InputError(f"{source.name}: y has {told}")
    chosen = _named(known, classes) if classes else _nearest_to_a_cross(source, known)
    rows = np.flatnonzero(np.isin(source.y, chosen))
    cluster = np.array([list(chosen).index(v) for v in source.y[rows]])
    names = tuple(plain(str(name)) for name in chosen)
    return _task(source, names, rows, cluster, CENTRE_LABEL[cluster], seed, found=False)


def _named(known: NDArray[Any], classes: Sequence[str]) -> list[Any]:
    by_name = {str(value): value for value in known}
    if len(classes) != 4 or len(set(classes)) != 4:
        raise InputError(f"classes = {','.join(classes)}; expected four different ones")
    if unknown := [name for name in classes if name not in by_name]:
        raise InputError(f"class {unknown[0]!r}: not in y; expected some of {', '.join(list(by_name)[:20])}")
    return [by_name[name] for name in classes]


def _nearest_to_a_cross(source: Source, known: NDArray[Any]) -> list[Any]:
    if len(known) > MOST_CLASSES:
        raise InputError(f"{source.name}: y has {len(known)} classes; name four of them with --classes A,B,C,D")
    means = {value: source.X[source.y == value].mean(axis=0) for value in known}
    orders = [(four[0], *rest) for four in combinations(known, 4) for rest in _pairings(four[1:])]
    return list(min(orders, key=lambda order: _off_cross(np.stack([means[v] for v in order]))))


def _pairings(rest: Sequence[Any]) -> list[tuple[Any, ...]]:
    a, b, c = rest
    return [(a, b, c), (b, a, c), (c, a, b)]


def _off_cross(means: Array) -> float:
    """How far four means, centred and scaled, are from ±mu1, ±mu2 with mu1, mu2 orthonormal."""
    centred, _ = _scaled(means)
    try:
        mu = orthonormal(np.stack([centred[0] - centred[1], centred[2] - centred[3]]) / 2)
    except InputError:
        return np.inf
    return float(np.linalg.norm(centred - four_centres(mu)))


def _scaled(means: Array) -> tuple[Array, float]:
    centred = means - means.mean(axis=0)
    halves = np.stack([centred[0] - centred[1], centred[2] - centred[3]]) / 2
    scale = float(np.linalg.norm(halves, axis=1).mean())
    return centred / (scale or 1.0), scale or 1.0


def _task(
    source: Source, names: tuple[str, ...], rows: Any, cluster: Any, y: Any, seed: int, *, found: bool
) -> Task:
    sizes = np.bincount(cluster, minlength=4)
    if sizes.min() < FEWEST:
        k = int(sizes.argmin())
        raise InputError(f"{source.name}: class {names[k]} has {sizes[k]} samples; expected at least {FEWEST}")
    order = np.random.default_rng(seed).permutation(len(rows))
    cut = round(HELD_OUT * len(rows))
    train, test = np.sort(order[cut:]), np.sort(order[:cut])
    X = source.X[rows]
    means = np.stack([X[train][cluster[train] == k].mean(axis=0) for k in range(4)])
    centred, scale = _scaled(means)
    shift = means.mean(axis=0)
    mu = orthonormal(np.stack([centred[0] - centred[1], centred[2] - centred[3]]) / 2)
    X = (X - shift) / scale
    seen, held = (Sample(X[of], y[of], CENTRE_LABEL[cluster[of]], cluster[of], mu) for of in (train, test))
    known = {row.tobytes() for row in X[train]}
    copies = sum(row.tobytes() in known for row in X[test])
    return Task(source.name, names, seen, held, centred, shift, scale, found, copies)
