"""The two passes of a step: forward (outputs, masks, extremes) and backward (directions, sums over active samples)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rfa.engine.layout import TILE, Block, Layout
from rfa.engine.threads import Each
from rfa.rounding import Array

Fill = Callable[[Block, slice, Array], Array]
"""Writes the preactivations of some neurons on a block into an array (neurons, samples) and returns it."""


class Masks:
    """Where phi' is not zero (m, n) in the last forward pass, which rows changed in it, and exact ties at zero.

    `ties` is (2, count), rows neuron and sample, kept only where phi'(0) is neither 0 nor 1.
    """

    def __init__(self, m: int, n: int) -> None:
        self.mask: NDArray[np.bool_] = np.zeros((m, n), dtype=bool)
        self.changed: NDArray[np.bool_] = np.ones(m, dtype=bool)
        self.ties: NDArray[np.int64] = np.zeros((2, 0), dtype=np.int64)

    def values(self, rows: NDArray[np.int64], part: slice, tie: float, dtype: np.dtype[np.floating]) -> Array:
        """phi' as numbers for some neurons on some samples, (rows, samples)."""
        active = self.mask[rows, part].astype(dtype)
        if self.ties.shape[1]:
            ties = self.ties[:, (self.ties[1] >= part.start) & (self.ties[1] < part.stop)]
            where = np.full(len(self.mask), -1)
            where[rows] = np.arange(len(rows))
            known = where[ties[0]] >= 0
            active[where[ties[0][known]], ties[1][known] - part.start] = tie
        return active


@dataclass(frozen=True, eq=False)
class Forward:
    """f, f_J (n,); least and largest preactivation (m, 4), NaN for an empty cluster; near_zero (m,) counts."""

    f: Array
    f_J: Array
    low: Array
    high: Array
    near_zero: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Part:
    f: Array
    low: Array
    high: Array
    near_zero: NDArray[np.int64]
    changed: NDArray[np.bool_]
    ties: NDArray[np.int64]


def forward(
    layout: Layout, fill: Fill, masks: Masks, guard: Array, each: Each, *, log: bool = True
) -> Forward:
    """One pass over all blocks; `guard` (m,) is the size below which rounding could flip a preactivation's sign."""
    parts: list[_Part] = each(
        lambda block: _forward_block(layout, block, fill, masks, guard, log), layout.blocks
    )
    whole = parts[0] if len(parts) == 1 else _joined(parts)
    masks.changed, masks.ties = whole.changed, whole.ties
    low, high = np.full((2, len(layout.problem.a), 4), np.nan)
    for block, part in zip(layout.blocks, parts, strict=True):
        low[:, block.clusters] = np.fmin(low[:, block.clusters], part.low)
        high[:, block.clusters] = np.fmax(high[:, block.clusters], part.high)
    f = list(whole.f)
    return Forward(f[0], f[-1], low, high, whole.near_zero)


def _joined(parts: list[_Part]) -> _Part:
    return _Part(
        np.concatenate([part.f for part in parts], axis=1),
        parts[0].low,
        parts[0].high,
        np.sum([part.near_zero for part in parts], axis=0),
        np.any([part.changed for part in parts], axis=0),
        np.concatenate([part.ties for part in parts], axis=1),
    )


def _forward_block(layout: Layout, block: Block, fill: Fill, masks: Masks, guard: Array, log: bool) -> _Part:
    problem, size = layout.problem, block.rows.stop - block.rows.start
    m, dtype = len(problem.a), problem.sample.X.dtype
    rows = layout.chunks[0].stop
    tile, masked = np.empty((rows, size), dtype), np.empty((2, rows, size), dtype=bool)
    part = _Part(
        np.zeros((len(layout.outer), size), dtype), np.empty((m, len(block.starts))),
        np.empty((m, len(block.starts))), np.zeros(m, np.int64), np.empty(m, bool), np.zeros((2, 0), np.int64),
    )  # fmt: skip
    ties = [part.ties]
    for chunk in layout.chunks:
        pre = fill(block, chunk, tile[: chunk.stop - chunk.start])
        here, spare = masked[:, : len(pre)]
        if log:
            part.low[chunk] = np.minimum.reduceat(pre, block.starts, axis=1)
            part.high[chunk] = np.maximum.reduceat(pre, block.starts, axis=1)
        sure = log and _decided(pre, part.low[chunk], part.high[chunk], guard[chunk].max(), here, spare)
        if not sure:
            (np.greater_equal if problem.relu_at_zero else np.greater)(pre, 0, out=here)
        stored = masks.mask[chunk, block.rows]
        changed = (here != stored).any(axis=1)
        part.changed[chunk] = changed
        if changed.any():
            stored[...] = here
        if 0 < problem.relu_at_zero < 1 and not sure:
            neuron, sample = np.nonzero(pre == 0)
            ties.append(np.stack([neuron + chunk.start, sample + block.rows.start]))
        if log and not sure:
            part.near_zero[chunk] = (np.abs(pre) <= guard[chunk, None]).sum(axis=1)
        positive = np.maximum(pre, 0, out=tile[: len(pre)])
        part.f[...] += layout.outer[:, chunk] @ positive
    return _Part(part.f, part.low, part.high, part.near_zero, part.changed, np.concatenate(ties, axis=1))


def _decided(
    pre: Array, low: Array, high: Array, guard: float, positive: NDArray[np.bool_], spare: NDArray[np.bool_]
) -> bool:
    """Whether every preactivation is larger than `guard` in size; `positive` then tells which lie above zero.

    `low` and `high` are their extremes by cluster; `spare` is overwritten.
    """
    np.greater(pre, guard, out=positive)
    if ((low > guard) | (high < -guard)).all():
        return True
    return bool(np.count_nonzero(positive) == np.count_nonzero(np.greater_equal(pre, -guard, out=spare)))


@dataclass(frozen=True, eq=False)
class Backward:
    """direction (r, w) = sum_i weight_i phi' x_i of r rows; sums (r, 8, c) of the terms over the active of a group."""

    direction: Array
    sums: Array


def backward(
    layout: Layout, masks: Masks, rows: NDArray[np.int64], weight: Array, terms: Array, each: Each
) -> Backward:
    """Directions and sums for the patterns of the neurons `rows`.

    `weight` (n,) multiplies x_i; `terms` (c, n) are summed over the active samples of each group.
    """
    if layout.spread is not None:
        return _backward_at_once(layout, masks, rows, weight, terms)
    if layout.wide or len(rows) < layout.width:
        return _backward_by_columns(layout, masks, rows, weight, terms, each)
    width, dtype = layout.width, layout.problem.sample.X.dtype
    scaled = np.empty((len(weight), width + len(terms)), dtype)
    np.multiply(layout.problem.sample.X[:, :width], weight[:, None], out=scaled[:, :width])
    scaled[:, width:] = terms.T
    tie = layout.problem.relu_at_zero

    def product(part: tuple[int, slice]) -> Array:
        out = np.empty((len(rows), scaled.shape[1]), dtype)
        step = max(8, TILE // (part[1].stop - part[1].start))
        for start in range(0, len(rows), step):
            active = masks.values(rows[start : start + step], part[1], tie, dtype)
            np.matmul(active, scaled[part[1]], out=out[start : start + step])
        return out

    direction, sums = np.zeros((len(rows), width), dtype), np.zeros((len(rows), 8, len(terms)))
    for (group, _), here in zip(layout.parts, each(product, layout.parts), strict=True):
        direction += here[:, :width]
        sums[:, group] += here[:, width:]
    return Backward(direction, sums)


def _backward_at_once(
    layout: Layout, masks: Masks, rows: NDArray[np.int64], weight: Array, terms: Array
) -> Backward:
    """For small samples: every sum by one product with the terms, each in the columns of its group."""
    X = layout.problem.sample.X[:, : layout.width]
    c, n = terms.shape
    active = masks.values(rows, slice(0, n), layout.problem.relu_at_zero, X.dtype)
    spread = np.zeros((8, c, n))
    spread[layout.spread, :, np.arange(n)] = terms.T
    sums = (active @ spread.reshape(-1, n).T).reshape(len(rows), 8, c)
    active *= weight
    return Backward(active @ X, sums)


def _backward_by_columns(
    layout: Layout, masks: Masks, rows: NDArray[np.int64], weight: Array, terms: Array, each: Each
) -> Backward:
    X, tie = layout.problem.sample.X, layout.problem.relu_at_zero
    weighted = np.empty((len(rows), len(weight)), X.dtype)
    terms, weight = terms.astype(X.dtype, copy=False), weight.astype(X.dtype, copy=False)

    def read(part: tuple[int, slice]) -> Array:
        active = masks.values(rows, part[1], tie, X.dtype)
        np.multiply(active, weight[part[1]], out=weighted[:, part[1]])
        return np.asarray(active @ terms[:, part[1]].T)

    sums = np.zeros((len(rows), 8, len(terms)))
    for (group, _), here in zip(layout.parts, each(read, layout.parts), strict=True):
        sums[:, group] += here
    direction = np.empty((len(rows), layout.width), X.dtype)

    def column(task: tuple[slice, int]) -> None:
        columns, first = task
        np.matmul(weighted[:, first:], X[first:, columns], out=direction[:, columns])

    each(column, layout.columns)
    return Backward(direction, sums)
