"""The same run seen otherwise: what no statement may depend on, beyond the names of its indices.

Each function gives a run whose arrays are those of the given one, rearranged, and how the indices of its axes map back.
Nothing is trained again, so that the two differ by rounding alone. The fresh samples that belong to a run are carried
along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.fresh import Fresh
from rfa.rounding import Array
from rfa.run import Run
from rfa.trace import AXES, Trace

Order = NDArray[np.int64]
SIGNED = ("projection", "pull_plane", "whole_pull_plane")
"""Arrays of the trace with inner products along k, which turn with the centres."""
QUARTER = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
"""A rotation of R^4 with entries ±½: a turned coordinate is a sum of four terms, so that it is rounded little."""


@dataclass(frozen=True, eq=False)
class View:
    """A run seen otherwise: entry k of an axis is entry `orders[axis][k]` of the run it comes from."""

    name: str
    run: Run
    orders: Mapping[str, Order] = field(default_factory=dict)


def views(run: Run, rng: np.random.Generator) -> Iterator[View]:
    """A rotation of R^d, samples and neurons of one sign in another order, −mu1 for +mu1, and mu1 for mu2."""
    yield rotated(run, rng)
    yield samples_in_another_order(run, rng)
    yield neurons_in_another_order(run, rng)
    yield mirrored(run)
    yield exchanged(run)


def rotated(run: Run, rng: np.random.Generator) -> View:
    """Samples, centres and weights turned together: coordinates in another order, then four at a time by `QUARTER`."""
    d = run.sample.mu.shape[1]
    Q = np.eye(d)
    for start in range(0, d - d % 4, 4):
        Q[start : start + 4, start : start + 4] = QUARTER
    Q = Q[rng.permutation(d)] * rng.choice([-1.0, 1.0], d)
    turned = Q.astype(run.sample.X.dtype)
    sample = replace(run.sample, X=run.sample.X @ turned, mu=run.sample.mu @ Q, extent=None)
    weights = {t: W @ turned for t, W in run.weights.items()}
    return View("rotation", with_fresh(replace(run, sample=sample, weights=weights), run))


def samples_in_another_order(run: Run, rng: np.random.Generator) -> View:
    """The samples in a random order."""
    order = rng.permutation(run.n)
    return View("samples", with_fresh(replace(run, sample=run.sample.take(order)), run), {"i": order})


def neurons_in_another_order(run: Run, rng: np.random.Generator) -> View:
    """The neurons of each sign in a random order among themselves."""
    order = np.arange(run.m)
    for sign in (run.positive, ~run.positive):
        order[sign] = rng.permutation(order[sign])
    weights = {t: W[order] for t, W in run.weights.items()}
    seen = replace(run, a=run.a[order], weights=weights, trace=reordered(run.trace, {"j": order}))
    return View("neurons", with_fresh(seen, run), {"j": order})


def mirrored(run: Run) -> View:
    """mu1 replaced by −mu1: the clusters of the pair change their names, and nothing else."""
    order, sign = np.array([1, 0, 2, 3]), np.array([-1.0, 1.0])
    sample = replace(run.sample, mu=run.sample.mu * sign[:, None], cluster=order[run.sample.cluster])
    trace = reordered(run.trace, {"mu": order})
    signed = {name: getattr(trace, name) * sign for name in SIGNED if getattr(trace, name) is not None}
    return View("-mu1", with_fresh(replace(run, sample=sample, trace=replace(trace, **signed)), run), {"mu": order})


def exchanged(run: Run) -> View:
    """mu1 and mu2 exchanged, with all labels and the second layer negated."""
    order, pair, of = np.array([2, 3, 0, 1]), np.array([1, 0]), run.sample
    sample = replace(of, mu=of.mu[pair], cluster=order[of.cluster], y=-of.y, y_clean=-of.y_clean)
    orders = {"mu": order, "k": pair}
    seen = replace(run, sample=sample, a=-run.a, trace=reordered(run.trace, orders))
    return View("mu2", with_fresh(seen, run, sign=-1), orders)


def reordered(trace: Trace, orders: Mapping[str, Order]) -> Trace:
    """The trace with the entries of some axes in another order."""
    changed: dict[str, Any] = {}
    for name, axes in AXES.items():
        array = getattr(trace, name)
        if array is not None:
            changed[name] = in_order(array, axes, orders)
    return replace(trace, **changed)


def in_order(array: Array, axes: tuple[str, ...], orders: Mapping[str, Order]) -> Array:
    """An array with named axes, with the entries of some of them in another order."""
    for place, axis in enumerate(axes):
        if axis in orders:
            array = np.take(array, orders[axis], axis=place)
    return np.array(array)


def with_fresh(seen: Run, run: Run, sign: int = 1) -> Run:
    """The run with the fresh samples of another one, seen alike: outputs and labels times `sign`."""
    if run.setting is not None and run.T in run.weights:
        old = run.fresh
        seen.__dict__["fresh"] = Fresh(
            sign * old.y, sign * old.y_clean, sign * old.f, sign * old.f_J, sign * old.ideal
        )
    return seen
