"""The sample as the passes of a step see it: sorted by group, cut into fixed blocks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rfa.data import Sample
from rfa.rounding import Array

TILE = 65_536
"""Entries of a tile (neurons x samples) that a pass keeps in the second-level cache."""

LARGE = 4 * TILE
"""Entries of a tile where every sample reaches all of many coordinates: a step then is its products, fast if large."""

SMALL = 512
"""Samples up to which all groups are summed by one product."""

WIDE = 256
"""Coordinates from which on inner products are summed in short runs and equal patterns share their arithmetic."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays fixed during training: sample, second layer, step size, and which neurons are in J."""

    sample: Sample
    a: Array
    alpha: float
    relu_at_zero: float
    in_J: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Block:
    """Samples `rows`, their first `width` coordinates (the others are zero), and the runs of equal cluster in them.

    `clusters` and `starts` name the clusters met and where each begins within the block.
    """

    rows: slice
    width: int
    clusters: NDArray[np.int64]
    starts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """Blocks and groups of a sample that stands in the order 2 cluster + noisy.

    `groups` (9,) bounds of the eight groups; `parts` those groups cut at block borders, as (group, slice); `chunks` of
    neurons; `columns` of coordinates, each with the first sample that reaches it. `outer` (k, m) is a and, unless all
    neurons are in J, a on J and zero elsewhere. `spread` (n,), for small samples alone, is the group of each sample,
    `size` (n,) is ‖x_i‖.
    """

    problem: Problem
    groups: NDArray[np.int64]
    blocks: list[Block]
    parts: list[tuple[int, slice]]
    chunks: list[slice]
    columns: list[tuple[slice, int]]
    width: int
    outer: Array
    spread: NDArray[np.int64] | None
    size: Array

    @property
    def wide(self) -> bool:
        """Whether products, not passes over the preactivations, are what a step costs."""
        return self.width >= WIDE

    @property
    def heavy(self) -> bool:
        """Whether threads help: in short operations they wait for the interpreter more than they gain."""
        n, m = len(self.problem.sample.y), len(self.problem.a)
        return self.width >= 64 and n * m * self.width > 250_000_000


def sorted_by_group(sample: Sample) -> Sample:
    """The sample in the order of 2 cluster + noisy, so that each group is a slice; itself if it is so already."""
    key = 2 * sample.cluster + sample.noisy
    if (key[1:] >= key[:-1]).all():
        return sample
    return sample.take(np.argsort(key, kind="stable"))


def lay_out(problem: Problem) -> Layout:
    """Fixed blocks for a problem whose sample is sorted by group."""
    sample, m = problem.sample, len(problem.a)
    n = len(sample.y)
    groups = np.searchsorted(2 * sample.cluster + sample.noisy, range(9))
    reach = sample.reach
    width = int(reach.max())
    full = width >= WIDE and int(reach.min()) == width
    size = max(1024, 8 * (TILE // (8 * m))) if width < WIDE else _long(n, 2, 512) if full else 256
    blocks = [_block(sample, rows, reach) for rows in _equal(n, size)]
    rows = max(8, (LARGE if full else TILE) // min(size, n))
    return Layout(
        problem,
        groups,
        blocks,
        [part for k in range(8) for part in _cut(k, int(groups[k]), int(groups[k + 1]), 4096)],
        [slice(start, min(start + rows, m)) for start in range(0, m, rows)],
        [(part, int(np.argmax(reach > part.start))) for part in _equal(width, _long(width, 4, 2048) if full else 256)],
        width,
        np.stack([problem.a] if problem.in_J.all() else [problem.a, np.where(problem.in_J, problem.a, 0)]),
        2 * sample.cluster + sample.noisy if n <= SMALL else None,
        np.concatenate([lengths(sample.X[block.rows, : block.width]) for block in blocks]),
    )


def lengths(rows: Array) -> Array:
    """Euclidean norm of each row."""
    squares: Array = np.einsum("jk,jk->j", rows, rows)
    return np.sqrt(squares)


def _block(sample: Sample, rows: slice, reach: NDArray[np.int64]) -> Block:
    clusters, starts = np.unique(sample.cluster[rows], return_index=True)
    return Block(rows, int(reach[rows].max()), clusters, starts)


def _long(count: int, parts: int, most: int) -> int:
    """Length of a part, from 256 to `most`, of which `count` has at least so many where it can."""
    return int(np.clip(8 * -(-count // (8 * parts)), 256, most))


def _equal(count: int, most: int) -> list[slice]:
    """Slices of at most `most`, in length as equal as whole multiples of eight can be."""
    step = 8 * -(-count // (8 * -(-count // most)))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _cut(group: int, first: int, last: int, size: int) -> list[tuple[int, slice]]:
    borders = [*range(first, last, size), last]
    return [(group, slice(start, stop)) for start, stop in pairwise(borders) if stop > start]


def run_length(width: int) -> int:
    """Coordinates that an inner product adds in one go before the partial sums are added."""
    return width if width < WIDE else 128 if width < 1024 else 256


def product_error(width: int) -> int:
    """Units of roundoff, relative to ‖w‖ ‖x‖, within which `multiply` finds an inner product."""
    return run_length(width) + -(-width // run_length(width))


def multiply(left: Array, right: Array, out: Array) -> Array:
    """left (r, w) @ right (b, w).T into `out` (r, b), summed in runs of `run_length` coordinates."""
    width, run = left.shape[1], run_length(left.shape[1])
    np.matmul(left[:, :run], right[:, :run].T, out=out)
    for start in range(run, width, run):
        out += left[:, start : start + run] @ right[:, start : start + run].T
    return out
